// SPDX-License-Identifier: Apache-2.0
// The event loop of the simulation and its network.
#include "sim/world.h"

#include <algorithm>
#include <cstdio>

#include "vrrp/text.h"

namespace alibi::sim {
namespace {

// Far above the busiest honest world (about 5,000): two instances answering each other for ever.
constexpr std::uint64_t kMostSteps = 200'000;

}  // namespace

World::World(const Draw& d, Sabotage sabotage, bool trace)
    : draw_(d),
      sabotage_(sabotage),
      trace_(trace),
      judge_(d),
      random_(~d.seed),
      nodes_(d.nodes.size()),
      cuts_(d.nodes.size() * d.nodes.size(), 0) {
  for (std::size_t n = 0; n < d.faults.size(); ++n) {
    push({d.faults[n].begin, 0, Event::Kind::FaultBegins, n, 0, {}});
  }
}

void World::push(Event event) {
  event.order = ++order_;
  events_.push(std::move(event));
}

void World::trace(std::size_t node, const std::string& text) {
  if (!trace_) return;
  std::printf("  %12s %s %s\n", seconds_text(now_ - kBegin, 6).c_str(),
              draw_.nodes[node].name.c_str(), text.c_str());
}

void World::start(std::size_t node) {
  auto parameters = draw_.nodes[node];
  if (sabotage_ == Sabotage::Hasty && node == 0) parameters.down_timer_adverts = 1;
  nodes_[node].instance = std::make_unique<vrrp::Instance>(std::move(parameters));
  judge_.restarted(node, now_);
  judge_.priority(node, draw_.nodes[node].base_priority);
  judge_.disturbed(node, now_);
  feed(node, vrrp::SourceAddress{draw_.sources[node]});
  feed(node, vrrp::Start{});
}

void World::feed(std::size_t node, const vrrp::Input& input) {
  Node& n = nodes_[node];
  if (n.instance == nullptr) return;
  if (const auto* packet = std::get_if<vrrp::AdvertReceived>(&input)) {
    judge_.heard(node, *packet, now_);
  }
  trace(node, "< " + print(input));
  vrrp::Outbox out;
  n.instance->handle(input, now_, out);
  for (const vrrp::Output& output : out) {
    trace(node, "> " + print(output));
    judge_.output(node, output, now_);
    if (const auto* advert = std::get_if<vrrp::SendAdvert>(&output)) send(node, advert->priority);
  }
}

void World::send(std::size_t from, Priority priority) {
  const vrrp::Parameters& p = draw_.nodes[from];
  vrrp::AdvertReceived packet;
  packet.advert = {p.version,   p.vrid,      priority,   p.advert_interval,
                   p.auth_type, p.auth_data, p.addresses};
  packet.source = draw_.sources[from];
  const bool lossy = now_ < draw_.healed;
  for (std::size_t to = 0; to < nodes_.size(); ++to) {
    if (to == from) continue;
    const bool lost = lossy && random_.chance(draw_.loss_percent);
    if (lost || cut(from, to)) {
      judge_.disturbed(from, to, now_);
      continue;
    }
    const int copies = lossy && random_.chance(draw_.duplicate_percent) ? 2 : 1;
    for (int copy = 0; copy < copies; ++copy) {
      const Duration delay = random_.between(Duration(0), draw_.longest_delay);
      push({now_ + delay, 0, Event::Kind::Arrival, to, from, packet});
    }
  }
}

void World::arrive(const Event& event) {
  Node& n = nodes_[event.node];
  if (n.instance == nullptr) {
    judge_.disturbed(event.node, event.from, now_);
  } else if (sabotage_ == Sabotage::Deaf && event.node == 0) {
    return;
  } else if (stalled(event.node)) {
    n.waiting.push_back(event.packet);
  } else {
    feed(event.node, event.packet);
  }
}

void World::cut_by(std::size_t from, std::size_t to, int change) {
  if (from == to) return;
  cuts_[from * nodes_.size() + to] += change;
  judge_.disturbed(from, to, now_);
}

void World::begin(const Fault& fault, std::size_t index) {
  Node& n = nodes_[fault.node];
  switch (fault.kind) {
    case FaultKind::Stall:
      n.stalled_until = std::max(n.stalled_until, now_ + fault.length);
      push({n.stalled_until, 0, Event::Kind::Wakes, fault.node, 0, {}});
      return;
    case FaultKind::OneWayCut:
      cut_by(fault.node, fault.other, 1);
      break;
    case FaultKind::Isolate:
      for (std::size_t o = 0; o < nodes_.size(); ++o) {
        cut_by(fault.node, o, 1);
        cut_by(o, fault.node, 1);
      }
      break;
    case FaultKind::CleanRestart:
      if (!stalled(fault.node)) feed(fault.node, vrrp::Stop{});
      break;
    case FaultKind::Crash:
      n.instance.reset();
      n.waiting.clear();
      judge_.restarted(fault.node, now_);
      judge_.disturbed(fault.node, now_);
      break;
    case FaultKind::Track:
      feed(fault.node, vrrp::FaultRaised{vrrp::ReasonCode::TrackFailed, "script x failed"});
      break;
    case FaultKind::Priority:
      if (draw_.nodes[fault.node].base_priority.value == 255) return;
      judge_.priority(fault.node, fault.priority);
      judge_.disturbed(fault.node, now_);
      feed(fault.node, vrrp::PriorityChanged{fault.priority, "script x failed"});
      break;
  }
  push({now_ + fault.length, 0, Event::Kind::FaultEnds, index, 0, {}});
}

void World::end(const Fault& fault) {
  switch (fault.kind) {
    case FaultKind::Stall:
      break;
    case FaultKind::OneWayCut:
      cut_by(fault.node, fault.other, -1);
      break;
    case FaultKind::Isolate:
      for (std::size_t o = 0; o < nodes_.size(); ++o) {
        cut_by(fault.node, o, -1);
        cut_by(o, fault.node, -1);
      }
      break;
    case FaultKind::CleanRestart:
      judge_.disturbed(fault.node, now_);
      feed(fault.node, vrrp::Start{});
      break;
    case FaultKind::Crash:
      if (nodes_[fault.node].instance == nullptr) start(fault.node);
      break;
    case FaultKind::Track:
      judge_.disturbed(fault.node, now_);
      feed(fault.node, vrrp::FaultCleared{});
      break;
    case FaultKind::Priority:
      judge_.priority(fault.node, draw_.nodes[fault.node].base_priority);
      judge_.disturbed(fault.node, now_);
      feed(fault.node,
           vrrp::PriorityChanged{draw_.nodes[fault.node].base_priority, "script x succeeded"});
      break;
  }
}

/// As the keeper does it: everything received meanwhile first, timers afterwards.
void World::wake(std::size_t node) {
  if (stalled(node)) return;  // a longer stall has begun meanwhile
  trace(node, "wakes up");
  judge_.woke(node, now_);
  judge_.disturbed(node, now_);
  std::deque<vrrp::AdvertReceived> waiting;
  waiting.swap(nodes_[node].waiting);
  for (const auto& packet : waiting) feed(node, packet);
}

bool World::step(Instant limit) {
  Instant due = limit;
  std::size_t who = nodes_.size();
  for (std::size_t n = 0; n < nodes_.size(); ++n) {
    if (nodes_[n].instance == nullptr || stalled(n)) continue;
    const Instant timer = std::max(nodes_[n].instance->next_timer(), now_);
    if (timer < due) {
      due = timer;
      who = n;
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
  if (who == nodes_.size()) return false;
  now_ = due;
  feed(who, vrrp::TimerExpired{});
  return true;
}

void World::look() {
  std::vector<vrrp::State> states;
  std::vector<bool> running;
  for (std::size_t n = 0; n < nodes_.size(); ++n) {
    const bool alive = nodes_[n].instance != nullptr;
    states.push_back(alive ? nodes_[n].instance->state() : vrrp::State::Init);
    running.push_back(alive && !stalled(n));
  }
  judge_.look(states, running, now_);
  if (now_ >= draw_.healed + draw_.bound) judge_.conclude(states);
}

std::optional<std::string> World::run() {
  if (sabotage_ == Sabotage::Cut) cut_by(0, 1, 1), cut_by(1, 0, 1);
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
