// SPDX-License-Identifier: Apache-2.0
// One AF_PACKET socket with its memory-mapped receive ring, for whole captures: blocks that many
// frames share (TPACKET_V3), or one slot a frame (TPACKET_V2, larger frames by copy). Which one is
// when better: docs/adr/0022. The recorder's own ring, cut to heartbeats, is os/packet_ring.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "os/fd.h"
#include "os/socket_filter.h"

namespace alibi::os {

enum class RingLayout : std::uint8_t { Blocks, Slots };

struct CaptureRingOptions {
  RingLayout layout = RingLayout::Blocks;
  int ifindex = 0;                      ///< 0: all interfaces
  bool cooked = false;                  ///< an SLL2 header in the place of the link's own
  std::uint32_t snap_length = 262144;   ///< octets kept of a frame, link header included
  std::uint32_t largest_frame = 65550;  ///< the device hands over no longer ones
  std::size_t memory = std::size_t{64} << 20U;
  unsigned retire_ms = 1000;  ///< Blocks: a block that is not full is handed over then
  bool promiscuous = true;
  SocketFilter filter;                  ///< what it passes is captured
  std::optional<std::uint16_t> fanout;  ///< group number: the sockets of it share the frames
};

/// One captured frame as it was on the wire: a VLAN tag that the kernel took off is back in place.
struct CapturedBytes {
  std::int64_t realtime_ns = 0;
  bool outgoing = false;  ///< sent by this host
  int ifindex = 0;
  std::uint32_t original_length = 0;
  std::uint64_t dropped_before = 0;  ///< lost between the frame before and this one
  std::span<const std::uint8_t> bytes;
};

/// 64 bits, since the ring was opened. At the end received = read + dropped.
struct CaptureCounts {
  std::uint64_t received = 0;  ///< frames that the filter passed
  std::uint64_t read = 0;      ///< handed out by next()
  std::uint64_t dropped = 0;   ///< found the ring full
};

class CaptureRing {
 public:
  /// Opens in the calling thread's network namespace; bound only when filter and ring are there.
  static Result<CaptureRing> open(const CaptureRingOptions& options);
  CaptureRing() = default;  ///< closed: only to be assigned to
  CaptureRing(CaptureRing&& other) noexcept;
  CaptureRing& operator=(CaptureRing&& other) noexcept;
  ~CaptureRing();

  int fd() const { return socket_.get(); }
  /// The oldest waiting frame, valid until the next call; false: none.
  bool next(CapturedBytes& frame);
  /// Gives the last frame of next() back to the kernel.
  void release();
  /// Takes the kernel's counts; call it at least once a minute, they have 32 bits. Losses found
  /// here are told with the next frame.
  void take_counts();
  const CaptureCounts& counts() const { return counts_; }
  /// Losses that no frame has told of yet.
  std::uint64_t untold() const { return untold_; }
  /// From here on nothing is captured; what waits can still be read.
  void stop();
  /// The pending socket error: ENETDOWN when the interface went down or away. 0: none.
  int take_error();
  std::size_t memory() const { return bytes_; }
  /// Frames of the given size (octets kept) that fit, for a reader that stands still.
  std::size_t slots() const { return count_; }

 private:
  Result<void> set_up(const CaptureRingOptions& options);
  Result<void> request(const CaptureRingOptions& options);
  void unmap();
  bool next_slot(CapturedBytes& frame);
  bool next_in_block(CapturedBytes& frame);
  template <typename Header>
  void fill(CapturedBytes& frame, std::uint8_t* at, const Header& header, std::uint32_t status,
            std::uint16_t tci, std::uint16_t tpid);

  Fd socket_;
  RingLayout layout_ = RingLayout::Blocks;
  std::uint32_t snap_length_ = 0;
  bool cooked_ = false;
  std::uint8_t* ring_ = nullptr;
  std::size_t bytes_ = 0;
  std::size_t step_ = 0;            ///< octets of a block or slot
  std::size_t count_ = 0;           ///< how many
  std::size_t at_ = 0;              ///< the one to read next
  std::uint8_t* packet_ = nullptr;  ///< Blocks: the frame to read next in the open block
  std::uint32_t left_ = 0;          ///< Blocks: frames left in it
  bool held_ = false;
  std::uint64_t untold_ = 0;
  std::vector<std::uint8_t> copy_;  ///< Slots: a frame that did not fit into one
  CaptureCounts counts_;
};

/// Octets of the cooked header (LINKTYPE_LINUX_SLL2).
inline constexpr std::size_t kCookedHeader = 20;

}  // namespace alibi::os
