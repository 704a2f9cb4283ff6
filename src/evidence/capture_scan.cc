// SPDX-License-Identifier: Apache-2.0
// Names and counts taps while their files are read.
#include "evidence/capture_scan.h"

#include <algorithm>
#include <map>
#include <optional>

#include "evidence/ticks.h"

namespace alibi::evidence {
namespace {

std::string base_name(const std::string& path) {
  if (path == "-") return "stdin";
  return path.substr(path.find_last_of('/') + 1);
}

// The cooked headers of the `any` device carry the direction that an Ethernet frame does not:
// packet type 4 is PACKET_OUTGOING.
Direction cooked_direction(const CapturedFrame& frame) {
  using wire::LinkType;
  constexpr std::uint8_t kOutgoing = 4;
  std::optional<std::uint8_t> type;
  if (frame.link_type == LinkType::LinuxSll && frame.bytes.size() >= 16) type = frame.bytes[1];
  if (frame.link_type == LinkType::LinuxSll2 && frame.bytes.size() >= 20) type = frame.bytes[10];
  if (!type) return Direction::Unknown;
  return *type == kOutgoing ? Direction::Out : Direction::In;
}

}  // namespace

TapSpan corrected(const TapSpan& span, Duration shift) {
  TapSpan out = span;
  if (shift == Duration{0}) return out;
  out.final = span.final + shift;
  out.last = std::max(out.last, out.final);
  return out;
}

void CaptureScan::name_parts(std::span<const TapId> parts, const Disorder& disorder) {
  if (parts.empty()) return;
  const std::string label = taps[parts.front()].label;
  for (std::size_t i = 1; i < parts.size(); ++i) {
    if (parts[i] == parts[i - 1]) continue;
    Tap& part = taps[parts[i]];
    part.interface = taps[parts.front()].interface;
    part.received = part.written;
    taps[parts.front()].written -= part.written;
    taps[parts.front()].received -= part.written;
    part.label = label + " (part " + std::to_string(i + 1) + ")";
  }
  for (const StepBack& step : disorder.steps) {
    const std::string what =
        step.what == Backwards::ClockSet
            ? ": the clock was set back; times are by the clock as it was before, right to what an "
              "interval varies by"
        : step.what == Backwards::OutOfOrder ? ": pieces that were joined out of order"
                                             : ": pieces joined out of order, or a clock that was "
                                               "set back; nothing shows which, and "
                                               "what comes before and after is not compared";
    warnings.push_back(label + ": from packet " + std::to_string(step.packet) +
                       " on the stamps go back by " + seconds_text(step.by) + what);
  }
  if (disorder.steps_left_out != 0) {
    warnings.push_back(label + ": and " + std::to_string(disorder.steps_left_out) + " times more");
  }
  if (disorder.reordered != 0) {
    warnings.push_back(label + ": " + std::to_string(disorder.reordered) +
                       " heartbeats stood behind later ones and were put in order");
  }
}

void CaptureScan::move(TapId part, Instant at) {
  ++taps[part].written;
  TapSpan& span = spans[part];
  if (!span.timed) span = {true, at, at, at};
  span.first = std::min(span.first, at);
  span.last = span.final = std::max(span.last, at);
}

TapId CaptureScan::split() {
  taps.emplace_back();
  spans.emplace_back();
  without_time_.emplace_back();
  return static_cast<TapId>(taps.size() - 1);
}

TapId CaptureScan::tap_of(std::uint32_t interface) {
  while (of_file_.size() <= interface) of_file_.push_back(split());
  return of_file_[interface];
}

void CaptureScan::take(const CapturedFrame& frame, const Sink& sink) {
  const TapId tap = tap_of(frame.interface);
  if (!frame.timed) {
    ++without_time_[tap];
    ++taps[tap].undecoded;
    return;
  }
  const Direction direction =
      frame.direction != Direction::Unknown ? frame.direction : cooked_direction(frame);
  sink({tap, Instant{minus(frame.unix_ns, frame.clock_set_ns)}, direction, frame});
}

void CaptureScan::name_taps(const std::string& file, const CaptureSummary& summary) {
  std::map<std::string, unsigned> used;
  for (std::size_t i = 0; i < summary.interfaces.size(); ++i) {
    Tap& tap = taps[of_file_[i]];
    tap.interface = summary.interfaces[i].name;
    tap.label = file;
    if (summary.interfaces.size() > 1) {
      tap.label += ":" + (tap.interface.empty() ? "#" + std::to_string(i + 1) : tap.interface);
    }
    // Sections that were joined into one file may each have an interface of the same name.
    const unsigned again = ++used[tap.label];
    if (again > 1) tap.label += " (" + std::to_string(again) + ")";
  }
}

void CaptureScan::count_taps(const std::string& file, const CaptureSummary& summary) {
  const auto warn = [&](std::uint64_t frames, const std::string& what) {
    if (frames != 0) warnings.push_back(file + ": " + std::to_string(frames) + " frames " + what);
  };
  for (std::size_t i = 0; i < summary.interfaces.size(); ++i) {
    const CaptureInterface& interface = summary.interfaces[i];
    Tap& tap = taps[of_file_[i]];
    tap.written = interface.frames;
    tap.undecoded += interface.passed_over;
    tap.dropped = std::max(interface.dropped, interface.lost);
    tap.received = tap.written + tap.dropped;
    spans[of_file_[i]] = {interface.timed, Instant{interface.first_ns}, Instant{interface.last_ns},
                          Instant{interface.final_ns}};
    if (interface.clock_steps != 0) {
      warnings.push_back(tap.label + ": the clock was set " +
                         std::to_string(interface.clock_steps) +
                         " times while this was captured, " + "by " +
                         seconds_text(Duration(interface.clock_set_ns)) +
                         " in all; times are by the clock as it was before");
    }
    warn(without_time_[of_file_[i]], "without a time stamp were left out");
    warn(wire::is_known(interface.link_type) ? 0 : interface.frames,
         "of link type " + std::to_string(static_cast<unsigned>(interface.link_type)) +
             " were left out: this link type is not known");
  }
}

Result<void> CaptureScan::add(const std::string& path, wire::Interest interest, const Sink& sink) {
  of_file_.clear();
  const std::string file = base_name(path);
  auto summary =
      read_capture(path, interest, [&](const CapturedFrame& frame) { take(frame, sink); });
  if (!summary) return tl::unexpected(summary.error());
  if (taps.size() + summary->interfaces.size() > UINT16_MAX) {
    return fail(path + ": more than 65535 interfaces in all; give fewer files at once");
  }
  if (!summary->interfaces.empty()) {
    tap_of(static_cast<std::uint32_t>(summary->interfaces.size() - 1));
  }
  name_taps(file, *summary);
  count_taps(file, *summary);
  // Damaged before anything could be read: that is no capture in which nothing happened.
  if (!summary->damage.empty() && summary->frames == 0) {
    return fail(path + ": " + summary->damage + "; nothing of it can be read");
  }
  if (!summary->damage.empty()) {
    warnings.push_back(file + ": " + summary->damage + "; the " + std::to_string(summary->frames) +
                       " packets before it were read");
  }
  return {};
}

}  // namespace alibi::evidence
