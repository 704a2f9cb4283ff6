// SPDX-License-Identifier: Apache-2.0
// Requests to rtnetlink, and the socket that hears of changes. libmnl builds and walks messages.
#include "os/netlink.h"

#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <span>

#include "os/netlink_parse.h"

namespace alibi::os {
namespace {

constexpr std::size_t kBufferBytes = 32768;

Result<Fd> open_socket(int flags, std::uint32_t groups) {
  Fd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | flags, NETLINK_ROUTE));
  if (!fd.valid()) return fail_errno("cannot open a netlink socket");
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = groups;
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return fail_errno("cannot bind a netlink socket");
  }
  return fd;
}

void put_address(nlmsghdr* header, std::uint16_t type, const wire::IpAddress& address) {
  mnl_attr_put(header, type, address.size(), address.bytes.data());
}

void put_v6_lifetime(nlmsghdr* header, bool deprecated) {
  mnl_attr_put_u32(header, IFA_FLAGS, IFA_F_NODAD);
  ifa_cacheinfo lifetime{};
  lifetime.ifa_valid = UINT32_MAX;
  lifetime.ifa_prefered = deprecated ? 0 : UINT32_MAX;
  mnl_attr_put(header, IFA_CACHEINFO, sizeof lifetime, &lifetime);
}

/// Runs `each` over the messages of one answer; true when the answer has ended. An error the kernel
/// reports goes to `error`.
template <typename Each>
bool walk(std::span<char> bytes, std::uint32_t sequence, int& error, Each each) {
  int left = static_cast<int>(bytes.size());
  for (auto* h = reinterpret_cast<nlmsghdr*>(bytes.data()); mnl_nlmsg_ok(h, left);
       h = mnl_nlmsg_next(h, &left)) {
    if (h->nlmsg_seq != sequence) continue;
    if (h->nlmsg_type == NLMSG_DONE) return true;
    if (h->nlmsg_type == NLMSG_ERROR) {
      if (mnl_nlmsg_get_payload_len(h) < sizeof(nlmsgerr)) return true;
      error = -static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(h))->error;
      return true;
    }
    each(h);
  }
  return false;
}

template <typename Each>
Result<int> read_answer(int fd, std::uint32_t sequence, Each each) {
  alignas(nlmsghdr) std::array<char, kBufferBytes> buffer;
  int error = 0;
  for (;;) {
    const ssize_t got = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno("cannot read netlink's answer");
    if (walk(std::span(buffer.data(), static_cast<std::size_t>(got)), sequence, error, each)) {
      return error;
    }
  }
}

}  // namespace

std::vector<std::uint8_t> address_message(const AddressSpec& spec, bool add,
                                          std::uint32_t sequence) {
  alignas(nlmsghdr) std::array<char, 512> buffer{};
  const bool v6 = spec.address.family == wire::Family::V6;
  auto* header = mnl_nlmsg_put_header(buffer.data());
  header->nlmsg_type = add ? RTM_NEWADDR : RTM_DELADDR;
  header->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
  if (add) header->nlmsg_flags |= NLM_F_CREATE | NLM_F_EXCL;
  header->nlmsg_seq = sequence;
  auto* body = static_cast<ifaddrmsg*>(mnl_nlmsg_put_extra_header(header, sizeof(ifaddrmsg)));
  body->ifa_family = v6 ? AF_INET6 : AF_INET;
  body->ifa_prefixlen = static_cast<std::uint8_t>(spec.prefix_length);
  body->ifa_scope = spec.scope;
  body->ifa_index = static_cast<std::uint32_t>(spec.index.value);
  put_address(header, IFA_LOCAL, spec.address);
  put_address(header, IFA_ADDRESS, spec.address);
  if (add && v6) put_v6_lifetime(header, spec.prefix_length == 128);
  if (add && !v6 && spec.broadcast) put_address(header, IFA_BROADCAST, *spec.broadcast);
  if (!v6 && !spec.label.empty()) mnl_attr_put_strz(header, IFA_LABEL, spec.label.c_str());
  return {buffer.data(), buffer.data() + header->nlmsg_len};
}

