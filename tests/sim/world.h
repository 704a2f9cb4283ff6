// SPDX-License-Identifier: Apache-2.0
// Several instances in one segment that loses, delays, reorders, duplicates and cuts; nodes that
// stall, crash, restart and change priority. Virtual time, one thread.
#pragma once

#include <deque>
#include <memory>
#include <queue>
#include <string>
#include <vector>

#include "sim/draw.h"
#include "sim/judge.h"

namespace alibi::sim {

/// Ways to break the world on purpose, to see that the judge notices.
enum class Sabotage : std::uint8_t { None, Cut, Deaf, Hasty };

class World {
 public:
  World(const Draw& d, Sabotage sabotage, bool trace);
  /// Runs to the end; the judge's complaint, or nothing.
  std::optional<std::string> run();
  std::uint64_t steps() const { return steps_; }

 private:
  struct Node {
    std::unique_ptr<vrrp::Instance> instance;  ///< null while crashed
    Instant stalled_until{};
    std::deque<vrrp::AdvertReceived> waiting;  ///< arrived during the stall
  };
  struct Event {
    Instant when;
    std::uint64_t order;
    enum class Kind : std::uint8_t { Arrival, FaultBegins, FaultEnds, Wakes } kind;
    std::size_t node = 0;   ///< receiver, or index of the fault
    std::size_t from = 0;
    vrrp::AdvertReceived packet{};
    bool operator>(const Event& o) const {
      return when != o.when ? when > o.when : order > o.order;
    }
  };

  void push(Event event);
  void start(std::size_t node);
  void feed(std::size_t node, const vrrp::Input& input);
  void send(std::size_t from, Priority priority);
  void arrive(const Event& event);
  void begin(const Fault& fault, std::size_t index);
  void end(const Fault& fault);
  void wake(std::size_t node);
  void restart(std::size_t node);
  bool cut(std::size_t from, std::size_t to) const { return cuts_[from * nodes_.size() + to] > 0; }
  void cut_by(std::size_t from, std::size_t to, int change);
  bool stalled(std::size_t node) const { return nodes_[node].stalled_until > now_; }
  bool step(Instant limit);
  void look();
  void trace(std::size_t node, const std::string& text);

  const Draw& draw_;
  Sabotage sabotage_;
  bool trace_;
  Judge judge_;
  Random random_;
  std::vector<Node> nodes_;
  std::vector<int> cuts_;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  Instant now_ = kBegin;
  std::uint64_t order_ = 0;
  std::uint64_t steps_ = 0;
};

}  // namespace alibi::sim
