// SPDX-License-Identifier: Apache-2.0
// Several nodes in one or more segments that lose, delay, reorder, duplicate and cut; nodes that
// stall, crash, restart, reload and change priority, each with a clock of its own rate. Virtual
// time, one thread. The core is given no clock of the day, so that none can be stepped.
#pragma once

#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <vector>

#include "sim/draw.h"
#include "sim/judge.h"
#include "vrrp/sync_group.h"

namespace alibi::sim {

/// Ways to break the world on purpose, to see that the judge notices.
enum class Sabotage : std::uint8_t { None, Cut, Deaf, Hasty, NoFence, Forgetful, Loud, Alone };
std::optional<Sabotage> parse_sabotage(const std::string& name);

class World {
 public:
  World(const Draw& d, Sabotage sabotage, bool trace);
  /// Runs to the end; the judge's complaint, or nothing.
  std::optional<std::string> run();
  std::uint64_t steps() const { return steps_; }

 private:
  struct Arrived {
    std::size_t segment;
    vrrp::AdvertReceived packet;
  };
  struct Node {
    std::vector<std::unique_ptr<vrrp::Instance>> members;  // empty while crashed
    std::unique_ptr<vrrp::SyncGroup> group;                // with more than one segment
    std::vector<vrrp::Parameters> parameters;              // as configured now
    std::optional<Priority> tracked;                       // what a tracker has made of it
    Instant stalled_until{};
    std::vector<Arrived> waiting;                          // arrived during the stall
    std::vector<bool> foreign_heard;                       // by segment, since it stood still
    std::vector<Instant> last_sent;
  };
  struct Event {
    Instant when;
    std::uint64_t order;
    enum class Kind : std::uint8_t { Arrival, FaultBegins, FaultEnds, Wakes } kind;
    std::size_t node = 0;   ///< receiver, or index of the fault
    std::size_t from = 0;
    std::size_t segment = 0;
    vrrp::AdvertReceived packet{};
    bool operator>(const Event& o) const {
      return when != o.when ? when > o.when : order > o.order;
    }
  };

  // world.cc: time, the network, the loop
  void push(Event event);
  void feed(Place at, const vrrp::Input& input);
  void feed_all(std::size_t node, const vrrp::Input& input);
  void perform(Place at, const vrrp::Output& output);
  void send(Place from, Priority priority);
  void arrive(const Event& event);
  bool step(Instant limit);
  void look();
  bool fenced(Place at) const;
  Instant local(std::size_t node) const;
  Instant global(std::size_t node, Instant local_time) const;
  bool alive(std::size_t node) const { return !nodes_[node].members.empty(); }
  bool stalled(std::size_t node) const { return nodes_[node].stalled_until > now_; }
  void trace(const std::string& who, const std::string& text) const;

  // faults.cc: what befalls the nodes
  void start(std::size_t node);
  void crash(std::size_t node);
  void reload(std::size_t node, const std::vector<vrrp::Parameters>& parameters);
  void begin(const Fault& fault, std::size_t index);
  void end(const Fault& fault);
  void wake(std::size_t node);
  void cut_by(std::size_t from, std::size_t to, std::size_t segment, int change);
  void isolate(const Fault& fault, int change);
  void retune(std::size_t node);
  std::vector<vrrp::Parameters> changed(const Fault& fault) const;
  void make_group(std::size_t node);

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