Result<Netlink> Netlink::open() {
  auto fd = open_socket(0, 0);
  if (!fd) return tl::unexpected(fd.error());
  return Netlink(std::move(*fd));
}

Result<void> Netlink::send(const void* message, std::size_t size) {
  if (::send(fd_.get(), message, size, 0) < 0) return fail_errno("cannot ask netlink");
  return {};
}

Result<std::vector<Interface>> Netlink::interfaces() {
  struct {
    nlmsghdr header;
    ifinfomsg body;
  } request{};
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = RTM_GETLINK;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request.header.nlmsg_seq = ++sequence_;
  std::vector<Interface> found;
  return send(&request, sizeof request)
      .and_then([&] {
        return read_answer(fd_.get(), sequence_, [&](const nlmsghdr* h) {
          if (auto link = parse_link(h)) found.push_back(std::move(*link));
        });
      })
      .map([&](int) { return std::move(found); });
}

Result<std::vector<InterfaceAddress>> Netlink::addresses() {
  struct {
    nlmsghdr header;
    ifaddrmsg body;
  } request{};
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = RTM_GETADDR;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request.header.nlmsg_seq = ++sequence_;
  std::vector<InterfaceAddress> found;
  return send(&request, sizeof request)
      .and_then([&] {
        return read_answer(fd_.get(), sequence_, [&](const nlmsghdr* h) {
          if (auto address = parse_address(h)) found.push_back(*address);
        });
      })
      .map([&](int) { return std::move(found); });
}

Result<void> Netlink::change(const AddressSpec& spec, bool add, int harmless_errno) {
  const auto message = address_message(spec, add, ++sequence_);
  const auto error = send(message.data(), message.size()).and_then([&] {
    return read_answer(fd_.get(), sequence_, [](const nlmsghdr*) {});
  });
  if (!error) return tl::unexpected(error.error());
  if (*error == 0 || *error == harmless_errno) return {};
  errno = *error;
  return fail_errno((add ? "cannot add address " : "cannot remove address ") +
                    spec.address.text());
}

Result<void> Netlink::add(const AddressSpec& spec) { return change(spec, true, EEXIST); }

Result<void> Netlink::remove(const AddressSpec& spec) {
  return change(spec, false, EADDRNOTAVAIL);
}

Result<bool> Netlink::has(const AddressSpec& spec) {
  return addresses().map([&](const std::vector<InterfaceAddress>& all) {
    return std::any_of(all.begin(), all.end(), [&](const InterfaceAddress& a) {
      return a.index == spec.index && a.address == spec.address;
    });
  });
}

Result<NetlinkMonitor> NetlinkMonitor::open() {
  auto fd = open_socket(SOCK_NONBLOCK, RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR);
  if (!fd) return tl::unexpected(fd.error());
  const int bytes = 1 << 20;
  if (::setsockopt(fd->get(), SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) != 0) {
    ::setsockopt(fd->get(), SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  }
  return NetlinkMonitor(std::move(*fd));
}

void NetlinkMonitor::drain(const std::function<void(const LinkNews&)>& heard) {
  alignas(nlmsghdr) std::array<char, kBufferBytes> buffer;
  for (int round = 0; round < 1000; ++round) {
    const ssize_t got = ::recv(fd_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got < 0 && errno == ENOBUFS) {
      heard(Overrun{});
      continue;
    }
    if (got <= 0) return;
    int left = static_cast<int>(got);
    for (auto* h = reinterpret_cast<nlmsghdr*>(buffer.data()); mnl_nlmsg_ok(h, left);
         h = mnl_nlmsg_next(h, &left)) {
      if (const auto link = parse_link(h)) heard(*link);
      if (const auto address = parse_address(h)) heard(*address);
    }
  }
}

}  // namespace alibi::os
