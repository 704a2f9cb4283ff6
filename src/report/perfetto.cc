// SPDX-License-Identifier: Apache-2.0
// Field numbers: protos/perfetto/trace of Perfetto (trace_packet, track_event, track_descriptor,
// clock_snapshot, debug_annotation, process_descriptor, thread_descriptor).
#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <variant>

#include "evidence/case_file.h"
#include "investigate/lanes.h"
#include "report/exports.h"
#include "report/protobuf.h"

namespace alibi::report {
namespace {

using evidence::Recording;
using investigate::Verdict;
using Json = nlohmann::json;

// TracePacket
constexpr std::uint32_t kClockSnapshot = 6, kTimestamp = 8, kSequenceId = 10, kTrackEvent = 11,
                        kTimestampClock = 58, kTrackDescriptor = 60;
// TrackEvent and its types
constexpr std::uint32_t kAnnotation = 4, kType = 9, kTrackUuid = 11, kName = 23, kCounter = 30;
constexpr std::uint64_t kSliceBegin = 1, kSliceEnd = 2, kInstant = 3, kCounterValue = 4;
// BuiltinClock
constexpr std::uint64_t kRealtime = 1, kMonotonic = 3;

/// Kinds that are samples of something that goes on: their numbers are counters.
bool is_sample(std::string_view kind) {
  return kind == "block_device" || kind == "interface_counters" || kind == "socket_drops" ||
         kind == "cgroup_throttled";
}
/// Numbers that say which, not how much.
bool is_name(std::string_view field) {
  return field == "pid" || field == "tid" || field == "tap" || field == "netns" ||
         field == "ifindex";
}

Protobuf annotation(const std::string& name, const Json& value) {
  Protobuf out;
  if (value.is_number_integer())
    out.signed_number(4, value.get<std::int64_t>());
  else if (value.is_string())
    out.text(6, value.get<std::string>());
  else
    out.text(6, value.dump(-1, ' ', false, Json::error_handler_t::replace));
  return out.text(10, name);
}

class Trace {
 public:
  explicit Trace(const Recording& recording)
      : recording_(recording), clock_(recording.clock.empty() ? kRealtime : kMonotonic) {}

  std::string take() { return trace_.bytes(); }

  void clocks() {
    for (const evidence::ClockOffset& offset : recording_.clock) {
      Protobuf snapshot;
      snapshot.message(1, Protobuf().number(1, kMonotonic).signed_number(2, offset.at.ns));
      snapshot.message(
          1, Protobuf().number(1, kRealtime).signed_number(2, recording_.unix_ns(offset.at)));
      snapshot.number(2, clock_);
      packet(Protobuf().message(kClockSnapshot, snapshot));
    }
    if (!recording_.clock.empty()) return;
    Protobuf snapshot;
    snapshot.message(1, Protobuf().number(1, kRealtime).signed_number(2, recording_.begin.ns));
    packet(Protobuf().message(kClockSnapshot, snapshot.number(2, clock_)));
  }

  void incidents(const std::vector<Verdict>& verdicts) {
    for (std::size_t i = 0; i < verdicts.size(); ++i) {
      const Verdict& verdict = verdicts[i];
      const std::string cause = verdict.cause ? verdict.cause->code : "no failure";
      Protobuf event;
      event.text(kName, fmt::format("incident {}: VRID {} {}, {}", i + 1,
                                    verdict.incident.router.vrid.value,
                                    investigate::kind_text(verdict.incident), cause));
      if (verdict.cause) event.message(kAnnotation, annotation("why", verdict.cause->headline));
      // Incidents may overlap; spans of one track may not.
      const auto uuid = track(fmt::format("incident {}", i + 1));
      span(uuid, std::max(verdict.incident.silent_since, recording_.begin), verdict.incident.at,
           event);
    }
  }

  void adverts() {
    for (const evidence::Heartbeat& beat : recording_.heartbeats) {
      const evidence::Tap& tap = recording_.taps[beat.tap];
      const auto& advert = beat.packet.decoded.advertisement;
      const auto uuid = track(fmt::format("tap {} {} {}", tap.label, tap.interface, tap.host));
      Protobuf event;
      event.text(kName, fmt::format("{} VRID {} priority {}", beat.packet.source.text(),
                                    advert.vrid.value, advert.priority.value));
      at(beat.at, uuid, kInstant, event);
    }
  }

