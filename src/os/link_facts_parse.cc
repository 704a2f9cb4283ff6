// SPDX-License-Identifier: Apache-2.0
#include "os/link_facts_parse.h"

#include <libmnl/libmnl.h>
#include <linux/if.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/if_tunnel.h>
#include <linux/neighbour.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>

#include <cstring>
#include <functional>
#include <string>

namespace alibi::os {
namespace {

using Each = std::function<void(const nlattr*)>;

int call(const nlattr* attribute, void* data) {
  (*static_cast<const Each*>(data))(attribute);
  return MNL_CB_OK;
}

void each_nested(const nlattr* nest, const Each& each) {
  mnl_attr_parse_nested(nest, call, const_cast<Each*>(&each));
}

std::string text(const nlattr* a) {
  const auto* payload = static_cast<const char*>(mnl_attr_get_payload(a));
  return {payload, ::strnlen(payload, mnl_attr_get_payload_len(a))};
}

/// A number of its own size; network byte order where `big_endian`.
std::uint32_t number(const nlattr* a, bool big_endian = false) {
  std::uint32_t value = 0;
  if (mnl_attr_get_payload_len(a) == 1) return *static_cast<std::uint8_t*>(mnl_attr_get_payload(a));
  if (mnl_attr_get_payload_len(a) != sizeof value) return 0;
  std::memcpy(&value, mnl_attr_get_payload(a), sizeof value);
  return big_endian ? __builtin_bswap32(value) : value;
}

std::optional<wire::IpAddress> address(const nlattr* a) {
  wire::IpAddress ip;
  const auto size = mnl_attr_get_payload_len(a);
  if (size != 4 && size != 16) return std::nullopt;
  ip.family = size == 4 ? wire::Family::V4 : wire::Family::V6;
  std::memcpy(ip.bytes.data(), mnl_attr_get_payload(a), size);
  if (ip.is_unspecified()) return std::nullopt;
  return ip;
}

void add_remote(hops::Tunnel& tunnel, const nlattr* a) {
  if (const auto ip = address(a)) tunnel.remotes.push_back(*ip);
}

void read_vxlan(const nlattr* data, hops::Tunnel& t) {
  each_nested(data, [&](const nlattr* a) {
    const auto type = mnl_attr_get_type(a);
    if (type == IFLA_VXLAN_ID) t.id = number(a);
    if (type == IFLA_VXLAN_LOCAL || type == IFLA_VXLAN_LOCAL6) t.local = address(a);
    if (type == IFLA_VXLAN_GROUP || type == IFLA_VXLAN_GROUP6) add_remote(t, a);
    if (type == IFLA_VXLAN_LINK) t.under.index = static_cast<int>(number(a));
  });
}

void read_geneve(const nlattr* data, hops::Tunnel& t) {
  each_nested(data, [&](const nlattr* a) {
    const auto type = mnl_attr_get_type(a);
    if (type == IFLA_GENEVE_ID) t.id = number(a);
    if (type == IFLA_GENEVE_REMOTE || type == IFLA_GENEVE_REMOTE6) add_remote(t, a);
  });
}

/// Ethernet over GRE; its key is in network byte order (ip_gre.c).
void read_gre(const nlattr* data, hops::Tunnel& t) {
  each_nested(data, [&](const nlattr* a) {
    const auto type = mnl_attr_get_type(a);
    if (type == IFLA_GRE_OKEY) t.id = number(a, true);
    if (type == IFLA_GRE_LOCAL) t.local = address(a);
    if (type == IFLA_GRE_REMOTE) add_remote(t, a);
    if (type == IFLA_GRE_LINK) t.under.index = static_cast<int>(number(a));
  });
}

void read_tunnel(const nlattr* data, hops::Link& link) {
  hops::Tunnel tunnel;
  if (link.kind == "vxlan") {
    read_vxlan(data, tunnel);
  } else if (link.kind == "geneve") {
    read_geneve(data, tunnel);
  } else if (link.kind == "gretap" || link.kind == "ip6gretap") {
    read_gre(data, tunnel);
  } else {
    return;
  }
  link.tunnel = tunnel;
}

void read_info(const nlattr* info, hops::Link& link) {
  const nlattr* data = nullptr;
  const nlattr* port = nullptr;
  std::string port_kind;
  each_nested(info, [&](const nlattr* a) {
    const auto type = mnl_attr_get_type(a);
    if (type == IFLA_INFO_KIND) link.kind = text(a);
    if (type == IFLA_INFO_DATA) data = a;
    if (type == IFLA_INFO_SLAVE_KIND) port_kind = text(a);
    if (type == IFLA_INFO_SLAVE_DATA) port = a;
  });
  if (data != nullptr) read_tunnel(data, link);
  if (port == nullptr || port_kind != "bridge") return;
  each_nested(port, [&](const nlattr* a) {
    if (mnl_attr_get_type(a) != IFLA_BRPORT_STATE) return;
    const auto state = number(a);
    link.forwarding = state != BR_STATE_DISABLED && state != BR_STATE_BLOCKING;
  });
}

template <typename Body>
const Body* body(const nlmsghdr* header, int type) {
  if (header->nlmsg_type != type || mnl_nlmsg_get_payload_len(header) < sizeof(Body)) {
    return nullptr;
  }
  return static_cast<const Body*>(mnl_nlmsg_get_payload(header));
}

void each_attribute(const nlmsghdr* header, std::size_t body_size, const Each& each) {
  mnl_attr_parse(header, static_cast<unsigned>(body_size), call, const_cast<Each*>(&each));
}

void read_mac(const nlattr* a, wire::MacAddress& mac) {
  if (mnl_attr_get_payload_len(a) == mac.bytes.size()) {
    std::memcpy(mac.bytes.data(), mnl_attr_get_payload(a), mac.bytes.size());
  }
}

}  // namespace

std::optional<RawLink> parse_link_facts(const nlmsghdr* header) {
  const auto* info = body<ifinfomsg>(header, RTM_NEWLINK);
  if (info == nullptr || info->ifi_family != AF_UNSPEC) return std::nullopt;
  RawLink raw;
  hops::Link& link = raw.link;
  link.id.index = info->ifi_index;
  link.up = (info->ifi_flags & IFF_UP) != 0 && (info->ifi_flags & IFF_RUNNING) != 0;
  each_attribute(header, sizeof *info, [&](const nlattr* a) {
    const auto type = mnl_attr_get_type(a);
    if (type == IFLA_IFNAME) link.name = text(a);
    if (type == IFLA_ADDRESS) read_mac(a, link.mac);
    if (type == IFLA_MTU) link.mtu = number(a);
    if (type == IFLA_MASTER) link.master = static_cast<int>(number(a));
    if (type == IFLA_LINK) link.other.index = static_cast<int>(number(a));
    if (type == IFLA_LINK_NETNSID) raw.other_nsid = static_cast<int>(number(a));
    if (type == IFLA_LINKINFO) read_info(a, link);
  });
  return raw;
}

std::optional<ForwardingEntry> parse_forwarding(const nlmsghdr* header) {
  const auto* neighbour = body<ndmsg>(header, RTM_NEWNEIGH);
  if (neighbour == nullptr || neighbour->ndm_family != AF_BRIDGE) return std::nullopt;
  ForwardingEntry entry;
  entry.index = neighbour->ndm_ifindex;
  entry.own = (neighbour->ndm_state & NUD_PERMANENT) != 0;
  each_attribute(header, sizeof *neighbour, [&](const nlattr* a) {
    const auto type = mnl_attr_get_type(a);
    if (type == NDA_LLADDR) read_mac(a, entry.mac);
    if (type == NDA_DST) entry.remote = address(a);
  });
  return entry;
}

std::optional<int> parse_nsid(const nlmsghdr* header) {
  const auto* general = body<rtgenmsg>(header, RTM_NEWNSID);
  if (general == nullptr) return std::nullopt;
  std::optional<int> nsid;
  each_attribute(header, sizeof *general, [&](const nlattr* a) {
    if (mnl_attr_get_type(a) == NETNSA_NSID) nsid = static_cast<int>(number(a));
  });
  return nsid;
}

}  // namespace alibi::os
