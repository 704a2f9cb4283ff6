// SPDX-License-Identifier: Apache-2.0
// What must hold in a simulated world. Keeps books of its own and believes no instance's members
// but its state and priority.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/draw.h"

namespace alibi::sim {

/// One instance: a node in a segment.
struct Place {
  std::size_t node = 0;
  std::size_t segment = 0;
};

/// An instance as it stands after a step.
struct Standing {
  vrrp::State state = vrrp::State::Init;
  Priority priority{0};
  bool running = false;  ///< alive and not stalled
  bool fenced = false;   ///< the kernel keeps its addresses from answering
};

class Judge {
 public:
  explicit Judge(const Draw& d);

  // What the world tells.
  void restarted(Place at, Instant now);                                 ///< no addresses any more
  void disturbed(std::size_t a, std::size_t b, std::size_t segment, Instant now);  ///< loss, a cut
  void disturbed(std::size_t node, Instant now);                         ///< in every segment
  void heard(Place at, const vrrp::AdvertReceived& packet, Instant now);
  void woke(std::size_t node, Instant now);
  void output(Place at, const vrrp::Output& output, Instant now);
  void priority(Place at, Priority effective) { of(at).priority = effective; }
  /// After every step; `standing` by node and segment.
  void look(const std::vector<Standing>& standing, Instant now);
  /// At the end: exactly one master among those that hear each other, and the right one.
  void conclude(const std::vector<Standing>& standing);

  const std::optional<std::string>& complaint() const { return complaint_; }

 private:
  struct Books {
    bool holds = false;                ///< the virtual addresses
    bool master = false;
    Instant master_since{};
    Instant last_heard{};              ///< accepted-rank advert, or began to listen
    Instant resigned = kNever;         ///< last priority 0
    Instant higher_heard_at_wake{};    ///< woke up and read a better master's advert then
    Priority priority{100};
  };

  std::size_t index(Place at) const { return at.node * draw_.segments + at.segment; }
  Books& of(Place at) { return books_[index(at)]; }
  const vrrp::Parameters& drawn(Place at) const { return draw_.nodes[at.node].members[at.segment]; }
  void complain(Instant now, std::string text);
  void check_take_over(Place at, const vrrp::Transition& t, Instant now);
  void on_send(Place at, Priority priority, Instant now);
  void compare(Place a, Place b, const std::vector<Standing>& standing, Instant now);
  void conclude_kin(int kin, const std::vector<Standing>& standing, Instant now);
  bool outranks(std::size_t node, std::size_t master, const std::vector<Standing>& standing) const;
  Instant& pair(std::size_t a, std::size_t b, std::size_t segment);

  const Draw& draw_;
  std::vector<Books> books_;
  std::vector<Instant> disturbed_;
  std::vector<Instant> woke_;
  std::optional<std::string> complaint_;
};

}  // namespace alibi::sim