  void threads() {
    std::set<std::pair<std::int32_t, std::int32_t>> seen;
    std::map<std::int32_t, std::string> names;
    for (const evidence::Event& event : recording_.events) {
      if (const auto* on = std::get_if<evidence::ThreadOn>(&event.fact)) {
        seen.insert({on->pid, on->tid});
      } else if (const auto* off = std::get_if<evidence::ThreadOff>(&event.fact)) {
        seen.insert({off->pid, off->tid});
      } else if (const auto* found = std::get_if<evidence::ProcessFound>(&event.fact)) {
        names[found->pid] = found->comm;
      }
    }
    for (const auto& [pid, tid] : seen) {
      const auto uuid = thread_track(pid, tid, names[pid]);
      for (const investigate::Segment& segment :
           investigate::timeline_of(recording_, pid, tid, recording_.begin, recording_.end)) {
        Protobuf event;
        event.text(kName, investigate::text(segment.doing));
        if (!segment.detail.empty()) {
          event.message(kAnnotation, annotation("detail", segment.detail));
        }
        const std::string evidence = investigate::evidence_text(segment);
        if (!evidence.empty()) event.message(kAnnotation, annotation("evidence", evidence));
        span(uuid, segment.begin, segment.end, event);
      }
    }
  }

  void events() {
    for (const evidence::Event& event : recording_.events) {
      const std::string kind{evidence::kind_name(event.fact)};
      const Json fact = Json::parse(evidence::fact_json(event.fact), nullptr, false);
      if (is_sample(kind))
        counters(event.at, kind, fact);
      else
        instant(event.at, kind, fact);
    }
  }

 private:
  void packet(Protobuf content) { trace_.message(1, content.number(kSequenceId, 1)); }

  void at(Instant moment, std::uint64_t uuid, std::uint64_t type, Protobuf event) {
    event.number(kType, type).number(kTrackUuid, uuid);
    packet(Protobuf()
               .signed_number(kTimestamp, moment.ns)
               .number(kTimestampClock, clock_)
               .message(kTrackEvent, event));
  }

  void span(std::uint64_t uuid, Instant begin, Instant end, const Protobuf& event) {
    at(begin, uuid, kSliceBegin, event);
    at(end, uuid, kSliceEnd, {});
  }

  std::uint64_t describe(const std::string& key, Protobuf descriptor) {
    const std::uint64_t uuid = tracks_.size() + 1;
    tracks_[key] = uuid;
    packet(Protobuf().message(kTrackDescriptor, descriptor.number(1, uuid)));
    return uuid;
  }

  std::uint64_t track(const std::string& name, bool counter = false) {
    const auto known = tracks_.find(name);
    if (known != tracks_.end()) return known->second;
    Protobuf descriptor;
    descriptor.text(2, name);
    if (counter) descriptor.message(8, {});
    return describe(name, descriptor);
  }

  std::uint64_t thread_track(std::int32_t pid, std::int32_t tid, const std::string& comm) {
    Protobuf thread;
    thread.signed_number(1, pid).signed_number(2, tid);
    if (!comm.empty()) thread.text(5, comm);
    return describe(fmt::format("\nthread {} {}", pid, tid), Protobuf().message(4, thread));
  }

  void counters(Instant moment, const std::string& kind, const Json& fact) {
    std::string which = kind;
    for (const auto& [name, value] : fact.items()) {
      if (name == "tap")
        which += " " + recording_.taps[value.get<std::size_t>()].label;
      else if (value.is_string() && !value.get<std::string>().empty())
        which += " " + value.get<std::string>();
      else if (value.is_number_integer() && is_name(name))
        which += " " + name + " " + value.dump();
    }
    for (const auto& [name, value] : fact.items()) {
      if (!value.is_number_integer() || is_name(name)) continue;
      at(moment, track(which + ": " + name, true), kCounterValue,
         Protobuf().signed_number(kCounter, value.get<std::int64_t>()));
    }
  }

  void instant(Instant moment, const std::string& kind, const Json& fact) {
    // The threads' own tracks show these as spans.
    if (kind == "thread_on" || kind == "thread_off") return;
    Protobuf event;
    event.text(kName, kind);
    for (const auto& [name, value] : fact.items()) {
      event.message(kAnnotation, annotation(name, value));
    }
    at(moment, track("events: " + kind), kInstant, event);
  }

  const Recording& recording_;
  std::uint64_t clock_;
  Protobuf trace_;
  std::map<std::string, std::uint64_t> tracks_;
};

}  // namespace

std::string perfetto_trace(const Recording& recording, const std::vector<Verdict>& verdicts) {
  Trace trace(recording);
  trace.clocks();
  trace.incidents(verdicts);
  trace.adverts();
  trace.threads();
  trace.events();
  return trace.take();
}

}  // namespace alibi::report
