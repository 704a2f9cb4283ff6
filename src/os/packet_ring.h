// SPDX-License-Identifier: Apache-2.0
// One AF_PACKET socket with its memory-mapped receive ring: a tap. TPACKET_V2 with small slots, one
// frame a slot: at one heartbeat a second a ring of 2048 survives a reader that stalls for half an
// hour, where the usual block ring holds eight frames.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "base/result.h"
#include "os/fd.h"
#include "os/socket_filter.h"

namespace alibi::os {

/// One captured frame; `bytes` are valid during the call only.
struct RingFrame {
  std::int64_t realtime_ns = 0;
  bool outgoing = false;              ///< sent by this host through the interface
  std::uint32_t original_length = 0;
  std::span<const std::uint8_t> bytes;
};

/// What happened to the frames that the filter passed. 64 bits, since the ring was opened.
struct RingCounts {
  std::uint64_t received = 0;  ///< as the kernel counts: delivered + dropped
  std::uint64_t read = 0;      ///< handed out by drain()
  std::uint64_t dropped = 0;   ///< ring full
};

class PacketRing {
 public:
  /// Octets kept of a frame: advertisements with 80 IPv4 addresses fit.
  static constexpr std::uint32_t kSnapLength = 400;
  /// Slots of a ring unless told: 1 MB.
  static constexpr unsigned kSlots = 2048;

  /// Opens in the calling thread's network namespace. Nothing is captured before the filter is in
  /// place. `slots` is rounded up to whole pages.
  static Result<PacketRing> open(const std::string& interface, const SocketFilter& filter,
                                 unsigned slots = kSlots);
  PacketRing() = default;   ///< closed: only to be assigned to
  PacketRing(PacketRing&& other) noexcept;
  PacketRing& operator=(PacketRing&& other) noexcept;
  ~PacketRing();

  int fd() const { return socket_.get(); }
  int ifindex() const { return ifindex_; }

  /// Hands out every waiting frame (at most one turn of the ring), then takes the kernel's counts.
  void drain(const std::function<void(const RingFrame&)>& each);
  /// After drain(). `received` may be ahead of `read` + `dropped` by frames that came since.
  const RingCounts& counts() const { return counts_; }
  /// From here on nothing is captured; the ring can still be drained, after which the counts close.
  void stop();
  /// The pending socket error: ENETDOWN when the interface went away. 0: none.
  int take_error();

 private:
  void unmap();
  void take_statistics();

  Fd socket_;
  std::uint8_t* ring_ = nullptr;
  std::size_t ring_bytes_ = 0;
  unsigned slots_ = 0;
  unsigned next_ = 0;
  int ifindex_ = 0;
  RingCounts counts_;
};

}  // namespace alibi::os
