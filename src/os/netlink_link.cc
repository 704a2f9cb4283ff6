// SPDX-License-Identifier: Apache-2.0
// RTM_NEWLINK, RTM_SETLINK and RTM_DELLINK.
#include "os/netlink_link.h"

#include <linux/if_link.h>
#include <linux/in6.h>
#include <linux/ip.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "os/netlink_message.h"

namespace alibi::os {
namespace {

int number_of(Ipv4Setting setting) {
  switch (setting) {
    case Ipv4Setting::AcceptLocal:
      return IPV4_DEVCONF_ACCEPT_LOCAL;
    case Ipv4Setting::ArpAnnounce:
      return IPV4_DEVCONF_ARP_ANNOUNCE;
    case Ipv4Setting::ArpFilter:
      return IPV4_DEVCONF_ARPFILTER;
    case Ipv4Setting::ArpIgnore:
      return IPV4_DEVCONF_ARP_IGNORE;
    case Ipv4Setting::PromoteSecondaries:
      return IPV4_DEVCONF_PROMOTE_SECONDARIES;
    case Ipv4Setting::RpFilter:
      return IPV4_DEVCONF_RP_FILTER;
  }
  return 0;
}

/// The attribute of that type among those from `first` on, in `bytes` octets; or null.
const nlattr* find(const void* first, std::size_t bytes, int type) {
  int left = static_cast<int>(bytes);
  for (const auto* a = static_cast<const nlattr*>(first); mnl_attr_ok(a, left);) {
    if (mnl_attr_get_type(a) == type) return a;
    left -= static_cast<int>(MNL_ALIGN(a->nla_len));
    a = mnl_attr_next(a);
  }
  return nullptr;
}

const nlattr* find(const nlattr* within, int type) {
  if (within == nullptr) return nullptr;
  return find(mnl_attr_get_payload(within), mnl_attr_get_payload_len(within), type);
}

}  // namespace

Result<void> make_macvlan(Netlink& netlink, const MacvlanSpec& spec) {
  NetlinkMessage message(RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL);
  message.body<ifinfomsg>().ifi_family = AF_UNSPEC;
  message.put_text(IFLA_IFNAME, spec.name);
  message.put_u32(IFLA_LINK, static_cast<std::uint32_t>(spec.base.value));
  message.put(IFLA_ADDRESS, spec.mac.bytes.data(), spec.mac.bytes.size());
  auto* info = message.nest(IFLA_LINKINFO);
  message.put_text(IFLA_INFO_KIND, "macvlan");
  auto* data = message.nest(IFLA_INFO_DATA);
  message.put_u32(IFLA_MACVLAN_MODE, MACVLAN_MODE_PRIVATE);
  message.end(data);
  message.end(info);
  if (auto made = netlink.change(message, {}, "cannot make macvlan " + spec.name); !made) {
    return made;
  }
  // Creation does not look at IFLA_AF_SPEC; a link that is down has no address yet, so this is in
  // time. Without it every backup would announce the virtual MAC by duplicate address detection.
  NetlinkMessage mode(RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK);
  mode.body<ifinfomsg>().ifi_family = AF_UNSPEC;
  mode.put_text(IFLA_IFNAME, spec.name);
  auto* families = mode.nest(IFLA_AF_SPEC);
  auto* inet6 = mode.nest(AF_INET6);
  mode.put_u8(IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
  mode.end(inet6);
  mode.end(families);
  // EAFNOSUPPORT: IPv6 is off on this host.
  return netlink.change(mode, {EAFNOSUPPORT}, "cannot set addr_gen_mode of " + spec.name);
}

Result<void> set_link_up(Netlink& netlink, IfIndex index) {
  NetlinkMessage message(RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK);
  auto& body = message.body<ifinfomsg>();
  body.ifi_index = index.value;
  body.ifi_flags = IFF_UP;
  body.ifi_change = IFF_UP;
  return netlink.change(message, {}, "cannot set interface up");
}

Result<void> delete_link(Netlink& netlink, IfIndex index) {
  NetlinkMessage message(RTM_DELLINK, NLM_F_REQUEST | NLM_F_ACK);
  message.body<ifinfomsg>().ifi_index = index.value;
  return netlink.change(message, {ENODEV}, "cannot delete interface");
}

Result<void> set_ipv4(Netlink& netlink, IfIndex index, const Ipv4Settings& settings) {
  NetlinkMessage message(RTM_SETLINK, NLM_F_REQUEST | NLM_F_ACK);
  message.body<ifinfomsg>().ifi_index = index.value;
  auto* families = message.nest(IFLA_AF_SPEC);
  auto* inet = message.nest(AF_INET);
  auto* conf = message.nest(IFLA_INET_CONF);
  for (const auto& [setting, value] : settings) message.put_u32(number_of(setting), value);
  message.end(conf);
  message.end(inet);
  message.end(families);
  return netlink.change(message, {}, "cannot change IPv4 settings of an interface");
}

std::optional<std::uint32_t> get_ipv4(Netlink& netlink, IfIndex index, Ipv4Setting setting) {
  NetlinkMessage request(RTM_GETLINK, NLM_F_REQUEST | NLM_F_ACK);
  request.body<ifinfomsg>().ifi_index = index.value;
  std::optional<std::uint32_t> value;
  const auto read = [&](const nlmsghdr* h) {
    if (mnl_nlmsg_get_payload_len(h) < sizeof(ifinfomsg)) return;
    const auto* families =
        find(mnl_nlmsg_get_payload_offset(h, sizeof(ifinfomsg)),
             mnl_nlmsg_get_payload_len(h) - MNL_ALIGN(sizeof(ifinfomsg)), IFLA_AF_SPEC);
    const auto* conf = find(find(families, AF_INET), IFLA_INET_CONF);
    if (conf == nullptr) return;
    // An array of 32-bit numbers; the first is number 1.
    const auto at = static_cast<std::size_t>(number_of(setting) - 1) * sizeof(std::uint32_t);
    if (at + sizeof(std::uint32_t) > mnl_attr_get_payload_len(conf)) return;
    std::uint32_t found = 0;
    std::memcpy(&found, static_cast<const char*>(mnl_attr_get_payload(conf)) + at, sizeof found);
    value = found;
  };
  if (!netlink.each(request, read)) return std::nullopt;
  return value;
}

}  // namespace alibi::os
