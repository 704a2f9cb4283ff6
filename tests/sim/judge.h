// SPDX-License-Identifier: Apache-2.0
// What must hold in a simulated world. Keeps books of its own and believes no instance's members
// but its state.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/draw.h"

namespace alibi::sim {

class Judge {
 public:
  explicit Judge(const Draw& d);

  // What the world tells. `node` is an index into Draw::nodes.
  void restarted(std::size_t node, Instant now);                  ///< crash or start: no addresses
  void disturbed(std::size_t a, std::size_t b, Instant now);      ///< a packet lost, a cut
  void disturbed(std::size_t node, Instant now);                  ///< stalled, priority changed
  void heard(std::size_t node, const vrrp::AdvertReceived& packet, Instant now);
  void priority(std::size_t node, Priority effective) { nodes_[node].priority = effective; }
  void woke(std::size_t node, Instant now);
  void output(std::size_t node, const vrrp::Output& output, Instant now);
  /// After every step; `state` by node, `running`: alive and not stalled.
  void look(const std::vector<vrrp::State>& state, const std::vector<bool>& running, Instant now);
  /// At the end: exactly one master, and the right one.
  void conclude(const std::vector<vrrp::State>& state);

  const std::optional<std::string>& complaint() const { return complaint_; }

 private:
  struct Node {
    bool holds = false;                ///< the virtual addresses
    bool master = false;
    Instant master_since{};
    Instant last_heard{};              ///< accepted-rank advert, or began to listen
    Instant resigned = kNever;         ///< last priority 0
    Instant higher_heard_at_wake{};    ///< woke up and read a better master's advert then
    Priority priority{100};
  };

  void complain(Instant now, std::string text);
  void check_take_over(std::size_t node, const vrrp::Transition& t, Instant now);
  void on_send(std::size_t node, Priority priority, Instant now);
  Instant& pair(std::size_t a, std::size_t b);

  const Draw& draw_;
  std::vector<Node> nodes_;
  std::vector<Instant> disturbed_;
  std::vector<Instant> woke_;
  std::optional<std::string> complaint_;
};

}  // namespace alibi::sim
