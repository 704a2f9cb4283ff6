// SPDX-License-Identifier: Apache-2.0
// What the recorder remembers: frames, raw probe records and facts of the last minutes, bounded by
// time and by memory. What memory alone forced out is counted as lost; what grew old is not.
// Frames and records are packed, in pieces that are forgotten as a whole.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <span>
#include <vector>

#include "base/instant.h"
#include "daemon/packed_frames.h"
#include "daemon/packed_records.h"
#include "daemon/recorder_sources.h"
#include "evidence/recording.h"

namespace alibi::daemon {

class RecorderLog {
 public:
  RecorderLog(Duration window, std::size_t max_bytes) : window_(window), max_bytes_(max_bytes) {}

  /// Shown each frame as it comes in; may be empty.
  PackedFrames::Each on_frame;

  void add_frame(const KeptFrame& frame);
  /// `record` begins with an alibi_header.
  void add_probe(std::span<const std::uint8_t> record);
  /// Counts a record that is not kept, on purpose.
  void pass_over(std::span<const std::uint8_t> record);
  void add_fact(Instant at, evidence::Fact fact);

  /// Frames of one tap that are forgotten; `memory`: because there was too much.
  using Gone = std::function<void(evidence::TapId, const PackedFrames::TapShare&, bool memory)>;
  /// Forgets what is older than the window (by a sixteenth of it at most it may stay longer), and
  /// the oldest while there is too much.
  void trim(Instant now, const Gone& gone);

  void each_frame(const PackedFrames::Each& each) const;
  const std::deque<evidence::Event>& facts() const { return facts_; }
  void each_probe(const std::function<void(std::span<const std::uint8_t>)>& each) const;

  std::size_t bytes() const;
  /// Records and facts forced out by the memory bound.
  std::uint64_t evicted_events() const;
  /// What became of the records and facts of each source.
  const SourceTable& sources() const { return sources_; }
  /// Everything before this moment is incomplete for want of memory.
  Instant complete_since() const { return complete_since_; }
  /// The earliest moment from which all that is kept fits into so many bytes when it is unpacked,
  /// at so many for a frame and for a record.
  Instant reach(std::size_t bytes, std::size_t per_frame, std::size_t per_record) const;

 private:
  static constexpr std::size_t kFactBytes = sizeof(evidence::Event) + 128;
  static constexpr std::size_t kPieceBytes = 512U * 1024;
  static constexpr int kPieces = 16;  ///< of a window, or of the memory bound, at least

  /// Records of the probes, and how many of each source.
  class ProbePiece {
   public:
    void add(std::uint64_t key, Source source, Instant at, std::span<const std::uint8_t> record);
    void close() { records_.close(); }
    const PackedRecords& records() const { return records_; }
    const std::array<std::uint64_t, kSources>& counts() const { return counts_; }

   private:
    PackedRecords records_;
    std::array<std::uint64_t, kSources> counts_{};
  };

  bool is_full(const PackedRecords& piece, Instant at) const;
  void drop_oldest(const Gone& gone);
  void pop_frames(bool memory, const Gone& gone);
  void pop_probes(bool memory);
  void pop_fact(bool memory);

  Duration window_;
  std::size_t max_bytes_;
  std::deque<PackedFrames> frames_;
  std::deque<ProbePiece> probes_;
  std::deque<evidence::Event> facts_;
  std::vector<std::uint8_t> scratch_;
  std::size_t closed_bytes_ = 0;  ///< of all pieces but the last ones
  SourceTable sources_{};
  Instant complete_since_;
};

}  // namespace alibi::daemon
