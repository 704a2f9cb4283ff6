// SPDX-License-Identifier: Apache-2.0
// Drawing a world from a seed.
#include "sim/draw.h"

#include <algorithm>

#include "vrrp/timers.h"

namespace alibi::sim {
namespace {

constexpr int kPhaseIntervals = 40;  // how long faults are drawn for, in advertisement intervals

vrrp::Parameters node(Random& random, std::uint8_t version, Duration interval, std::size_t index) {
  vrrp::Parameters p;
  p.name = "n" + std::to_string(index);
  p.vrid = Vrid{51};
  p.version = version;
  p.base_priority = Priority{static_cast<std::uint8_t>(random.between(1, 254))};
  if (random.chance(30)) p.base_priority = Priority{100};  // ties
  p.advert_interval = interval;
  p.preempt = random.chance(75);
  if (p.preempt && random.chance(15)) p.preempt_delay = random.between(0ms, 5000ms);
  p.addresses = {wire::IpAddress::v4(0x0A000064U)};
  if (random.chance(10)) p.addresses.push_back(wire::IpAddress::v4(0x0A000065U));  // ADR 0003
  p.higher_prio_send_advert = random.chance(10);
  return p;
}

Fault fault(Random& random, std::size_t nodes, Duration interval) {
  Fault f{};
  f.kind = static_cast<FaultKind>(random.between(0, 6));
  f.begin = kBegin + random.between(Duration(0), kPhaseIntervals * interval);
  f.length = random.between(interval / 10, 8 * interval);
  f.node = static_cast<std::size_t>(random.between(0, static_cast<int>(nodes) - 1));
  f.other = (f.node + static_cast<std::size_t>(random.between(1, static_cast<int>(nodes) - 1))) %
            nodes;
  f.priority = Priority{static_cast<std::uint8_t>(random.between(1, 254))};
  return f;
}

const char* name(FaultKind kind) {
  constexpr const char* kNames[] = {"stall", "one-way cut", "isolate", "clean restart",
                                    "crash", "track fault", "priority"};
  return kNames[static_cast<std::size_t>(kind)];
}

/// After healing: every down timer runs out once, at the longest learned interval and skew; a
/// preempt delay may follow, and one more down interval after that; masters settle in between.
Duration settling_bound(const Draw& d) {
  Duration delay{};
  for (const auto& p : d.nodes) delay = std::max(delay, p.preempt_delay);
  const Duration down = 4 * std::max(d.longest_interval, Duration(1s));  // v2's skew is up to 1 s
  return 3 * down + delay + 4 * d.longest_delay;
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
  const int count = random.between(2, 5);
  const std::uint8_t version = random.chance(50) ? 2 : 3;
  const Duration choices[] = {100ms, 250ms, 1000ms, 1000ms};
  const Duration interval = version == 2 ? Duration(1s) * random.between(1, 2)
                                         : choices[random.between(0, 3)];
  const bool mixed = version == 3 && random.chance(20);
  for (int n = 0; n < count; ++n) {
    const Duration own = mixed ? choices[random.between(0, 3)] : interval;
    d.nodes.push_back(node(random, version, own, static_cast<std::size_t>(n)));
    d.sources.push_back(wire::IpAddress::v4(0x0A000001U + static_cast<std::uint32_t>(n)));
    d.longest_interval = std::max(d.longest_interval, own);
  }
  if (random.chance(10)) d.nodes[0].base_priority = Priority{255};
  d.loss_percent = random.chance(40) ? 0 : random.between(1, 40);
  d.duplicate_percent = random.chance(50) ? 0 : random.between(1, 20);
  d.longest_delay = random.between(Duration(0), d.longest_interval / 4);
  const int faults = random.between(0, 12);
  d.healed = kBegin + kPhaseIntervals * d.longest_interval;
  for (int n = 0; n < faults; ++n) {
    d.faults.push_back(fault(random, d.nodes.size(), d.longest_interval));
    const Fault& f = d.faults.back();
    d.healed = std::max(d.healed, f.begin + f.length);
  }
  std::sort(d.faults.begin(), d.faults.end(),
            [](const Fault& a, const Fault& b) { return a.begin < b.begin; });
  d.bound = settling_bound(d);
  return d;
}

std::string Draw::text() const {
  std::string out = "seed " + std::to_string(seed) + ": loss " + std::to_string(loss_percent) +
                    " %, duplicates " + std::to_string(duplicate_percent) + " %, delay up to " +
                    seconds_text(longest_delay) + "\n";
  for (std::size_t n = 0; n < nodes.size(); ++n) {
    const auto& p = nodes[n];
    out += "  " + p.name + " " + sources[n].text() + " v" + std::to_string(p.version) +
           " priority " + std::to_string(p.base_priority.value) + " interval " +
           seconds_text(p.advert_interval, 2) + (p.preempt ? "" : " nopreempt") +
           " preempt_delay " + seconds_text(p.preempt_delay, 1) + "\n";
  }
  for (const Fault& f : faults) {
    out += "  at " + seconds_text(f.begin - kBegin) + " for " + seconds_text(f.length) + ": " +
           name(f.kind) + " " + nodes[f.node].name;
    if (f.kind == FaultKind::OneWayCut) out += " -> " + nodes[f.other].name;
    if (f.kind == FaultKind::Priority) out += " to " + std::to_string(f.priority.value);
    out += "\n";
  }
  return out + "  healed at " + seconds_text(healed - kBegin) + ", to settle within " +
         seconds_text(bound) + "\n";
}

}  // namespace alibi::sim
