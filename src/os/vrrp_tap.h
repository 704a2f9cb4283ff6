// SPDX-License-Identifier: Apache-2.0
// VRRP packets that arrive at a virtual MAC's interface, taken before IP looks at them. A macvlan
// keeps to itself what comes from its own MAC address, which is that of every router of the group:
// the socket of the interface below does not hear it. Joining the group here instead would have a
// backup send IGMP and MLD reports from the virtual MAC, and switches learn it at the wrong port.
#pragma once

#include "os/raw_socket.h"

namespace alibi::os {

class VrrpTap {
 public:
  static Result<VrrpTap> open(IfIndex index, wire::Family family);

  int fd() const { return fd_.get(); }
  /// The next waiting message; nothing when the queue is empty. As VrrpSocket::receive().
  std::optional<ReceivedMessage> receive(VrrpSocket::Buffer& buffer,
                                         std::uint64_t& malformed) const;

 private:
  VrrpTap(Fd fd, wire::Family family) : fd_(std::move(fd)), family_(family) {}

  Fd fd_;
  wire::Family family_;
};

/// Takes the IPv4 or IPv6 header off; nothing when the packet is shorter than it says, a fragment,
/// or not of the protocol.
std::optional<ReceivedMessage> strip_ip(std::span<const std::uint8_t> packet, wire::Family family);

}  // namespace alibi::os
