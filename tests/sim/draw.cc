// SPDX-License-Identifier: Apache-2.0
// Drawing a world from a seed.
#include "sim/draw.h"

#include <algorithm>

namespace alibi::sim {
namespace {

constexpr int kPhaseIntervals = 40;  // how long faults are drawn for, in advertisement intervals
constexpr int kMostDriftPpm = 300;   // worse than any crystal; a bad virtual clock

/// What the nodes of one draw have in common.
struct Common {
  std::uint8_t version = 2;
  Duration interval = 1s;
  bool mixed = false;  // v3: each node its own interval
  bool rank_alike = true;  // sync groups: one priority for all members of a node
};

constexpr Duration kChoices[] = {100ms, 250ms, 1000ms, 1000ms};

vrrp::Parameters member(Random& random, const Common& common, std::size_t node,
                        std::size_t segment) {
  vrrp::Parameters p;
  p.name = "n" + std::to_string(node) + (segment == 0 ? "" : "." + std::to_string(segment));
  p.vrid = Vrid{static_cast<std::uint8_t>(51 + segment)};
  p.version = common.version;
  p.base_priority = random.chance(30) ? Priority{100} : random.priority();  // ties
  p.advert_interval = common.mixed ? kChoices[random.between(0, 3)] : common.interval;
  p.preempt = random.chance(75);
  if (p.preempt && random.chance(15)) p.preempt_delay = random.between(0ms, 5000ms);
  p.addresses = {wire::IpAddress::v4(0x0A000064U)};
  if (random.chance(10)) p.addresses.push_back(wire::IpAddress::v4(0x0A000065U));  // ADR 0003
  p.higher_prio_send_advert = random.chance(10);
  p.timer_expired_backup = !p.preempt && random.chance(30);
  p.start_as_master = random.chance(30);
  return p;
}

NodeDraw node(Random& random, const Common& common, std::size_t segments, std::size_t index) {
  NodeDraw n;
  n.drift_ppm = random.between(-kMostDriftPpm, kMostDriftPpm);
  for (std::size_t s = 0; s < segments; ++s) {
    vrrp::Parameters p = member(random, common, index, s);
    if (s > 0) {
      const vrrp::Parameters& first = n.members.front();
      p.preempt = first.preempt;
      p.preempt_delay = first.preempt_delay;
      p.timer_expired_backup = first.timer_expired_backup;
      p.advert_interval = first.advert_interval;
      if (common.rank_alike) p.base_priority = first.base_priority;
    }
    p.in_group = segments > 1;
    n.members.push_back(std::move(p));
    n.sources.push_back(wire::IpAddress::v4(0x0A000001U + static_cast<std::uint32_t>(index) +
                                            (static_cast<std::uint32_t>(s) << 16U)));
  }
  return n;
}

/// One node that the others refuse and that refuses them, a split by configuration.
void mismatch(Random& random, Draw& d) {
  NodeDraw& n = d.nodes.back();
  n.kin = 1;
  for (vrrp::Parameters& p : n.members) {
    if (p.version == 2 && random.chance(50)) {
      p.auth_type = wire::AuthType::Pass;
      p.auth_data = {'s', 'e', 'c', 'r', 'e', 't'};
    } else if (p.version == 2) {
      p.advert_interval = 3s;
    } else {
      p.unicast = true;  // hears unicast only, and nobody sends it any
    }
    d.longest_interval = std::max(d.longest_interval, p.advert_interval);
  }
}

Fault fault(Random& random, const Draw& d) {
  const auto nodes = static_cast<int>(d.nodes.size());
  Fault f{};
  f.kind = static_cast<FaultKind>(random.between(0, kFaultKinds - 1));
  f.begin = kBegin + random.between(Duration(0), kPhaseIntervals * d.longest_interval);
  f.length = random.between(d.longest_interval / 10, 8 * d.longest_interval);
  f.node = static_cast<std::size_t>(random.between(0, nodes - 1));
  f.other = (f.node + static_cast<std::size_t>(random.between(1, nodes - 1))) % d.nodes.size();
  f.segment = static_cast<std::size_t>(random.between(0, static_cast<int>(d.segments) - 1));
  f.priority = random.priority();
  f.variant = static_cast<std::size_t>(random.between(0, 7));
  return f;
}

const char* name(FaultKind kind) {
  constexpr const char* kNames[] = {"stall",       "one-way cut", "isolate", "clean restart",
                                    "crash",       "track fault", "link down", "priority",
                                    "reload",      "upgrade"};
  return kNames[static_cast<std::size_t>(kind)];
}

/// After healing: every down timer runs out once, at the longest learned interval and skew; a
/// preempt delay may follow, and one more down interval after that; masters settle in between. The
/// members of a group wait for each other once more.
Duration settling_bound(const Draw& d) {
  Duration delay{};
  for (const NodeDraw& n : d.nodes) {
    for (const auto& p : n.members) delay = std::max(delay, p.preempt_delay);
  }
  const Duration down = 4 * std::max(d.longest_interval, Duration(1s));  // v2's skew is up to 1 s
  return (d.segments > 1 ? 6 : 4) * down + delay + 4 * d.longest_delay;
}

Common common_of(Random& random) {
  Common common;
  common.version = random.chance(50) ? 2 : 3;
  common.interval = common.version == 2 ? Duration(1s) * random.between(1, 2)
                                        : kChoices[random.between(0, 3)];
  common.mixed = common.version == 3 && random.chance(20);
  common.rank_alike = random.chance(75);
  return common;
}

void draw_nodes(Random& random, Draw& d) {
  const Common common = common_of(random);
  const int count = random.between(2, 5);
  d.segments = random.chance(35) ? static_cast<std::size_t>(random.between(2, 3)) : 1;
  d.shortest_interval = 1h;
  for (int n = 0; n < count; ++n) {
    d.nodes.push_back(node(random, common, d.segments, static_cast<std::size_t>(n)));
    const Duration own = d.nodes.back().members.front().advert_interval;
    d.longest_interval = std::max(d.longest_interval, own);
    d.shortest_interval = std::min(d.shortest_interval, own);
  }
  const int owners = random.chance(12) ? random.between(1, 2) : 0;
  for (int n = 0; n < owners; ++n) {
    for (auto& p : d.nodes[static_cast<std::size_t>(n)].members) p.base_priority = Priority{255};
  }
  if (count > 2 && random.chance(12)) mismatch(random, d);
}

}  // namespace

std::uint64_t Random::next() {
  state_ += 0x9E3779B97F4A7C15U;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31U);
}

