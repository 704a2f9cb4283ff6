// SPDX-License-Identifier: Apache-2.0
// What befalls the nodes of a simulated world, and how each recovers.
#include <algorithm>

#include "sim/world.h"
#include "vrrp/text.h"

namespace alibi::sim {

std::optional<Sabotage> parse_sabotage(const std::string& name) {
  constexpr const char* kNames[] = {"none",    "cut",       "deaf", "hasty",
                                    "nofence", "forgetful", "loud", "alone"};
  for (std::size_t n = 0; n < std::size(kNames); ++n) {
    if (name == kNames[n]) return static_cast<Sabotage>(n);
  }
  return std::nullopt;
}

void World::make_group(std::size_t node) {
  Node& n = nodes_[node];
  n.group.reset();
  if (n.members.size() < 2) return;
  std::vector<vrrp::Instance*> members;
  for (const auto& member : n.members) members.push_back(member.get());
  n.group = std::make_unique<vrrp::SyncGroup>("VG", std::move(members));
}

void World::start(std::size_t node) {
  Node& n = nodes_[node];
  n.parameters = draw_.nodes[node].members;
  n.tracked.reset();
  n.foreign_heard.assign(draw_.segments, false);
  n.last_sent.assign(draw_.segments, now_);
  for (std::size_t s = 0; s < draw_.segments; ++s) {
    vrrp::Parameters parameters = n.parameters[s];
    if (sabotage_ == Sabotage::Hasty && node == 0) parameters.down_timer_adverts = 1;
    n.members.push_back(std::make_unique<vrrp::Instance>(std::move(parameters)));
    judge_.restarted({node, s}, now_);
  }
  make_group(node);
  judge_.disturbed(node, now_);
  for (std::size_t s = 0; s < draw_.segments; ++s) {
    feed({node, s}, vrrp::SourceAddress{draw_.nodes[node].sources[s]});
  }
  feed_all(node, vrrp::Start{});
}

void World::crash(std::size_t node) {
  nodes_[node].group.reset();
  nodes_[node].members.clear();
  nodes_[node].waiting.clear();
  for (std::size_t s = 0; s < draw_.segments; ++s) judge_.restarted({node, s}, now_);
  judge_.disturbed(node, now_);
}

/// As a reload or an upgrade does it: snapshots as text, instances made anew from them.
void World::reload(std::size_t node, const std::vector<vrrp::Parameters>& parameters) {
  Node& n = nodes_[node];
  if (n.members.empty()) return;
  trace(n.parameters[0].name, "reloads");
  judge_.disturbed(node, now_);
  n.parameters = parameters;
  n.group.reset();
  std::vector<std::pair<Place, vrrp::Output>> outputs;
  for (std::size_t s = 0; s < draw_.segments; ++s) {
    auto snapshot = vrrp::parse_snapshot(print(n.members[s]->snapshot()));
    if (sabotage_ == Sabotage::Forgetful) snapshot->memory.state = vrrp::State::Init;
    vrrp::Outbox out;
    *n.members[s] = vrrp::Instance::restored(parameters[s], *snapshot, local(node), out);
    judge_.priority({node, s}, n.members[s]->effective_priority());
    for (vrrp::Output& output : out) outputs.push_back({{node, s}, std::move(output)});
  }
  make_group(node);
  for (const auto& [at, output] : outputs) perform(at, output);
  retune(node);
}

/// The trackers say anew what the priority is.
void World::retune(std::size_t node) {
  Node& n = nodes_[node];
  for (std::size_t s = 0; s < n.members.size(); ++s) {
    const Priority base = n.parameters[s].base_priority;
    const Priority priority = base.value == 255 ? base : n.tracked.value_or(base);
    if (base.value != 255) judge_.priority({node, s}, priority);
    feed({node, s}, vrrp::PriorityChanged{priority, "script x changed"});
  }
  judge_.disturbed(node, now_);
}

std::vector<vrrp::Parameters> World::changed(const Fault& fault) const {
  std::vector<vrrp::Parameters> out = nodes_[fault.node].parameters;
  for (vrrp::Parameters& p : out) {
    if (p.base_priority.value != 255) p.base_priority = fault.priority;
    if ((fault.variant & 1U) != 0 && p.version == 3) p.advert_interval = draw_.shortest_interval;
    if ((fault.variant & 2U) != 0) p.addresses.push_back(wire::IpAddress::v4(0x0A0000C8U));
    if ((fault.variant & 4U) != 0) p.garp_master_refresh = 700ms;
  }
  return out;
}

void World::cut_by(std::size_t from, std::size_t to, std::size_t segment, int change) {
  if (from == to) return;
  cuts_[(from * nodes_.size() + to) * draw_.segments + segment] += change;
  judge_.disturbed(from, to, segment, now_);
}

void World::isolate(const Fault& fault, int change) {
  for (std::size_t o = 0; o < nodes_.size(); ++o) {
    cut_by(fault.node, o, fault.segment, change);
    cut_by(o, fault.node, fault.segment, change);
  }
}

void World::begin(const Fault& fault, std::size_t index) {
  Node& n = nodes_[fault.node];
  const Place at{fault.node, fault.segment};
  const vrrp::Input track = vrrp::FaultRaised{vrrp::ReasonCode::TrackFailed, "script x failed"};
  const vrrp::Input link = vrrp::FaultRaised{vrrp::ReasonCode::LinkDown, "eth0 went down"};
  switch (fault.kind) {
    case FaultKind::Stall:
      n.stalled_until = std::max(n.stalled_until, now_ + fault.length);
      push({n.stalled_until, 0, Event::Kind::Wakes, fault.node, 0, 0, {}});
      return;
    case FaultKind::Upgrade:
      if (!stalled(fault.node)) reload(fault.node, std::vector(n.parameters));
      return;
    case FaultKind::OneWayCut: cut_by(fault.node, fault.other, fault.segment, 1); break;
    case FaultKind::Isolate: isolate(fault, 1); break;
    case FaultKind::CleanRestart:
      if (!stalled(fault.node)) feed_all(fault.node, vrrp::Stop{});
      break;
    case FaultKind::Crash: crash(fault.node); break;
    case FaultKind::Track: feed(at, track); break;
    case FaultKind::Link: feed(at, link); break;
    case FaultKind::Priority:
      n.tracked = fault.priority;
      retune(fault.node);
      break;
    case FaultKind::Reload:
      if (!stalled(fault.node)) reload(fault.node, changed(fault));
      break;
  }
  push({now_ + fault.length, 0, Event::Kind::FaultEnds, index, 0, 0, {}});
}

void World::end(const Fault& fault) {
  const Place at{fault.node, fault.segment};
  switch (fault.kind) {
    case FaultKind::Stall:
    case FaultKind::Upgrade:
      break;
    case FaultKind::OneWayCut: cut_by(fault.node, fault.other, fault.segment, -1); break;
    case FaultKind::Isolate: isolate(fault, -1); break;
    case FaultKind::CleanRestart:
      judge_.disturbed(fault.node, now_);
      feed_all(fault.node, vrrp::Start{});
      break;
    case FaultKind::Crash:
      if (!alive(fault.node)) start(fault.node);
      break;
    case FaultKind::Track:
      judge_.disturbed(fault.node, now_);
      feed(at, vrrp::FaultCleared{vrrp::ReasonCode::TrackFailed});
      break;
    case FaultKind::Link:
      judge_.disturbed(fault.node, now_);
      feed(at, vrrp::FaultCleared{vrrp::ReasonCode::LinkDown});
      break;
    case FaultKind::Priority:
      nodes_[fault.node].tracked.reset();
      retune(fault.node);
      break;
    case FaultKind::Reload: reload(fault.node, draw_.nodes[fault.node].members); break;
  }
}

/// As the keeper does it: everything received meanwhile first, timers afterwards.
void World::wake(std::size_t node) {
  if (stalled(node)) return;  // a longer stall has begun meanwhile
  Node& n = nodes_[node];
  trace(draw_.nodes[node].members[0].name, "wakes up");
  judge_.woke(node, now_);
  judge_.disturbed(node, now_);
  std::vector<Arrived> waiting;
  waiting.swap(n.waiting);
  if (sabotage_ == Sabotage::Loud) {
    for (const auto& arrived : waiting) judge_.heard({node, arrived.segment}, arrived.packet, now_);
    feed_all(node, vrrp::TimerExpired{});
  }
  for (const auto& arrived : waiting) feed({node, arrived.segment}, arrived.packet);
  n.foreign_heard.assign(draw_.segments, false);
}

}  // namespace alibi::sim
