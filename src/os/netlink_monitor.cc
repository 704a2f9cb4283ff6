// SPDX-License-Identifier: Apache-2.0
// A non-blocking rtnetlink socket in the groups of what we want to hear of.
#include "os/netlink_monitor.h"

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "os/netlink_parse.h"

namespace alibi::os {
namespace {

constexpr std::size_t kBufferBytes = 32768;

}  // namespace

Result<NetlinkMonitor> NetlinkMonitor::open(bool policy) {
  constexpr std::uint32_t kRuleV6 = 1U << (RTNLGRP_IPV6_RULE - 1);
  constexpr std::uint32_t kPolicy =
      RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE | RTMGRP_IPV4_RULE | kRuleV6;
  constexpr std::uint32_t kLinks = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR;
  auto fd = open_route_socket(SOCK_NONBLOCK, kLinks | (policy ? kPolicy : 0));
  if (!fd) return tl::unexpected(fd.error());
  const int bytes = 1 << 20;
  if (::setsockopt(fd->get(), SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) != 0) {
    ::setsockopt(fd->get(), SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  }
  return NetlinkMonitor(std::move(*fd));
}

void NetlinkMonitor::drain(const std::function<void(const LinkNews&)>& heard) {
  alignas(nlmsghdr) std::array<char, kBufferBytes> buffer;
  bool lost = false;
  for (int round = 0; round < 1000; ++round) {
    const ssize_t got = ::recv(fd_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got < 0 && errno == ENOBUFS) {
      lost = true;
      continue;
    }
    if (got <= 0) break;
    int left = static_cast<int>(got);
    for (auto* h = reinterpret_cast<nlmsghdr*>(buffer.data()); mnl_nlmsg_ok(h, left);
         h = mnl_nlmsg_next(h, &left)) {
      if (const auto link = parse_link(h)) heard(*link);
      if (const auto address = parse_address(h)) heard(*address);
      if (const auto route = parse_route(h)) heard(*route);
      if (const auto rule = parse_rule(h)) heard(*rule);
    }
  }
  if (lost) heard(Overrun{});  // once, after what is left: looking at everything anew takes time
}

}  // namespace alibi::os
