// SPDX-License-Identifier: Apache-2.0
// Raw sockets for protocol 112 (socket options and control messages), and AF_PACKET for frames.
#include "os/raw_socket.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "os/socket_filter.h"
#include "wire/frame.h"
#include "wire/vrrp.h"

namespace alibi::os {
namespace {

constexpr int kTrafficClass = 0xc0;  // internetwork control

template <typename T>
bool set(int fd, int level, int name, const T& value) {
  return ::setsockopt(fd, level, name, &value, sizeof value) == 0;
}

bool configure_v4(int fd, const VrrpSocketSpec& spec) {
  // MULTICAST_ALL off: only the groups joined here, not what others on this host joined elsewhere.
  if (!set(fd, IPPROTO_IP, IP_MULTICAST_ALL, 0) || !set(fd, IPPROTO_IP, IP_HDRINCL, 1)) {
    return false;
  }
  ip_mreqn group{};
  group.imr_ifindex = spec.index.value;
  if (!set(fd, IPPROTO_IP, IP_MULTICAST_LOOP, 0) ||
      (spec.index.value != 0 && !set(fd, IPPROTO_IP, IP_MULTICAST_IF, group))) {
    return false;
  }
  return std::all_of(spec.groups.begin(), spec.groups.end(), [&](const wire::IpAddress& address) {
    std::memcpy(&group.imr_multiaddr.s_addr, address.bytes.data(), address.size());
    return set(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, group);
  });
}

bool configure_v6(int fd, const VrrpSocketSpec& spec) {
  // FREEBIND: adverts leave a virtual MAC's interface from the address of the one below it.
  if (!set(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1) ||
      !set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1) || !set(fd, IPPROTO_IPV6, IPV6_FREEBIND, 1) ||
      !set(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 0) ||
      !set(fd, IPPROTO_IPV6, IPV6_TCLASS, kTrafficClass) ||
      (spec.index.value != 0 && !set(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, spec.index.value))) {
    return false;
  }
  set(fd, IPPROTO_IPV6, IPV6_MULTICAST_ALL, 0);  // since Linux 4.20
  ipv6_mreq group{};
  group.ipv6mr_interface = static_cast<unsigned>(spec.index.value);
  return std::all_of(spec.groups.begin(), spec.groups.end(), [&](const wire::IpAddress& address) {
    std::memcpy(&group.ipv6mr_multiaddr, address.bytes.data(), address.size());
    return set(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, group);
  });
}

Result<void> set_queue(int fd, const VrrpSocketSpec& spec) {
  set(fd, SOL_SOCKET, SO_PRIORITY, 7);  // network control: first in a prio qdisc's line
  if (spec.sends_only) return attach_filter(fd, {});
  if (!spec.receive_bytes) return {};
  const int bytes = static_cast<int>(*spec.receive_bytes);
  if (set(fd, SOL_SOCKET, SO_RCVBUFFORCE, bytes) || set(fd, SOL_SOCKET, SO_RCVBUF, bytes)) {
    return {};
  }
  return fail_errno("cannot set the receive buffer of a VRRP socket");
}

/// Takes the IPv4 header off; nothing when the packet is shorter than it says.
std::optional<ReceivedMessage> strip_v4(std::span<const std::uint8_t> packet) {
  if (packet.size() < sizeof(iphdr)) return std::nullopt;
  const std::size_t header = (packet[0] & 0x0fU) * 4U;
  const std::size_t total = static_cast<std::size_t>(packet[2] << 8 | packet[3]);
  if (header < sizeof(iphdr) || header > packet.size()) return std::nullopt;
  if (total < header || total > packet.size()) return std::nullopt;
  ReceivedMessage result;
  result.message = packet.subspan(header, total - header);
  result.ttl = packet[8];
  std::memcpy(result.source.bytes.data(), &packet[12], 4);
  std::memcpy(result.destination.bytes.data(), &packet[16], 4);
  return result;
}

std::optional<ReceivedMessage> from_v6(std::span<const std::uint8_t> packet,
                                       const sockaddr_in6& from, msghdr& header) {
  ReceivedMessage result;
  result.message = packet;
  result.source.family = result.destination.family = wire::Family::V6;
  std::memcpy(result.source.bytes.data(), &from.sin6_addr, 16);
  bool have_destination = false;
  for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
    if (c->cmsg_level != IPPROTO_IPV6) continue;
    if (c->cmsg_type == IPV6_HOPLIMIT) {
      int hops = 0;
      std::memcpy(&hops, CMSG_DATA(c), sizeof hops);
      result.ttl = static_cast<std::uint8_t>(hops);
    } else if (c->cmsg_type == IPV6_PKTINFO) {
      in6_pktinfo info{};
      std::memcpy(&info, CMSG_DATA(c), sizeof info);
      std::memcpy(result.destination.bytes.data(), &info.ipi6_addr, 16);
      have_destination = true;
    }
  }
  if (!have_destination) return std::nullopt;
  return result;
}

}  // namespace

Result<VrrpSocket> VrrpSocket::open(const VrrpSocketSpec& spec) {
  const bool v4 = spec.family == wire::Family::V4;
  Fd fd(::socket(v4 ? AF_INET : AF_INET6, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC,
                 wire::kVrrpProtocol));
  if (!fd.valid()) {
    return fail_errno("cannot open a raw socket for VRRP (run as root, or with CAP_NET_RAW and "
                      "CAP_NET_ADMIN)");
  }
  const std::string& interface = spec.interface;
  if (!interface.empty() &&
      ::setsockopt(fd.get(), SOL_SOCKET, SO_BINDTODEVICE, interface.c_str(),
                   static_cast<socklen_t>(interface.size() + 1)) != 0) {
    return fail_errno("cannot bind to interface " + interface);
  }
  if (!(v4 ? configure_v4(fd.get(), spec) : configure_v6(fd.get(), spec))) {
    return fail_errno("cannot join the VRRP group on interface " + interface);
  }
  if (auto queue = set_queue(fd.get(), spec); !queue) return tl::unexpected(queue.error());
  return VrrpSocket(std::move(fd), spec.index, spec.family);
}

