// SPDX-License-Identifier: Apache-2.0
// The sockets of a VRRP router: protocol 112 on one interface and family, and link-layer frames for
// gratuitous ARP and neighbour advertisements. Nothing here blocks.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/strong.h"
#include "os/fd.h"
#include "wire/address.h"

namespace alibi::os {

/// One received advertisement, its IP header taken off. `message` points into the caller's buffer.
struct ReceivedMessage {
  std::span<const std::uint8_t> message;
  wire::IpAddress source;
  wire::IpAddress destination;
  std::uint8_t ttl = 0;  ///< TTL or hop limit
};

struct VrrpSocketSpec {
  std::string interface;  ///< empty: any; then there are no groups
  IfIndex index{0};
  wire::Family family = wire::Family::V4;
  std::vector<wire::IpAddress> groups;    ///< joined on the interface
  std::optional<unsigned> receive_bytes;  ///< of the receive queue; absent: the system's default
  bool sends_only = false;                ///< no packet is ever queued
};

/// Receives the VRRP groups (and unicast) on one interface, and sends from it.
class VrrpSocket {
 public:
  using Buffer = std::array<std::uint8_t, 4096>;

  /// Binds to the interface and joins the groups there, its own copies off.
  static Result<VrrpSocket> open(const VrrpSocketSpec& spec);

  /// A socket that another process opened with open().
  static VrrpSocket adopt(Fd fd, IfIndex index, wire::Family family) {
    return {std::move(fd), index, family};
  }

  int fd() const { return fd_.get(); }

  /// The next waiting message; nothing when the queue is empty. `malformed` counts packets that
  /// are no IP packet with a payload (they are skipped).
  std::optional<ReceivedMessage> receive(Buffer& buffer, std::uint64_t& malformed) const;

  /// IPv4: TOS 0xc0, identification left to the kernel, as keepalived. `source` need not be an
  /// address of the interface. Multicast or unicast.
  Result<void> send(std::span<const std::uint8_t> message, const wire::IpAddress& source,
                    const wire::IpAddress& destination, std::uint8_t ttl = 255) const;

 private:
  VrrpSocket(Fd fd, IfIndex index, wire::Family family)
      : fd_(std::move(fd)), index_(index), family_(family) {}
  Result<void> send_v4(std::span<const std::uint8_t> message, const wire::IpAddress& source,
                       const wire::IpAddress& destination, std::uint8_t ttl) const;
  Result<void> send_v6(std::span<const std::uint8_t> message, const wire::IpAddress& source,
                       const wire::IpAddress& destination, std::uint8_t ttl) const;

  Fd fd_;
  IfIndex index_;
  wire::Family family_;
};

/// Sends whole Ethernet frames; receives nothing.
class FrameSocket {
 public:
  static Result<FrameSocket> open();
  Result<void> send(std::span<const std::uint8_t> frame, IfIndex index) const;

 private:
  explicit FrameSocket(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

}  // namespace alibi::os
