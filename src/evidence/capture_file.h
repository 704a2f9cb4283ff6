// SPDX-License-Identifier: Apache-2.0
// pcap and pcapng in and out. Reading streams in large blocks and survives any bytes: a defect is
// reported with packet number and byte offset, and what came before it is kept.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "evidence/recording.h"
#include "wire/quick_look.h"

namespace alibi::evidence {

struct CapturedFrame {
  std::int64_t unix_ns = 0;
  bool timed = true;            ///< false: a pcapng simple packet block, which has no time
  std::uint32_t interface = 0;  ///< index into CaptureSummary::interfaces
  wire::LinkType link_type = wire::LinkType::Ethernet;  ///< of that interface; ignored in writing
  std::uint32_t original_length = 0;
  Direction direction = Direction::Unknown;
  /// epb_dropcount of this packet, and of those passed over since the last one of its interface.
  std::uint64_t dropped_before = 0;
  /// The interface had gone since the packet before, and nothing was captured (`alibi capture`).
  bool absent_before = false;
  /// How far the capture's clock had been set forward since its interface was described, as `alibi
  /// capture` tells: without it all stamps are of one clock.
  std::int64_t clock_set_ns = 0;
  std::uint64_t number = 0;     ///< from 1
  std::size_t interfaces = 1;   ///< described in the capture so far
  std::uint64_t packet_id = 0;  ///< written only: epb_packetid, the same packet at several taps
  std::span<const std::uint8_t> bytes;  ///< valid during the call only
};

struct CaptureInterface {
  std::string name;
  std::string description;
  wire::LinkType link_type = wire::LinkType::Ethernet;
  /// From interface statistics, 0 when absent; `dropped` by the interface and by the system.
  std::uint64_t received = 0, dropped = 0;
  // What was read:
  std::uint64_t frames = 0;       ///< all packets of the interface
  std::uint64_t passed_over = 0;  ///< of these not handed out: nothing of interest in them
  std::uint64_t lost = 0;         ///< sum of epb_dropcount
  /// Earliest and latest Unix time, if `timed`, by the clock as it was before it was set.
  std::int64_t first_ns = 0, last_ns = 0;
  std::int64_t final_ns = 0;  ///< of the packet that stands last, by the same clock
  bool timed = false;
  std::uint64_t clock_steps = 0;               ///< how often it was set
  std::int64_t clock_set_ns = 0;               ///< by how much in all
  std::optional<std::int64_t> clock_offset{};  ///< CLOCK_REALTIME - CLOCK_MONOTONIC first noted
};

struct CaptureSummary {
  std::vector<CaptureInterface> interfaces;
  std::uint64_t frames = 0;
  std::string damage;  ///< empty, or "truncated at packet N, byte offset M: ..."
};

using FrameSink = std::function<void(const CapturedFrame&)>;

/// Reads a capture in one pass, "-" being standard input: pcap (every byte order and resolution,
/// also the "modified" form of old Linux), pcapng, snoop; packed with gzip or zstd or not. Calls
/// `each` for each frame that may hold something of interest, all others are counted. Memory does
/// not grow with the file.
Result<CaptureSummary> read_capture(const std::string& path, wire::Interest interest,
                                    const FrameSink& each);
/// The same over bytes in memory (fuzzing).
Result<CaptureSummary> read_capture_bytes(std::span<const std::uint8_t> bytes,
                                          const std::string& name, wire::Interest interest,
                                          const FrameSink& each);

/// One or many capture files as one recording; each interface of each file becomes a tap, in the
/// order given. Times are Unix time.
Result<Recording> recording_from_captures(const std::vector<std::string>& paths,
                                          std::vector<std::string>* warnings);

/// Writes pcapng with nanosecond stamps; one snap length for all interfaces (tcpdump refuses
/// others), interface statistics at the end.
class PcapngWriter {
 public:
  /// `path` "-" is standard output.
  static Result<PcapngWriter> create(const std::string& path,
                                     const std::vector<CaptureInterface>& interfaces,
                                     std::uint32_t snap_length);
  PcapngWriter(PcapngWriter&&) noexcept;
  PcapngWriter& operator=(PcapngWriter&&) noexcept;
  ~PcapngWriter();
  Result<void> write(const CapturedFrame& frame, const std::string& comment = {});
  /// Interface statistics blocks and flush; received/dropped by interface.
  Result<void> finish(const std::vector<CaptureInterface>& statistics);

 private:
  struct File;
  explicit PcapngWriter(std::unique_ptr<File> file);
  std::unique_ptr<File> file_;
};

}  // namespace alibi::evidence
