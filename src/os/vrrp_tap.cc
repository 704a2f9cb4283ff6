// SPDX-License-Identifier: Apache-2.0
// AF_PACKET, from the network header on, filtered in the kernel.
#include "os/vrrp_tap.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "os/socket_filter.h"
#include "wire/vrrp.h"

namespace alibi::os {
namespace {

constexpr std::size_t kHeaderV4 = 20;
constexpr std::size_t kHeaderV6 = 40;

/// The protocol: octet 9 of an IPv4 header, octet 6 (next header) of an IPv6 one.
SocketFilter only_vrrp(wire::Family family) {
  const std::uint32_t offset = family == wire::Family::V4 ? 9 : 6;
  return {{BPF_LD | BPF_B | BPF_ABS, 0, 0, offset},
          {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, wire::kVrrpProtocol},
          {BPF_RET | BPF_K, 0, 0, UINT32_MAX},
          {BPF_RET | BPF_K, 0, 0, 0}};
}

std::optional<ReceivedMessage> strip_v6(std::span<const std::uint8_t> packet) {
  if (packet.size() < kHeaderV6 || packet[6] != wire::kVrrpProtocol) return std::nullopt;
  const std::size_t size = static_cast<std::size_t>(packet[4] << 8 | packet[5]);
  if (kHeaderV6 + size > packet.size()) return std::nullopt;
  ReceivedMessage result;
  result.message = packet.subspan(kHeaderV6, size);
  result.ttl = packet[7];
  result.source.family = result.destination.family = wire::Family::V6;
  std::memcpy(result.source.bytes.data(), &packet[8], 16);
  std::memcpy(result.destination.bytes.data(), &packet[24], 16);
  return result;
}

std::optional<ReceivedMessage> strip_v4(std::span<const std::uint8_t> packet) {
  if (packet.size() < kHeaderV4 || packet[9] != wire::kVrrpProtocol) return std::nullopt;
  const std::size_t header = (packet[0] & 0x0fU) * 4U;
  const std::size_t total = static_cast<std::size_t>(packet[2] << 8 | packet[3]);
  const bool fragment = ((packet[6] & 0x3fU) | packet[7]) != 0;
  if (header < kHeaderV4 || total < header || total > packet.size() || fragment) {
    return std::nullopt;
  }
  ReceivedMessage result;
  result.message = packet.subspan(header, total - header);
  result.ttl = packet[8];
  std::memcpy(result.source.bytes.data(), &packet[12], 4);
  std::memcpy(result.destination.bytes.data(), &packet[16], 4);
  return result;
}

}  // namespace

std::optional<ReceivedMessage> strip_ip(std::span<const std::uint8_t> packet, wire::Family family) {
  return family == wire::Family::V4 ? strip_v4(packet) : strip_v6(packet);
}

Result<VrrpTap> VrrpTap::open(IfIndex index, wire::Family family) {
  // Protocol 0 until the filter is there: nothing else gets in before.
  Fd fd(::socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) {
    return fail_errno("cannot open a packet socket (run as root or with CAP_NET_RAW)");
  }
  if (auto filtered = attach_filter(fd.get(), only_vrrp(family)); !filtered) {
    return tl::unexpected(filtered.error());
  }
  const int on = 1;
  if (::setsockopt(fd.get(), SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on) != 0) {
    return fail_errno("cannot leave out the own packets");
  }
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(family == wire::Family::V4 ? ETH_P_IP : ETH_P_IPV6);
  address.sll_ifindex = index.value;
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return fail_errno("cannot listen at the interface of a virtual MAC address");
  }
  return VrrpTap(std::move(fd), family);
}

std::optional<ReceivedMessage> VrrpTap::receive(VrrpSocket::Buffer& buffer,
                                                std::uint64_t& malformed) const {
  for (int skipped = 0; skipped < 64; ++skipped) {
    const ssize_t got = ::recv(fd_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got < 0 && (errno == EINTR || errno == ENETDOWN)) continue;
    if (got < 0) return std::nullopt;
    const auto bytes = std::span<const std::uint8_t>(buffer).first(static_cast<std::size_t>(got));
    if (const auto message = strip_ip(bytes, family_)) return message;
    ++malformed;
  }
  return std::nullopt;
}

}  // namespace alibi::os
