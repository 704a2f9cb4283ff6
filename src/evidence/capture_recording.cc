// SPDX-License-Identifier: Apache-2.0
// Capture files as a recording: a heartbeat for each advertisement, and the ARP beside them.
#include <algorithm>
#include <map>
#include <utility>

#include "evidence/capture_scan.h"
#include "evidence/time_order.h"

namespace alibi::evidence {
namespace {

/// A heartbeat for its place in time; a resignation comes when it comes.
Stamped stamped(const Heartbeat& beat) {
  const wire::Advertisement& advert = beat.packet.decoded.advertisement;
  Stamped out{beat.at, 0, advert.interval, beat.packet.ip_id, beat.packet_number};
  if (beat.packet.decoded.defect == wire::VrrpDefect::None && advert.priority.value != 0) {
    out.sender = sender_number(beat.packet.source,
                               std::uint64_t{advert.vrid.value} << 8U | advert.version,
                               beat.packet.network);
  }
  return out;
}

class Collector {
 public:
  Result<void> read(const std::vector<std::string>& paths) {
    return scan_.read(paths, wire::Interest::HeartbeatsAndNeighbours,
                      [this](const TapFrame& at) { take(at); });
  }
  Recording finish(std::vector<std::string>* warnings);

 private:
  /// One tap's heartbeats on their way into order.
  struct Order {
    TimeOrder<Heartbeat> order;
    std::vector<TapId> parts;  // of its part 0, 1, ...
  };
  void take(const TapFrame& at);
  void place(TapId tap, TimeOrder<Heartbeat>::Placed& placed);
  void finish_orders();

  CaptureScan scan_;
  Recording recording_;
  std::vector<std::uint64_t> dropped_;  // since the last heartbeat of each tap
  std::vector<std::uint64_t> absent_;   // how often its interface had gone, the same
  std::map<TapId, Order> orders_;
  std::vector<std::uint64_t> arp_packets_;  // numbers, beside recording_.arps
};

void Collector::take(const TapFrame& at) {
  if (dropped_.size() < scan_.taps.size()) {
    dropped_.resize(scan_.taps.size());
    absent_.resize(scan_.taps.size());
  }
  const Instant time = at.at;
  dropped_[at.tap] += at.frame.dropped_before;
  if (at.frame.absent_before) ++absent_[at.tap];
  wire::Frame decoded = wire::decode_frame(at.frame.bytes, at.frame.link_type);
  const bool sound = decoded.defect == wire::FrameDefect::None &&
                     (!decoded.vrrp || decoded.vrrp->decoded.defect == wire::VrrpDefect::None);
  if (!sound) ++scan_.taps[at.tap].undecoded;
  if (decoded.vrrp) {
    Heartbeat beat{time,
                   at.tap,
                   at.direction,
                   std::move(*decoded.vrrp),
                   std::exchange(dropped_[at.tap], 0),
                   at.frame.number,
                   std::exchange(absent_[at.tap], 0) != 0};
    orders_[at.tap].order.take(stamped(beat), std::move(beat),
                               [&](auto& placed) { place(at.tap, placed); });
  } else if (decoded.arp) {
    recording_.arps.push_back({time, at.tap, at.direction, *decoded.arp});
    arp_packets_.push_back(at.frame.number);
  }
}

void Collector::place(TapId tap, TimeOrder<Heartbeat>::Placed& placed) {
  Order& order = orders_[tap];
  if (order.parts.empty()) order.parts.push_back(tap);
  if (placed.part >= order.parts.size()) {
    // Where nothing shows why the stamps went back, times before and after cannot be compared.
    const bool apart = order.order.disorder().steps.back().what == Backwards::Unclear &&
                       scan_.taps.size() < CaptureScan::kMostTaps;
    order.parts.push_back(apart ? scan_.split(order.parts.back()) : order.parts.back());
  }
  Heartbeat beat = std::move(placed.item);
  beat.at = placed.stamp.at;
  beat.absent_before = beat.absent_before || placed.seam;
  beat.tap = order.parts[placed.part];
  if (beat.tap != tap) scan_.move(beat.tap, beat.at);
  recording_.heartbeats.push_back(std::move(beat));
}

/// What stands behind a step of the clock is by the clock as it was before it; parts are named.
void Collector::finish_orders() {
  for (auto& [tap, order] : orders_) {
    order.order.finish([&, at = tap](auto& placed) { place(at, placed); });
    const Disorder& disorder = order.order.disorder();
    for (std::size_t i = 0; i < recording_.arps.size(); ++i) {
      ArpSeen& arp = recording_.arps[i];
      if (arp.tap != tap) continue;
      for (const StepBack& step : disorder.steps)
        arp.at = arp.at + step.correction(arp_packets_[i]);
    }
    scan_.name_parts(order.parts, disorder);
    scan_.spans[tap] =
        corrected(scan_.spans[tap], order.order.shift(), disorder, order.order.newest());
  }
}

Recording Collector::finish(std::vector<std::string>* warnings) {
  finish_orders();
  const std::vector<TapId> to = scan_.arrange();
  for (Heartbeat& beat : recording_.heartbeats) beat.tap = to[beat.tap];
  for (ArpSeen& arp : recording_.arps) arp.tap = to[arp.tap];
  const auto earlier = [](const auto& a, const auto& b) { return a.at < b.at; };
  std::stable_sort(recording_.heartbeats.begin(), recording_.heartbeats.end(), earlier);
  std::stable_sort(recording_.arps.begin(), recording_.arps.end(), earlier);
  bool seen = false;
  for (const TapSpan& span : scan_.spans) {
    if (!span.timed) continue;
    recording_.begin = seen ? std::min(recording_.begin, span.first) : span.first;
    recording_.end = seen ? std::max(recording_.end, span.last) : span.last;
    seen = true;
  }
  for (std::size_t i = 0; i < scan_.taps.size(); ++i) {
    const TapSpan& span = scan_.spans[i];
    if (!span.timed) continue;
    // Within what can be reckoned with, as the heartbeats are.
    scan_.taps[i].begin = TimeOrder<Heartbeat>::reckonable(span.first);
    scan_.taps[i].end = TimeOrder<Heartbeat>::reckonable(span.last);
  }
  recording_.taps = std::move(scan_.taps);
  if (warnings != nullptr) {
    warnings->insert(warnings->end(), scan_.warnings.begin(), scan_.warnings.end());
  }
  return std::move(recording_);
}

}  // namespace

Result<Recording> recording_from_captures(const std::vector<std::string>& paths,
                                          std::vector<std::string>* warnings) {
  Collector collector;
  if (auto read = collector.read(paths); !read) return tl::unexpected(read.error());
  return collector.finish(warnings);
}

}  // namespace alibi::evidence
