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

/// Of family AF_UNSPEC all links, of AF_BRIDGE the ports of bridges.
Result<void> ask_for_links(int fd, int family) {
  struct {
    nlmsghdr header;
    ifinfomsg link;
  } request{};
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = RTM_GETLINK;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request.link.ifi_family = static_cast<unsigned char>(family);
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
    address.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_NEIGH;
    if (bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      return fail_errno("rtnetlink: listening for changes");
    return {};
  });
  if (!opened) return tl::unexpected(opened.error());
  LinkMonitor monitor(std::move(socket));
  const int buffer = 1 << 20;
  setsockopt(monitor.fd(), SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
  for (const int family : {AF_UNSPEC, AF_BRIDGE}) {
    if (auto asked = ask_for_links(monitor.fd(), family); !asked)
      return tl::unexpected(asked.error());
    if (auto listed = monitor.take_list(); !listed) return tl::unexpected(listed.error());
  }
  return monitor;
}

Result<void> LinkMonitor::take_list() {
  alignas(nlmsghdr) std::array<char, 32768> bytes;
  while (true) {
    const ssize_t got = recv(fd(), bytes.data(), bytes.size(), 0);
    if (got <= 0) return fail_errno("rtnetlink: listing links");
    if (take(bytes.data(), static_cast<std::size_t>(got), true, {})) return {};
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
      case RTM_NEWNEIGH: if (!quiet) take_neighbour(message, length, heard); break;
      case RTM_DELNEIGH: forget_neighbour(message, length); break;
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
  if (info.ifi_family == AF_BRIDGE) return take_port(message, size, deleted, quiet, heard);
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
  state.interface = name_of(state.index);
  heard(state);
}

std::string LinkMonitor::name_of(int index) const {
  const auto link = links_.find(index);
  return link == links_.end() ? std::string() : link->second.name;
}

void LinkMonitor::take_port(const void* message, std::size_t size, bool deleted, bool quiet,
                            const Heard& heard) {
  ifinfomsg info{};
  std::memcpy(&info, message, sizeof info);
  PortState port;
  port.index = info.ifi_index;
  port.removed = deleted;
  bool has_state = false;
  each_attribute({static_cast<const char*>(message), size}, sizeof info,
                 [&](unsigned short type, std::span<const char> data) {
                   if (type == IFLA_IFNAME)
                     port.interface.assign(data.data(), strnlen(data.data(), data.size()));
                   if (type == IFLA_MASTER && data.size() == sizeof port.bridge)
                     std::memcpy(&port.bridge, data.data(), sizeof port.bridge);
                   if ((type & NLA_TYPE_MASK) != IFLA_PROTINFO) return;
                   each_attribute(data, 0, [&](unsigned short inner, std::span<const char> value) {
                     if (inner != IFLA_BRPORT_STATE || value.empty()) return;
                     port.state = static_cast<std::uint8_t>(value[0]);
                     has_state = true;
                   });
                 });
  // The bridge itself has no state; what is removed was known.
  const auto known = ports_.find(port.index);
  if (deleted ? known == ports_.end() : !has_state) return;
  if (!deleted && known != ports_.end() && known->second == port) return;
  if (deleted) ports_.erase(known);
  else ports_[port.index] = port;
  if (!quiet) heard(port);
}

namespace {

/// What a message says of a neighbour of IPv4 or IPv6; an index of 0: of none.
NeighbourState read_neighbour(const void* message, std::size_t size, std::uint16_t& nud) {
  ndmsg info{};
  if (size < sizeof info) return {};
  std::memcpy(&info, message, sizeof info);
  if (info.ndm_family != AF_INET && info.ndm_family != AF_INET6) return {};
  NeighbourState state;
  state.index = info.ndm_ifindex;
  state.address.family = info.ndm_family == AF_INET ? wire::Family::V4 : wire::Family::V6;
  nud = info.ndm_state;
  state.failed = (info.ndm_state & NUD_FAILED) != 0;
  each_attribute({static_cast<const char*>(message), size}, sizeof info,
                 [&](unsigned short type, std::span<const char> data) {
                   if (type == NDA_DST && data.size() >= state.address.size())
                     std::memcpy(state.address.bytes.data(), data.data(), state.address.size());
                   if (type == NDA_LLADDR && data.size() == state.mac.bytes.size())
                     std::memcpy(state.mac.bytes.data(), data.data(), data.size());
                 });
  if (state.failed) state.mac = {};
  return state;
}

}  // namespace

void LinkMonitor::take_neighbour(const void* message, std::size_t size, const Heard& heard) {
  constexpr std::size_t kMost = 10'000;
  constexpr std::size_t kMostStrangers = 1000;
  constexpr std::uint16_t kTells = NUD_FAILED | NUD_REACHABLE | NUD_STALE | NUD_PERMANENT;
  std::uint16_t nud = 0;
  NeighbourState state = read_neighbour(message, size, nud);
  if (state.index == 0 || (nud & kTells) == 0) return;
  state.interface = name_of(state.index);
  const std::pair key{state.index, state.address};
  const auto known = neighbours_.find(key);
  if (known != neighbours_.end() && known->second == state) return;
  // Met for the first time, and it answers: no change. That nobody answers at an address that never
  // did is told of so many: a router is asked for such addresses all day long.
  const bool fresh = known == neighbours_.end();
  if (fresh && (neighbours_.size() >= kMost || (state.failed && strangers_ >= kMostStrangers))) {
    ++unfollowed_;
    return;
  }
  neighbours_[key] = state;
  if (fresh && !state.failed) return;
  strangers_ += fresh ? 1U : 0U;
  heard(state);
}

void LinkMonitor::forget_neighbour(const void* message, std::size_t size) {
  std::uint16_t nud = 0;
  const NeighbourState state = read_neighbour(message, size, nud);
  neighbours_.erase({state.index, state.address});
}

}  // namespace alibi::os