int Random::between(int low, int high) {
  const auto span = static_cast<std::uint64_t>(high - low + 1);
  return low + static_cast<int>(next() % span);
}

Duration Random::between(Duration low, Duration high) {
  const auto span = static_cast<std::uint64_t>((high - low).count() + 1);
  return low + Duration(static_cast<std::int64_t>(next() % span));
}

Draw draw(std::uint64_t seed) {
  Random random(seed * 0x2545F4914F6CDD1DU + 1);
  Draw d;
  d.seed = seed;
  draw_nodes(random, d);
  d.fence = random.chance(50) ? Fence::Takeover : Fence::Lease;
  d.loss_percent = random.chance(40) ? 0 : random.between(1, 40);
  d.duplicate_percent = random.chance(50) ? 0 : random.between(1, 20);
  d.longest_delay = random.between(Duration(0), d.shortest_interval / 4);
  const int faults = random.between(0, 12);
  d.healed = kBegin + kPhaseIntervals * d.longest_interval;
  for (int n = 0; n < faults; ++n) {
    d.faults.push_back(fault(random, d));
    const Fault& f = d.faults.back();
    d.healed = std::max(d.healed, f.begin + f.length);
  }
  std::sort(d.faults.begin(), d.faults.end(),
            [](const Fault& a, const Fault& b) { return a.begin < b.begin; });
  d.bound = settling_bound(d);
  return d;
}

std::string Draw::text() const {
  std::string out = "seed " + std::to_string(seed) + ": " + std::to_string(segments) +
                    " segment(s), loss " + std::to_string(loss_percent) + " %, duplicates " +
                    std::to_string(duplicate_percent) + " %, delay up to " +
                    seconds_text(longest_delay) +
                    (fence == Fence::Lease ? ", fence lease" : ", fence takeover") + "\n";
  for (const NodeDraw& n : nodes) {
    for (std::size_t s = 0; s < segments; ++s) {
      const auto& p = n.members[s];
      out += "  " + p.name + " " + n.sources[s].text() + " v" + std::to_string(p.version) +
             " priority " + std::to_string(p.base_priority.value) + " interval " +
             seconds_text(p.advert_interval, 2) + (p.preempt ? "" : " nopreempt") +
             " preempt_delay " + seconds_text(p.preempt_delay, 1) + " clock " +
             std::to_string(n.drift_ppm) + " ppm" + (n.kin != 0 ? " mismatched" : "") +
             (p.timer_expired_backup ? " timer_expired_backup" : "") + "\n";
    }
  }
  for (const Fault& f : faults) {
    out += "  at " + seconds_text(f.begin - kBegin) + " for " + seconds_text(f.length) + ": " +
           name(f.kind) + " " + nodes[f.node].members[f.segment].name;
    if (f.kind == FaultKind::OneWayCut) out += " -> n" + std::to_string(f.other);
    if (f.kind == FaultKind::Priority || f.kind == FaultKind::Reload) {
      out += " to " + std::to_string(f.priority.value);
    }
    out += "\n";
  }
  return out + "  healed at " + seconds_text(healed - kBegin) + ", to settle within " +
         seconds_text(bound) + "\n";
}

}  // namespace alibi::sim
