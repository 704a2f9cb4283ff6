// SPDX-License-Identifier: Apache-2.0
// Capture files as a recording: a heartbeat for each advertisement, and the ARP beside them.
#include <algorithm>
#include <utility>

#include "evidence/capture_scan.h"

namespace alibi::evidence {
namespace {

class Collector {
 public:
  Result<void> add(const std::string& path) {
    return scan_.add(path, wire::Interest::HeartbeatsAndNeighbours,
                     [this](const TapFrame& at) { take(at); });
  }
  Recording finish(std::vector<std::string>* warnings);

 private:
  void take(const TapFrame& at);

  CaptureScan scan_;
  Recording recording_;
  std::vector<std::uint64_t> dropped_;  // since the last heartbeat of each tap
  std::vector<std::uint64_t> absent_;   // how often its interface had gone, the same
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
    recording_.heartbeats.push_back({time, at.tap, at.direction, std::move(*decoded.vrrp),
                                     std::exchange(dropped_[at.tap], 0), at.frame.number,
                                     std::exchange(absent_[at.tap], 0) != 0});
  } else if (decoded.arp) {
    recording_.arps.push_back({time, at.tap, at.direction, *decoded.arp});
  }
}

Recording Collector::finish(std::vector<std::string>* warnings) {
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
  for (const std::string& path : paths) {
    if (auto added = collector.add(path); !added) return tl::unexpected(added.error());
  }
  return collector.finish(warnings);
}

}  // namespace alibi::evidence
