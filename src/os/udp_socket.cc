// SPDX-License-Identifier: Apache-2.0
// socket(2), and the TTL out of control messages.
#include "os/udp_socket.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string>

#include "os/socket_filter.h"

namespace alibi::os {
namespace {

constexpr int kNetworkControl = 0xc0;  // DSCP CS6

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

SocketAddress socket_address(const wire::IpAddress& address, std::uint16_t port) {
  SocketAddress out;
  if (address.family == wire::Family::V4) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(port);
    std::memcpy(&in.sin_addr, address.bytes.data(), 4);
    std::memcpy(&out.storage, &in, sizeof in);
    out.size = sizeof in;
  } else {
    sockaddr_in6 in{};
    in.sin6_family = AF_INET6;
    in.sin6_port = htons(port);
    std::memcpy(&in.sin6_addr, address.bytes.data(), 16);
    std::memcpy(&out.storage, &in, sizeof in);
    out.size = sizeof in;
  }
  return out;
}

wire::IpAddress ip_address(const sockaddr_storage& storage) {
  wire::IpAddress out;
  if (storage.ss_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, &storage, sizeof in);
    std::memcpy(out.bytes.data(), &in.sin_addr, 4);
  } else {
    sockaddr_in6 in{};
    std::memcpy(&in, &storage, sizeof in);
    out.family = wire::Family::V6;
    std::memcpy(out.bytes.data(), &in.sin6_addr, 16);
  }
  return out;
}

Result<Fd> udp(wire::Family family) {
  const bool v4 = family == wire::Family::V4;
  Fd fd(::socket(v4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return fail_errno("cannot open a UDP socket");
  const int on = 1;
  if (!v4) ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  return fd;
}

}  // namespace

Result<UdpSocket> UdpSocket::listen(wire::Family family, std::uint16_t port) {
  auto fd = udp(family);
  if (!fd) return tl::unexpected(fd.error());
  const int on = 1;
  const bool v4 = family == wire::Family::V4;
  if (::setsockopt(fd->get(), v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_RECVTTL : IPV6_RECVHOPLIMIT,
                   &on, sizeof on) != 0) {
    return fail_errno("cannot ask for the TTL of datagrams");
  }
  const auto any = socket_address({family, {}}, port);
  if (::bind(fd->get(), reinterpret_cast<const sockaddr*>(&any.storage), any.size) != 0) {
    return fail_errno("cannot listen on UDP port " + std::to_string(port) +
                      " (is another BFD daemon running?)");
  }
  return UdpSocket(std::move(*fd));
}

Result<UdpSocket> UdpSocket::sender(wire::Family family,
                                    const std::optional<wire::IpAddress>& source,
                                    std::uint16_t first, std::uint16_t last, int ttl) {
  auto fd = udp(family);
  if (!fd) return tl::unexpected(fd.error());
  const bool v4 = family == wire::Family::V4;
  const int level = v4 ? IPPROTO_IP : IPPROTO_IPV6;
  if (::setsockopt(fd->get(), level, v4 ? IP_TTL : IPV6_UNICAST_HOPS, &ttl, sizeof ttl) != 0) {
    return fail_errno("cannot set the TTL to " + std::to_string(ttl));
  }
  ::setsockopt(fd->get(), level, v4 ? IP_TOS : IPV6_TCLASS, &kNetworkControl,
               sizeof kNetworkControl);
  const wire::IpAddress from = source.value_or(wire::IpAddress{family, {}});
  for (std::uint32_t port = first; port <= last; ++port) {
    const auto address = socket_address(from, static_cast<std::uint16_t>(port));
    if (::bind(fd->get(), reinterpret_cast<const sockaddr*>(&address.storage), address.size) == 0) {
      return UdpSocket(std::move(*fd));
    }
    if (errno != EADDRINUSE) return fail_errno("cannot send from " + from.text());
  }
  return fail("no free UDP port from " + std::to_string(first) + " to " + std::to_string(last));
}

std::uint16_t UdpSocket::port() const {
  sockaddr_storage own{};
  socklen_t size = sizeof own;
  if (::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&own), &size) != 0) return 0;
  sockaddr_in6 in{};  // the port stands in the same place in either family
  static_assert(offsetof(sockaddr_in6, sin6_port) == offsetof(sockaddr_in, sin_port));
  std::memcpy(&in, &own, sizeof in);
  return ntohs(in.sin6_port);
}

Result<void> UdpSocket::take_only_from(const std::vector<wire::IpAddress>& sources) const {
  SocketFilter filter;
  for (const wire::IpAddress& source : sources) {
    const bool v4 = source.family == wire::Family::V4;
    const std::uint32_t offset = v4 ? 12 : 8;  // of the source, in either header
    const unsigned words = v4 ? 1 : 4;
    for (unsigned i = 0; i < words; ++i) {
      std::uint32_t word = 0;
      std::memcpy(&word, source.bytes.data() + i * 4, 4);
      filter.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                                static_cast<std::uint32_t>(SKF_NET_OFF) + offset + i * 4));
      // The next word, and after the last one acceptance; otherwise the next address.
      const auto rest = static_cast<std::uint8_t>(2 * (words - i) - 1);
      filter.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ntohl(word), 0, rest));
    }
    filter.push_back(BPF_STMT(BPF_RET | BPF_K, UINT32_MAX));
  }
  filter.push_back(BPF_STMT(BPF_RET | BPF_K, 0));
  if (filter.size() > BPF_MAXINSNS) return fail("too many addresses for a socket filter");
  return attach_filter(fd_.get(), filter);
}

std::optional<Datagram> UdpSocket::receive(std::span<std::uint8_t> buffer) const {
  sockaddr_storage from{};
  iovec part{buffer.data(), buffer.size()};
  alignas(cmsghdr) std::array<char, 256> control{};
  msghdr message{};
  message.msg_name = &from;
  message.msg_namelen = sizeof from;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t got = ::recvmsg(fd_.get(), &message, MSG_DONTWAIT);
  if (got < 0) return std::nullopt;
  Datagram out{buffer.first(static_cast<std::size_t>(got)), ip_address(from), -1};
  for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
    const bool ttl = (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TTL) ||
                     (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_HOPLIMIT);
    if (ttl) std::memcpy(&out.ttl, CMSG_DATA(c), sizeof out.ttl);
  }
  return out;
}

Result<void> UdpSocket::send(std::span<const std::uint8_t> payload, const wire::IpAddress& to,
                             std::uint16_t port) const {
  const auto address = socket_address(to, port);
  if (::sendto(fd_.get(), payload.data(), payload.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
               reinterpret_cast<const sockaddr*>(&address.storage), address.size) < 0) {
    return fail_errno("cannot send to " + to.text());
  }
  return {};
}

}  // namespace alibi::os
