// SPDX-License-Identifier: Apache-2.0
// From what the recorder remembers to a Recording: frames decoded, records turned into events,
// everything ordered by time.
#include <algorithm>
#include <map>
#include <string>

#include "bpf/decode.h"
#include "daemon/recorder.h"
#include "daemon/recorder_state.h"
#include "wire/frame.h"

namespace alibi::daemon {
namespace {

/// Losses of the probes have their moments: those before the window are none of its losses.
void keep_losses_of_window(evidence::Recording& out) {
  std::map<std::string, std::uint64_t> lost;
  for (const evidence::Event& event : out.events)
    if (const auto* loss = std::get_if<evidence::EventsLost>(&event.fact))
      lost[loss->source] += loss->lost;
  std::erase_if(out.losses, [&lost](evidence::SourceLoss& loss) {
    const bool placed = loss.source == "sched" || loss.source == "signal" ||
                        loss.source == "process";
    if (!placed || loss.lost == 0) return false;
    loss.lost = std::min(loss.lost, lost[loss.source]);
    return loss.lost == 0;
  });
}

template <typename T>
void order(std::vector<T>& values) {
  std::stable_sort(values.begin(), values.end(),
                   [](const T& a, const T& b) { return a.at < b.at; });
}

void decode_frames(const RecorderLog& log, evidence::Recording& out) {
  for (const KeptFrame& kept : log.frames()) {
    wire::Frame frame = wire::decode_frame(kept.bytes, wire::LinkType::Ethernet);
    evidence::Tap& tap = out.taps[kept.tap];
    const bool whole = frame.vrrp.has_value() || frame.arp.has_value();
    if (!whole) ++tap.undecoded;
    if (frame.vrrp)
      out.heartbeats.push_back({kept.at, kept.tap, kept.direction, std::move(*frame.vrrp),
                                kept.dropped_before, 0});
    if (frame.arp) out.arps.push_back({kept.at, kept.tap, kept.direction, *frame.arp});
  }
}

}  // namespace

evidence::Recording Recorder::snapshot() const {
  const State& s = *state_;
  evidence::Recording out;
  out.taps = s.taps.taps();
  out.begin = std::max({s.started, s.now - s.options.window, s.log.complete_since()});
  out.end = s.now;
  out.has_host_evidence = s.probes != nullptr;
  decode_frames(s.log, out);
  if (s.watch) {
    const auto add_found = [&out](const WatchedProcess& process) {
      out.events.push_back({std::max(process.since, out.begin), process.found});
    };
    for (const WatchedProcess& process : s.watch->ended()) add_found(process);
    for (const auto& [pid, process] : s.watch->processes()) add_found(process);
  }
  s.log.each_probe([&](std::span<const std::uint8_t> record) {
    if (auto event = bpf::decode_record(record, s.symbols)) out.events.push_back(std::move(*event));
  });
  out.events.insert(out.events.end(), s.log.facts().begin(), s.log.facts().end());
  order(out.heartbeats);
  order(out.arps);
  order(out.events);
  for (const os::OffsetSample& sample : s.offsets.samples())
    out.clock.push_back({sample.at, sample.realtime_minus_monotonic_ns});
  out.losses = losses();
  keep_losses_of_window(out);
  return out;
}

std::vector<evidence::SourceLoss> Recorder::losses() const {
  const State& s = *state_;
  std::vector<evidence::SourceLoss> all = s.start_losses;
  const auto append = [&all](const std::vector<evidence::SourceLoss>& more) {
    all.insert(all.end(), more.begin(), more.end());
  };
  if (s.probes) append(s.probes->losses());
  if (s.watch) append(s.watch->losses());
  for (const State::Links& netns : s.links)
    if (netns.monitor.overruns() > 0)
      all.push_back({"links", netns.monitor.overruns(), "the kernel had no room for messages"});
  if (s.late_samples > 0)
    all.push_back({"samples", s.late_samples, "the recorder itself was not run in time"});
  if (s.log.evicted_events() > 0)
    all.push_back({"memory", s.log.evicted_events(),
                   "the recorder's memory bound was reached: the window is shorter"});
  return all;
}

}  // namespace alibi::daemon
