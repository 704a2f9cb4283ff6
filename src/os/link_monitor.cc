// SPDX-License-Identifier: Apache-2.0
// Lengths inside netlink messages are checked against the datagram before anything is read.
#include "os/link_monitor.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <span>

#include "os/namespaces.h"

namespace alibi::os {
namespace {

constexpr unsigned kLowerUp = 1U << 16;  // IFF_LOWER_UP; <linux/if.h> clashes with <net/if.h>

constexpr std::size_t align4(std::size_t size) { return (size + 3) & ~std::size_t{3}; }

/// Calls each(type, data) for the attributes behind a fixed part of `fixed` octets.
template <typename Each>
void each_attribute(std::span<const char> message, std::size_t fixed, Each each) {
  std::size_t at = align4(fixed);
  while (at + sizeof(rtattr) <= message.size()) {
    rtattr attribute{};
    std::memcpy(&attribute, message.data() + at, sizeof attribute);
    if (attribute.rta_len < sizeof attribute || attribute.rta_len > message.size() - at) return;
    each(attribute.rta_type, message.subspan(at + sizeof attribute,
                                             attribute.rta_len - sizeof attribute));
    at += align4(attribute.rta_len);
  }
}

Result<void> ask_for_links(int fd) {
  struct {
    nlmsghdr header;
    ifinfomsg link;
  } request{};
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = RTM_GETLINK;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request.link.ifi_family = AF_UNSPEC;
  if (send(fd, &request, sizeof request, 0) < 0) return fail_errno("rtnetlink: listing links");
  return {};
}

}  // namespace

Result<LinkMonitor> LinkMonitor::open(const Fd& netns) {
  Fd socket;
  const auto opened = inside_network_namespace(netns, [&socket]() -> Result<void> {
    socket = Fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
    if (!socket.valid()) return fail_errno("rtnetlink: socket");
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    address.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR;
    if (bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      return fail_errno("rtnetlink: listening for changes");
    return {};
  });
  if (!opened) return tl::unexpected(opened.error());
  LinkMonitor monitor(std::move(socket));
  const int buffer = 1 << 20;
  setsockopt(monitor.fd(), SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
  if (auto asked = ask_for_links(monitor.fd()); !asked) return tl::unexpected(asked.error());
  alignas(nlmsghdr) std::array<char, 32768> bytes;
  while (true) {
    const ssize_t got = recv(monitor.fd(), bytes.data(), bytes.size(), 0);
    if (got <= 0) return fail_errno("rtnetlink: listing links");
    if (monitor.take(bytes.data(), static_cast<std::size_t>(got), true, {})) return monitor;
  }
}

void LinkMonitor::drain(const Heard& heard) {
  alignas(nlmsghdr) std::array<char, 32768> bytes;
  for (int datagrams = 0; datagrams < 1000; ++datagrams) {
    const ssize_t got = recv(fd(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (got < 0 && errno == ENOBUFS) {
      ++overruns_;
      continue;
    }
    if (got <= 0) return;
    take(bytes.data(), static_cast<std::size_t>(got), false, heard);
  }
}

bool LinkMonitor::take(const char* bytes, std::size_t size, bool quiet, const Heard& heard) {
  while (size >= sizeof(nlmsghdr)) {
    nlmsghdr header{};
    std::memcpy(&header, bytes, sizeof header);
    if (header.nlmsg_len < sizeof header || header.nlmsg_len > size) return true;
    const char* message = bytes + NLMSG_HDRLEN;
    const std::size_t length = header.nlmsg_len - NLMSG_HDRLEN;
    switch (header.nlmsg_type) {
      case NLMSG_DONE:
      case NLMSG_ERROR: return true;
      case RTM_NEWLINK: take_link(message, length, false, quiet, heard); break;
      case RTM_DELLINK: take_link(message, length, true, quiet, heard); break;
      case RTM_NEWADDR: if (!quiet) take_address(message, length, true, heard); break;
      case RTM_DELADDR: if (!quiet) take_address(message, length, false, heard); break;
      default: break;
    }
    const std::size_t step = std::min(align4(header.nlmsg_len), size);
    bytes += step;
    size -= step;
  }
  return false;
}

void LinkMonitor::take_link(const void* message, std::size_t size, bool deleted, bool quiet,
                            const Heard& heard) {
  ifinfomsg info{};
  if (size < sizeof info) return;
  std::memcpy(&info, message, sizeof info);
  // A bridge tells its ports' changes a second time in its own family.
  if (info.ifi_family != AF_UNSPEC) return;
  LinkState link;
  link.index = info.ifi_index;
  link.admin_up = (info.ifi_flags & IFF_UP) != 0;
  link.carrier = (info.ifi_flags & kLowerUp) != 0;
  link.deleted = deleted;
  each_attribute({static_cast<const char*>(message), size}, sizeof info,
                 [&link](unsigned short type, std::span<const char> data) {
                   if (type == IFLA_IFNAME)
                     link.name.assign(data.data(), strnlen(data.data(), data.size()));
                   if (type == IFLA_ADDRESS && data.size() == link.mac.bytes.size())
                     std::memcpy(link.mac.bytes.data(), data.data(), data.size());
                 });
  const auto known = links_.find(link.index);
  if (known != links_.end() && known->second == link) return;
  LinkState change = link;
  change.was_usable = known != links_.end() && known->second.admin_up && known->second.carrier;
  if (deleted) links_.erase(link.index);
  else links_[link.index] = link;
  if (!quiet) heard(change);
}

void LinkMonitor::take_address(const void* message, std::size_t size, bool added,
                               const Heard& heard) {
  ifaddrmsg info{};
  if (size < sizeof info) return;
  std::memcpy(&info, message, sizeof info);
  if (info.ifa_family != AF_INET && info.ifa_family != AF_INET6) return;
  AddressState state;
  state.index = static_cast<int>(info.ifa_index);
  state.added = added;
  state.address.family = info.ifa_family == AF_INET ? wire::Family::V4 : wire::Family::V6;
  bool local = false;
  each_attribute({static_cast<const char*>(message), size}, sizeof info,
                 [&](unsigned short type, std::span<const char> data) {
                   // IFA_LOCAL is the host's own where both are given (point to point links).
                   if (type != IFA_LOCAL && (type != IFA_ADDRESS || local)) return;
                   if (data.size() < state.address.size()) return;
                   local = type == IFA_LOCAL;
                   std::memcpy(state.address.bytes.data(), data.data(), state.address.size());
                 });
  const auto link = links_.find(state.index);
  if (link != links_.end()) state.interface = link->second.name;
  heard(state);
}

}  // namespace alibi::os
