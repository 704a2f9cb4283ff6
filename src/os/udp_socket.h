// SPDX-License-Identifier: Apache-2.0
// UDP for protocols that look at ports and TTL themselves. Nothing here blocks.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "os/fd.h"
#include "wire/address.h"

namespace alibi::os {

/// `payload` points into the caller's buffer.
struct Datagram {
  std::span<const std::uint8_t> payload;
  wire::IpAddress source;
  int ttl = -1;  ///< TTL or hop limit; -1: the kernel did not say
};

class UdpSocket {
 public:
  /// Receives on `port` of every address of the family.
  static Result<UdpSocket> listen(wire::Family family, std::uint16_t port);
  /// Sends from `source` (absent: what routing says) and a free port from `first` to `last`, with
  /// this TTL and the class of network control traffic.
  static Result<UdpSocket> sender(wire::Family family, const std::optional<wire::IpAddress>& source,
                                  std::uint16_t first, std::uint16_t last, int ttl);

  /// One that another process opened.
  static UdpSocket adopt(Fd fd) { return UdpSocket(std::move(fd)); }

  int fd() const { return fd_.get(); }
  /// The one it is bound to; 0: the kernel does not say.
  std::uint16_t port() const;
  /// From now on the kernel drops what others send, before it takes room in the queue or wakes us.
  Result<void> take_only_from(const std::vector<wire::IpAddress>& sources) const;
  std::optional<Datagram> receive(std::span<std::uint8_t> buffer) const;
  Result<void> send(std::span<const std::uint8_t> payload, const wire::IpAddress& to,
                    std::uint16_t port) const;

 private:
  explicit UdpSocket(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

}  // namespace alibi::os
