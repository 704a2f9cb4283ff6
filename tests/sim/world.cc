// SPDX-License-Identifier: Apache-2.0
// The event loop of the simulation and its network.
#include "sim/world.h"

#include <algorithm>
#include <cstdio>

#include "vrrp/text.h"

namespace alibi::sim {
namespace {

// Far above the busiest honest world: two instances answering each other for ever.
constexpr std::uint64_t kMostSteps = 400'000;
constexpr std::int64_t kMillion = 1'000'000;

/// Whether a node so configured may take the advert; the core has its own opinion.
bool understood(const vrrp::Parameters& ours, const vrrp::AdvertReceived& packet) {
  return packet.advert.auth_type == ours.auth_type && packet.unicast == ours.unicast &&
         (ours.version == 3 || packet.advert.interval == ours.advert_interval);
}

}  // namespace

World::World(const Draw& d, Sabotage sabotage, bool trace)
    : draw_(d),
      sabotage_(sabotage),
      trace_(trace),
      judge_(d),
      random_(~d.seed),
      nodes_(d.nodes.size()),
      cuts_(d.nodes.size() * d.nodes.size() * d.segments, 0) {
  for (std::size_t n = 0; n < d.faults.size(); ++n) {
    push({d.faults[n].begin, 0, Event::Kind::FaultBegins, n, 0, 0, {}});
  }
}

void World::push(Event event) {
  event.order = ++order_;
  events_.push(std::move(event));
}

void World::trace(const std::string& who, const std::string& text) const {
  if (!trace_) return;
  std::printf("  %12s %s %s\n", seconds_text(now_ - kBegin, 6).c_str(), who.c_str(), text.c_str());
}

/// What the clock of `node` shows now: it runs faster or slower than the world's.
Instant World::local(std::size_t node) const {
  const std::int64_t rate = kMillion + draw_.nodes[node].drift_ppm;
  return kBegin + Duration((now_ - kBegin).count() / kMillion * rate +
                           (now_ - kBegin).count() % kMillion * rate / kMillion);
}

/// When the clock of `node` shows `local_time`, or a few nanoseconds later.
Instant World::global(std::size_t node, Instant local_time) const {
  if (local_time == kNever) return kNever;
  const std::int64_t rate = kMillion + draw_.nodes[node].drift_ppm;
  const std::int64_t passed = (local_time - kBegin).count();
  return kBegin + Duration(passed / rate * kMillion + passed % rate * kMillion / rate + 4);
}

void World::feed(Place at, const vrrp::Input& input) {
  Node& n = nodes_[at.node];
  if (n.members.empty()) return;
  vrrp::Instance& instance = *n.members[at.segment];
  const auto* packet = std::get_if<vrrp::AdvertReceived>(&input);
  if (packet != nullptr && understood(n.parameters[at.segment], *packet)) {
    judge_.heard(at, *packet, now_);
  }
  if (trace_) trace(n.parameters[at.segment].name, "< " + print(input));
  if (n.group != nullptr && sabotage_ != Sabotage::Alone) {
    vrrp::GroupOutbox out;
    n.group->handle(at.segment, input, local(at.node), out);
    for (const auto& [member, output] : out.outputs) perform({at.node, member}, output);
    return;
  }
  vrrp::Outbox out;
  instance.handle(input, local(at.node), out);
  for (const vrrp::Output& output : out) perform(at, output);
}

void World::feed_all(std::size_t node, const vrrp::Input& input) {
  for (std::size_t s = 0; s < draw_.segments; ++s) feed({node, s}, input);
}

void World::perform(Place at, const vrrp::Output& output) {
  if (trace_) trace(nodes_[at.node].parameters[at.segment].name, "> " + print(output));
  judge_.output(at, output, now_);
  judge_.priority(at, nodes_[at.node].members[at.segment]->effective_priority());
  if (const auto* advert = std::get_if<vrrp::SendAdvert>(&output)) send(at, advert->priority);
}

void World::send(Place from, Priority priority) {
  Node& n = nodes_[from.node];
  n.last_sent[from.segment] = now_;
  vrrp::AdvertReceived packet;
  packet.advert = n.members[from.segment]->advert(priority);
  packet.source = draw_.nodes[from.node].sources[from.segment];
  packet.unicast = n.parameters[from.segment].unicast;
  const bool lossy = now_ < draw_.healed;
  for (std::size_t to = 0; to < nodes_.size(); ++to) {
    if (to == from.node) continue;
    const bool lost = lossy && random_.chance(draw_.loss_percent);
    const std::size_t way = (from.node * nodes_.size() + to) * draw_.segments + from.segment;
    if (lost || cuts_[way] > 0) {
      judge_.disturbed(from.node, to, from.segment, now_);
      continue;
    }
    const int copies = lossy && random_.chance(draw_.duplicate_percent) ? 2 : 1;
    for (int copy = 0; copy < copies; ++copy) {
      const Duration delay = random_.between(Duration(0), draw_.longest_delay);
      push({now_ + delay, 0, Event::Kind::Arrival, to, from.node, from.segment, packet});
    }
  }
}

void World::arrive(const Event& event) {
  Node& n = nodes_[event.node];
  if (n.members.empty()) {
    judge_.disturbed(event.node, event.from, event.segment, now_);
  } else if (sabotage_ == Sabotage::Deaf && event.node == 0) {
    return;
  } else if (stalled(event.node)) {
    const bool kin = draw_.nodes[event.node].kin == draw_.nodes[event.from].kin;
    if (kin && event.packet.advert.priority.value != 0) n.foreign_heard[event.segment] = true;
    n.waiting.push_back({event.segment, event.packet});
  } else {
    feed({event.node, event.segment}, event.packet);
  }
}

/// The kernel's part, while the keeper shows no life: quiet from the first foreign advert on, and
/// with `fence lease` also three intervals after the last advert sent.
bool World::fenced(Place at) const {
  const Node& n = nodes_[at.node];
  if (sabotage_ == Sabotage::NoFence || n.members.empty() || !stalled(at.node)) return false;
  if (n.foreign_heard[at.segment]) return true;
  const Duration lease = 3 * n.parameters[at.segment].advert_interval;
  return draw_.fence == Fence::Lease && now_ - n.last_sent[at.segment] >= lease;
}

bool World::step(Instant limit) {
  Instant due = limit;
  Place who{nodes_.size(), 0};
  for (std::size_t n = 0; n < nodes_.size(); ++n) {
    if (stalled(n)) continue;
    for (std::size_t s = 0; s < nodes_[n].members.size(); ++s) {
      const Instant timer = std::max(global(n, nodes_[n].members[s]->next_timer()), now_);
      if (timer >= due) continue;
      due = timer;
      who = {n, s};
    }
  }
  ++steps_;
  if (!events_.empty() && events_.top().when <= due && events_.top().when < limit) {
    const Event event = events_.top();
    events_.pop();
    now_ = event.when;
    switch (event.kind) {
      case Event::Kind::Arrival: arrive(event); break;
      case Event::Kind::FaultBegins: begin(draw_.faults[event.node], event.node); break;
      case Event::Kind::FaultEnds:
        if (sabotage_ != Sabotage::Cut) end(draw_.faults[event.node]);
        break;
      case Event::Kind::Wakes: wake(event.node); break;
    }
    return true;
  }
  if (who.node == nodes_.size()) return false;
  now_ = due;
  feed(who, vrrp::TimerExpired{});
  return true;
}

void World::look() {
  std::vector<Standing> standing;
  for (std::size_t n = 0; n < nodes_.size(); ++n) {
    for (std::size_t s = 0; s < draw_.segments; ++s) {
      Standing one;
      if (alive(n)) {
        one.state = nodes_[n].members[s]->state();
        one.priority = nodes_[n].members[s]->effective_priority();
        one.running = !stalled(n);
        one.fenced = fenced({n, s});
      }
      standing.push_back(one);
    }
  }
  judge_.look(standing, now_);
  if (now_ >= draw_.healed + draw_.bound) judge_.conclude(standing);
}

std::optional<std::string> World::run() {
  if (sabotage_ == Sabotage::Cut) {
    for (std::size_t s = 0; s < draw_.segments; ++s) {
      cut_by(0, 1, s, 1);
      cut_by(1, 0, s, 1);
    }
  }
  for (std::size_t n = 0; n < nodes_.size(); ++n) start(n);
  // Once settled it must stay so: the conclusion is drawn again at every step of the last part.
  const Instant limit = draw_.healed + draw_.bound + 10 * draw_.longest_interval;
  while (!judge_.complaint() && step(limit)) {
    look();
    if (steps_ > kMostSteps) return "a storm: " + std::to_string(steps_) + " steps";
  }
  return judge_.complaint();
}

}  // namespace alibi::sim
