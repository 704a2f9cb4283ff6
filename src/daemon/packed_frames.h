// SPDX-License-Identifier: Apache-2.0
// Captured frames in PackedRecords. The adverts of one router are the same but for the IPv4
// identification, which counts, and the header checksum, which follows from it: what is expected of
// both is left out.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <vector>

#include "daemon/packed_records.h"
#include "evidence/recording.h"
#include "wire/frame.h"

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

/// Which frames are alike. Numbers start again with each PackedFrames.
struct FrameKind {
  std::uint32_t number = 0;
  bool repeated = false;  ///< as the last one of this number, but for moment, losses before it and
                          ///< IPv4 identification
};

class PackedFrames {
 public:
  using Each = std::function<void(const KeptFrame&, const FrameKind&)>;

  FrameKind add(const KeptFrame& frame);
  void close() { records_.close(); }
  /// In order of arrival.
  void each(const Each& take) const;

  const PackedRecords& records() const { return records_; }
  /// What is in it of one tap.
  struct TapShare {
    std::uint64_t frames = 0;
    std::uint64_t dropped_before = 0;  ///< the sum over its frames
  };
  const std::map<evidence::TapId, TapShare>& taps() const { return taps_; }

  /// What the next frame is expected to bring, by what came.
  struct Expected {
    std::int64_t realtime_minus_at = 0;
    std::map<std::pair<evidence::TapId, evidence::Direction>, std::uint16_t> ip_id;
  };

 private:
  PackedRecords records_;
  Expected expected_;
  std::vector<std::uint8_t> scratch_;
  std::map<evidence::TapId, TapShare> taps_;
};

/// Decodes frames, each kind once as long as it repeats.
class FrameDecoder {
 public:
  /// Valid until the next call.
  const wire::Frame& decode(const KeptFrame& frame, const FrameKind& kind);

 private:
  std::vector<wire::Frame> frames_;  ///< by kind
};

}  // namespace alibi::daemon