std::optional<ReceivedMessage> VrrpSocket::receive(Buffer& buffer, std::uint64_t& malformed) const {
  for (int skipped = 0; skipped < 64; ++skipped) {
    sockaddr_in6 from{};
    iovec io{buffer.data(), buffer.size()};
    alignas(cmsghdr) std::array<char, 256> control;
    msghdr header{};
    header.msg_name = &from;
    header.msg_namelen = sizeof from;
    header.msg_iov = &io;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    const ssize_t got = ::recvmsg(fd_.get(), &header, MSG_DONTWAIT);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && (errno == ENETDOWN || errno == EHOSTUNREACH)) continue;  // a pending error, once
    if (got < 0) return std::nullopt;
    const auto packet = std::span<const std::uint8_t>(buffer).first(static_cast<std::size_t>(got));
    const auto message =
        family_ == wire::Family::V4 ? strip_v4(packet) : from_v6(packet, from, header);
    if (message) return message;
    ++malformed;
  }
  return std::nullopt;
}

Result<void> VrrpSocket::send(std::span<const std::uint8_t> message, const wire::IpAddress& source,
                              const wire::IpAddress& destination, std::uint8_t ttl) const {
  return family_ == wire::Family::V4 ? send_v4(message, source, destination, ttl)
                                     : send_v6(message, source, destination, ttl);
}

Result<void> VrrpSocket::send_v4(std::span<const std::uint8_t> message,
                                 const wire::IpAddress& source,
                                 const wire::IpAddress& destination, std::uint8_t ttl) const {
  auto ip = wire::encode_ipv4_header(source, destination, ttl, message.size());
  sockaddr_in to{};
  to.sin_family = AF_INET;
  std::memcpy(&to.sin_addr, destination.bytes.data(), 4);
  std::array<iovec, 2> parts{{{ip.data(), ip.size()},
                              {const_cast<std::uint8_t*>(message.data()), message.size()}}};
  msghdr header{};
  header.msg_name = &to;
  header.msg_namelen = sizeof to;
  header.msg_iov = parts.data();
  header.msg_iovlen = parts.size();
  if (::sendmsg(fd_.get(), &header, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
    return fail_errno("cannot send an advert to " + destination.text());
  }
  return {};
}

Result<void> VrrpSocket::send_v6(std::span<const std::uint8_t> message,
                                 const wire::IpAddress& source,
                                 const wire::IpAddress& destination, std::uint8_t ttl) const {
  sockaddr_in6 to{};
  to.sin6_family = AF_INET6;
  to.sin6_scope_id = static_cast<std::uint32_t>(index_.value);
  std::memcpy(&to.sin6_addr, destination.bytes.data(), 16);
  iovec part{const_cast<std::uint8_t*>(message.data()), message.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(in6_pktinfo)) + CMSG_SPACE(sizeof(int))>
      control{};
  msghdr header{};
  header.msg_name = &to;
  header.msg_namelen = sizeof to;
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  cmsghdr* c = CMSG_FIRSTHDR(&header);
  c->cmsg_level = IPPROTO_IPV6;
  c->cmsg_type = IPV6_PKTINFO;
  c->cmsg_len = CMSG_LEN(sizeof(in6_pktinfo));
  in6_pktinfo info{};
  info.ipi6_ifindex = static_cast<unsigned>(index_.value);
  std::memcpy(&info.ipi6_addr, source.bytes.data(), 16);
  std::memcpy(CMSG_DATA(c), &info, sizeof info);
  c = CMSG_NXTHDR(&header, c);
  c->cmsg_level = IPPROTO_IPV6;
  c->cmsg_type = IPV6_HOPLIMIT;
  c->cmsg_len = CMSG_LEN(sizeof(int));
  const int hops = ttl;
  std::memcpy(CMSG_DATA(c), &hops, sizeof hops);
  if (::sendmsg(fd_.get(), &header, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
    return fail_errno("cannot send an advert to " + destination.text());
  }
  return {};
}

Result<FrameSocket> FrameSocket::open() {
  // Protocol 0: this socket is never handed a frame.
  Fd fd(::socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) {
    return fail_errno("cannot open a packet socket (run as root or with CAP_NET_RAW)");
  }
  return FrameSocket(std::move(fd));
}

Result<void> FrameSocket::send(std::span<const std::uint8_t> frame, IfIndex index) const {
  sockaddr_ll to{};
  to.sll_family = AF_PACKET;
  to.sll_ifindex = index.value;
  to.sll_halen = ETH_ALEN;
  if (frame.size() >= ETH_HLEN) {
    std::memcpy(to.sll_addr, frame.data(), ETH_ALEN);
    to.sll_protocol = static_cast<__be16>(frame[12] | frame[13] << 8);
  }
  if (::sendto(fd_.get(), frame.data(), frame.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
               reinterpret_cast<const sockaddr*>(&to), sizeof to) < 0) {
    return fail_errno("cannot send a frame");
  }
  return {};
}

}  // namespace alibi::os
