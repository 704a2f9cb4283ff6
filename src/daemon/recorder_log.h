// SPDX-License-Identifier: Apache-2.0
// What the recorder remembers: frames, raw probe records and facts of the last minutes, bounded by
// time and by memory. What memory alone forced out is counted as lost; what grew old is not.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <span>
#include <vector>

#include "base/instant.h"
#include "evidence/recording.h"

namespace alibi::daemon {

struct KeptFrame {
  Instant at;
  std::int64_t realtime_ns = 0;
  evidence::TapId tap = 0;
  evidence::Direction direction = evidence::Direction::Unknown;
  std::uint32_t original_length = 0;
  std::uint64_t dropped_before = 0;
  std::vector<std::uint8_t> bytes;
};

class RecorderLog {
 public:
  RecorderLog(Duration window, std::size_t max_bytes) : window_(window), max_bytes_(max_bytes) {}

  /// Shown each frame as it comes in; may be empty.
  std::function<void(const KeptFrame&)> on_frame;

  void add_frame(KeptFrame frame);
  void add_probe(Instant at, std::span<const std::uint8_t> record);
  void add_fact(Instant at, evidence::Fact fact);

  /// Forgets what is older than the window, and the oldest while there is too much. Each frame
  /// that goes is shown to `gone` first, with true when memory was the reason.
  void trim(Instant now, const std::function<void(const KeptFrame&, bool)>& gone);

  const std::deque<KeptFrame>& frames() const { return frames_; }
  const std::deque<evidence::Event>& facts() const { return facts_; }
  void each_probe(const std::function<void(std::span<const std::uint8_t>)>& each) const;

  std::size_t bytes() const { return frame_bytes_ + probe_bytes_ + facts_.size() * kFactBytes; }
  /// Records and facts forced out by the memory bound.
  std::uint64_t evicted_events() const { return evicted_events_; }
  /// Everything before this moment is incomplete for want of memory.
  Instant complete_since() const { return complete_since_; }

 private:
  /// Probe records, each behind its length, in pieces that are forgotten as a whole.
  struct Piece {
    Instant last;
    std::uint64_t records = 0;
    std::vector<std::uint8_t> bytes;
  };
  static constexpr std::size_t kFactBytes = sizeof(evidence::Event) + 128;

  void drop_oldest(const std::function<void(const KeptFrame&, bool)>& gone);
  void pop_frame(bool memory, const std::function<void(const KeptFrame&, bool)>& gone);
  void pop_piece();

  Duration window_;
  std::size_t max_bytes_;
  std::deque<KeptFrame> frames_;
  std::deque<Piece> pieces_;
  std::deque<evidence::Event> facts_;
  std::size_t frame_bytes_ = 0;
  std::size_t probe_bytes_ = 0;
  std::uint64_t evicted_events_ = 0;
  Instant complete_since_;
};

}  // namespace alibi::daemon
