// SPDX-License-Identifier: Apache-2.0
// From what the recorder remembers to a Recording: frames decoded, records turned into events,
// everything ordered by time.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <string>

#include "bpf/decode.h"
#include "daemon/recorder.h"
#include "daemon/recorder_state.h"
#include "wire/frame.h"

namespace alibi::daemon {
namespace {

bool before(std::span<const std::uint8_t> record, Instant moment) {
  std::int64_t ns = 0;
  std::memcpy(&ns, record.data(), sizeof ns);
  return ns < moment.ns;
}

/// Losses of the probes have their moments: those before the window are none of its losses.
void keep_losses_of_window(evidence::Recording& out) {
  std::map<std::string, std::uint64_t> lost;
  for (const evidence::Event& event : out.events)
    if (const auto* loss = std::get_if<evidence::EventsLost>(&event.fact))
      lost[loss->source] += loss->lost;
  std::erase_if(out.losses, [&lost](evidence::SourceLoss& loss) {
    const bool placed = loss.source == "sched" || loss.source == "signal" ||
                        loss.source == "process" || loss.source == "memory" ||
                        loss.source == "block" || loss.source == "drops" || loss.source == "ticks";
    if (!placed || loss.lost == 0) return false;
    loss.lost = std::min(loss.lost, lost[loss.source]);
    return loss.lost == 0;
  });
}

/// What is remembered is more than what was to be unpacked.
evidence::SourceLoss shortened(Duration taken, Duration kept) {
  const auto seconds = [](Duration d) { return std::chrono::duration<double>(d).count(); };
  return {"window", 0,
          fmt::format("so much happens that only the last {:.0f} s of {:.0f} s are looked at",
                      seconds(taken), seconds(kept))};
}

template <typename T>
void order(std::vector<T>& values) {
  std::stable_sort(values.begin(), values.end(),
                   [](const T& a, const T& b) { return a.at < b.at; });
}

/// About what an advert and an event take in a Recording, and once more while they are ordered.
constexpr std::size_t kHeartbeatBytes = 2 * (sizeof(evidence::Heartbeat) + 32);
constexpr std::size_t kEventBytes = 2 * sizeof(evidence::Event) + 256;

evidence::HostFacts facts_of(const os::HostDescription& host) {
  return {host.name,       host.kernel,         host.distribution, host.virtualisation,
          host.container,  host.cpus,           host.memory_kib,   host.cgroup_version,
          host.clock_source, host.counts_steal, host.limits};
}

void decode_frames(const RecorderLog& log, evidence::Recording& out) {
  FrameDecoder decoder;
  log.each_frame([&](const KeptFrame& kept, const FrameKind& kind) {
    const wire::Frame& frame = decoder.decode(kept, kind);
    evidence::Tap& tap = out.taps[kept.tap];
    if (kept.at < out.begin) {   // as if it had left the log
      --tap.written;
      tap.dropped -= std::min(tap.dropped, kept.dropped_before);
      tap.received = tap.written + tap.dropped;
      return;
    }
    const bool whole = frame.vrrp.has_value() || frame.arp.has_value();
    if (!whole) ++tap.undecoded;
    if (frame.vrrp)
      out.heartbeats.push_back({kept.at, kept.tap, kept.direction, *frame.vrrp,
                                kept.dropped_before, 0});
    if (frame.arp) out.arps.push_back({kept.at, kept.tap, kept.direction, *frame.arp});
  });
}

}  // namespace

evidence::Recording Recorder::snapshot(std::size_t max_bytes) const {
  const State& s = *state_;
  evidence::Recording out;
  out.taps = s.taps.taps();
  const Instant kept = std::max({s.started, s.now - s.options.window, s.log.complete_since()});
  out.begin = std::max(kept, s.log.reach(max_bytes, kHeartbeatBytes, kEventBytes));
  out.end = s.now;
  out.has_host_evidence = s.probes != nullptr;
  decode_frames(s.log, out);
  if (out.has_host_evidence) out.events.push_back({out.begin, facts_of(s.description)});
  if (s.watch) {
    const auto add_found = [&out](const WatchedProcess& process) {
      out.events.push_back({std::max(process.since, out.begin), process.found});
    };
    for (const WatchedProcess& process : s.watch->ended()) add_found(process);
    for (const auto& [pid, process] : s.watch->processes()) add_found(process);
  }
  State::PerSource kept_of{}, undecoded{};
  s.log.each_probe([&](std::span<const std::uint8_t> record) {
    if (before(record, out.begin)) return;
    auto event = bpf::decode_record(record, s.symbols, s.drop_reasons);
    ++(event ? kept_of : undecoded)[source_of(record)];
    if (event) out.events.push_back(std::move(*event));
  });
  for (const evidence::Event& event : s.log.facts()) ++kept_of[source_of(event.fact)];
  for (evidence::Event& event : s.configs.events(out.begin)) out.events.push_back(std::move(event));
  out.events.insert(out.events.end(), s.log.facts().begin(), s.log.facts().end());
  order(out.heartbeats);
  order(out.arps);
  order(out.events);
  for (const os::OffsetSample& sample : s.offsets.samples())
    out.clock.push_back({sample.at, sample.realtime_minus_monotonic_ns});
  out.sources = s.count_sources(out, kept_of, undecoded);
  out.losses = losses();
  keep_losses_of_window(out);
  if (out.begin > kept) out.losses.push_back(shortened(out.end - out.begin, out.end - kept));
  return out;
}

std::vector<evidence::SourceLoss> Recorder::losses() const {
  const State& s = *state_;
  std::vector<evidence::SourceLoss> all = s.start_losses;
  const auto append = [&all](const std::vector<evidence::SourceLoss>& more) {
    all.insert(all.end(), more.begin(), more.end());
  };
  append(s.taps.losses());
  if (s.probes) append(s.probes->losses());
  if (s.watch) append(s.watch->losses());
  append(s.configs.losses());
  if (s.samplers) append(s.samplers->host.losses());
  if (s.samplers) append(s.samplers->path.losses());
  for (const State::Links& netns : s.links) append(netns.losses());
  if (s.late_samples > 0)
    all.push_back({"samples", s.late_samples, "the recorder itself was not run in time"});
  if (s.log.evicted_events() > 0)
    all.push_back({"memory", s.log.evicted_events(),
                   fmt::format("the recorder's memory bound was reached: the window is {:.0f} s",
                               std::chrono::duration<double>(
                                   s.now - std::max(s.started, s.log.complete_since()))
                                   .count())});
  return all;
}

}  // namespace alibi::daemon
