// SPDX-License-Identifier: Apache-2.0
// Capture files as a recording: a tap for each interface, a heartbeat for each advertisement.
#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "evidence/capture_file.h"

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

// Collects one file after the other.
class Collector {
 public:
  Result<void> add_file(const std::string& path);
  void finish(std::vector<std::string>* warnings);
  Recording recording;

 private:
  struct TapState {
    std::uint64_t dropped_since_heartbeat = 0;
    std::uint64_t dropped = 0;
    std::uint64_t without_time = 0;
    std::uint64_t unknown_link_type = 0;
  };
  void take(const CapturedFrame& frame);
  TapId tap_of(std::uint32_t interface);
  void see(Instant at);
  void name_taps(const std::string& file, const CaptureSummary& summary);
  void count_taps(const std::string& file, const CaptureSummary& summary);

  std::size_t first_tap_ = 0;  // of the file being read
  std::vector<TapState> states_;
  std::vector<std::string> warnings_;
  bool seen_ = false;
};

void Collector::see(Instant at) {
  recording.begin = seen_ ? std::min(recording.begin, at) : at;
  recording.end = seen_ ? std::max(recording.end, at) : at;
  seen_ = true;
}

TapId Collector::tap_of(std::uint32_t interface) {
  const std::size_t tap = first_tap_ + interface;
  if (tap >= recording.taps.size()) {
    recording.taps.resize(tap + 1);
    states_.resize(tap + 1);
  }
  return static_cast<TapId>(tap);
}

void Collector::take(const CapturedFrame& frame) {
  const TapId tap = tap_of(frame.interface);
  TapState& state = states_[tap];
  ++recording.taps[tap].written;
  state.dropped_since_heartbeat += frame.dropped_before;
  state.dropped += frame.dropped_before;
  const Instant at{frame.unix_ns};
  if (frame.timed) see(at);
  wire::Frame decoded = wire::decode_frame(frame.bytes, frame.link_type);
  if (decoded.defect == wire::FrameDefect::LinkType) ++state.unknown_link_type;
  const bool sound = decoded.defect == wire::FrameDefect::None && frame.timed &&
                     (!decoded.vrrp || decoded.vrrp->decoded.defect == wire::VrrpDefect::None);
  if (!sound) ++recording.taps[tap].undecoded;
  if (!frame.timed) {
    ++state.without_time;
    return;
  }
  const Direction direction =
      frame.direction != Direction::Unknown ? frame.direction : cooked_direction(frame);
  if (decoded.vrrp) {
    recording.heartbeats.push_back({at, tap, direction, std::move(*decoded.vrrp),
                                    std::exchange(state.dropped_since_heartbeat, 0), frame.number});
  } else if (decoded.arp) {
    recording.arps.push_back({at, tap, direction, *decoded.arp});
  }
}

void Collector::name_taps(const std::string& file, const CaptureSummary& summary) {
  std::map<std::string, unsigned> used;
  for (std::size_t i = 0; i < summary.interfaces.size(); ++i) {
    Tap& tap = recording.taps[first_tap_ + i];
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

void Collector::count_taps(const std::string& file, const CaptureSummary& summary) {
  const auto warn = [&](std::uint64_t frames, const std::string& what) {
    if (frames != 0) warnings_.push_back(file + ": " + std::to_string(frames) + " frames " + what);
  };
  for (std::size_t i = 0; i < summary.interfaces.size(); ++i) {
    Tap& tap = recording.taps[first_tap_ + i];
    const TapState& state = states_[first_tap_ + i];
    tap.dropped = std::max(summary.interfaces[i].dropped, state.dropped);
    tap.received = tap.written + tap.dropped;
    warn(state.without_time, "without a time stamp were left out");
    warn(state.unknown_link_type,
         "of link type " + std::to_string(static_cast<unsigned>(summary.interfaces[i].link_type)) +
             " were left out: this link type is not known");
  }
}

Result<void> Collector::add_file(const std::string& path) {
  first_tap_ = recording.taps.size();
  const std::string file = base_name(path);
  auto summary = read_capture(path, [this](const CapturedFrame& frame) { take(frame); });
  if (!summary) return tl::unexpected(summary.error());
  if (first_tap_ + summary->interfaces.size() > UINT16_MAX) {
    return fail(path + ": more than 65535 interfaces in all; give fewer files at once");
  }
  recording.taps.resize(first_tap_ + summary->interfaces.size());
  states_.resize(recording.taps.size());
  name_taps(file, *summary);
  count_taps(file, *summary);
  // Damaged before anything could be read: that is no capture in which nothing happened.
  if (!summary->damage.empty() && summary->frames == 0) {
    return fail(path + ": " + summary->damage + "; nothing of it can be read");
  }
  if (!summary->damage.empty()) {
    warnings_.push_back(file + ": " + summary->damage + "; the " + std::to_string(summary->frames) +
                        " packets before it were read");
  }
  return {};
}

void Collector::finish(std::vector<std::string>* warnings) {
  const auto earlier = [](const auto& a, const auto& b) { return a.at < b.at; };
  std::stable_sort(recording.heartbeats.begin(), recording.heartbeats.end(), earlier);
  std::stable_sort(recording.arps.begin(), recording.arps.end(), earlier);
  if (warnings != nullptr) {
    warnings->insert(warnings->end(), warnings_.begin(), warnings_.end());
  }
}

}  // namespace

Result<Recording> recording_from_captures(const std::vector<std::string>& paths,
                                          std::vector<std::string>* warnings) {
  Collector collector;
  for (const std::string& path : paths) {
    if (auto added = collector.add_file(path); !added) return tl::unexpected(added.error());
  }
  collector.finish(warnings);
  return std::move(collector.recording);
}

}  // namespace alibi::evidence
