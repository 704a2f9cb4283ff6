// SPDX-License-Identifier: Apache-2.0
// rtnetlink once more for what paths do not need: RTM_GETLINK in full, RTM_GETQDISC, RTM_GETMDB.
#include <libmnl/libmnl.h>
#include <linux/gen_stats.h>
#include <linux/if.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <functional>

#include "os/doctor_read.h"
#include "os/netlink_message.h"
#include "os/proc_fs.h"

namespace alibi::os {
namespace {

using doctor::LinkSettings;
using doctor::Number;
using Each = std::function<void(const nlattr*)>;

int call(const nlattr* attribute, void* data) {
  (*static_cast<const Each*>(data))(attribute);
  return MNL_CB_OK;
}

void each_nested(const nlattr* nest, const Each& each) {
  mnl_attr_parse_nested(nest, call, const_cast<Each*>(&each));
}

/// An unsigned number of one or four octets; nothing for another size.
Number number(const nlattr* a) {
  const void* payload = mnl_attr_get_payload(a);
  if (mnl_attr_get_payload_len(a) == 1) return *static_cast<const std::uint8_t*>(payload);
  std::uint32_t value = 0;
  if (mnl_attr_get_payload_len(a) != sizeof value) return std::nullopt;
  std::memcpy(&value, payload, sizeof value);
  return value;
}

std::string text(const nlattr* a) {
  const auto* payload = static_cast<const char*>(mnl_attr_get_payload(a));
  return {payload, ::strnlen(payload, mnl_attr_get_payload_len(a))};
}

template <typename T>
bool copy_payload(const nlattr* a, T& to) {
  if (mnl_attr_get_payload_len(a) < sizeof to) return false;
  std::memcpy(&to, mnl_attr_get_payload(a), sizeof to);
  return true;
}

void read_bridge(const nlattr* data, LinkSettings& s) {
  doctor::Bridge bridge;
  each_nested(data, [&](const nlattr* a) {
    br_boolopt_multi options{};
    if (mnl_attr_get_type(a) == IFLA_BR_MCAST_SNOOPING) bridge.snooping = number(a);
    // As new as the querier state (5.15), which is left out where no querier is known.
    if (mnl_attr_get_type(a) == IFLA_BR_MULTI_BOOLOPT && copy_payload(a, options) &&
        (options.optmask & (1U << BR_BOOLOPT_MCAST_VLAN_SNOOPING)) != 0 && !bridge.querier_ipv6) {
      bridge.querier_ipv6 = 0;
    }
    if (mnl_attr_get_type(a) != IFLA_BR_MCAST_QUERIER_STATE) return;
    each_nested(a, [&](const nlattr* q) {
      if (mnl_attr_get_type(q) == BRIDGE_QUERIER_IPV6_ADDRESS) bridge.querier_ipv6 = 1;
    });
  });
  s.bridge = bridge;
}

void read_port(const nlattr* data, LinkSettings& s) {
  doctor::BridgePort port;
  each_nested(data, [&](const nlattr* a) {
    const auto type = mnl_attr_get_type(a);
    if (type == IFLA_BRPORT_MCAST_FLOOD) port.mcast_flood = number(a);
    if (type == IFLA_BRPORT_ISOLATED) port.isolated = number(a);
    if (type == IFLA_BRPORT_STATE) port.state = number(a);
    if (type == IFLA_BRPORT_MULTICAST_ROUTER) port.router = number(a);
  });
  s.port = port;
}

void read_info(const nlattr* info, LinkSettings& s) {
  std::string kind, port_kind;
  const nlattr* data = nullptr;
  const nlattr* port = nullptr;
  each_nested(info, [&](const nlattr* a) {
    const auto type = mnl_attr_get_type(a);
    if (type == IFLA_INFO_KIND) kind = text(a);
    if (type == IFLA_INFO_DATA) data = a;
    if (type == IFLA_INFO_SLAVE_KIND) port_kind = text(a);
    if (type == IFLA_INFO_SLAVE_DATA) port = a;
  });
  if (kind == "bridge" && data != nullptr) read_bridge(data, s);
  if (port_kind == "bridge" && port != nullptr) read_port(port, s);
}

/// IFLA_INET_CONF is an array of 32-bit values in the order of IPV4_DEVCONF_*, which begin at 1.
void read_ipv4(const nlattr* families, LinkSettings& s) {
  each_nested(families, [&](const nlattr* family) {
    if (mnl_attr_get_type(family) != AF_INET) return;
    each_nested(family, [&](const nlattr* conf) {
      if (mnl_attr_get_type(conf) != IFLA_INET_CONF) return;
      const auto at = [&](int setting) -> Number {
        std::uint32_t value = 0;
        const std::size_t offset = static_cast<std::size_t>(setting - 1) * sizeof value;
        if (mnl_attr_get_payload_len(conf) < offset + sizeof value) return std::nullopt;
        std::memcpy(&value, static_cast<const char*>(mnl_attr_get_payload(conf)) + offset,
                    sizeof value);
        return value;
      };
      s.ipv4 = {at(IPV4_DEVCONF_RP_FILTER), at(IPV4_DEVCONF_ARP_IGNORE),
                at(IPV4_DEVCONF_ARP_ANNOUNCE), at(IPV4_DEVCONF_ARPFILTER)};
    });
  });
}

LinkSettings parse_link(const nlmsghdr* header) {
  const auto* info = static_cast<const ifinfomsg*>(mnl_nlmsg_get_payload(header));
  LinkSettings s;
  s.index = info->ifi_index;
  s.admin_up = (info->ifi_flags & IFF_UP) != 0;
  s.carrier = (info->ifi_flags & IFF_LOWER_UP) != 0;
  const Each each = [&](const nlattr* a) {
    const auto type = mnl_attr_get_type(a);
    rtnl_link_stats64 stats{};
    if (type == IFLA_TXQLEN) s.tx_queue_length = number(a);
    if (type == IFLA_QDISC) s.qdisc = text(a);
    if (type == IFLA_LINKINFO) read_info(a, s);
    if (type == IFLA_AF_SPEC) read_ipv4(a, s);
    if (type == IFLA_STATS64 &&
        mnl_attr_get_payload_len(a) >= offsetof(rtnl_link_stats64, multicast)) {
      std::memcpy(&stats, mnl_attr_get_payload(a),
                  std::min<std::size_t>(sizeof stats, mnl_attr_get_payload_len(a)));
      s.tx_dropped = static_cast<std::int64_t>(stats.tx_dropped);
    }
  };
  mnl_attr_parse(header, sizeof(ifinfomsg), call, const_cast<Each*>(&each));
  return s;
}

/// A dump whose messages have a body of type Body.
template <typename Body>
Result<void> dump(Netlink& netlink, int type, int family,
                  const std::function<void(const Body&, const nlmsghdr*)>& each) {
  NetlinkMessage request(type, NLM_F_REQUEST | NLM_F_DUMP);
  *reinterpret_cast<std::uint8_t*>(&request.body<Body>()) = static_cast<std::uint8_t>(family);
  return netlink.each(request, [&](const nlmsghdr* header) {
    if (mnl_nlmsg_get_payload_len(header) < sizeof(Body)) return;
    each(*static_cast<const Body*>(mnl_nlmsg_get_payload(header)), header);
  });
}

using Settings = std::vector<LinkSettings>;

LinkSettings* find(Settings& all, int index) {
  const auto it =
      std::find_if(all.begin(), all.end(), [&](const LinkSettings& s) { return s.index == index; });
  return it == all.end() ? nullptr : &*it;
}

void read_drops(const nlattr* stats, LinkSettings& s) {
  each_nested(stats, [&](const nlattr* a) {
    gnet_stats_queue queue{};
    if (mnl_attr_get_type(a) == TCA_STATS_QUEUE && copy_payload(a, queue)) {
      s.qdisc_drops = queue.drops;
    }
  });
}

/// Root qdiscs only: a classful one counts what those below it drop.
void read_qdiscs(Netlink& netlink, Settings& all) {
  static_cast<void>(
      dump<tcmsg>(netlink, RTM_GETQDISC, AF_UNSPEC, [&](const tcmsg& tc, const nlmsghdr* header) {
        LinkSettings* s = find(all, tc.tcm_ifindex);
        if (s == nullptr || tc.tcm_parent != TC_H_ROOT) return;
        const Each each = [&](const nlattr* a) {
          if (mnl_attr_get_type(a) == TCA_STATS2) read_drops(a, *s);
        };
        mnl_attr_parse(header, sizeof(tcmsg), call, const_cast<Each*>(&each));
      }));
}

void read_entry(const nlattr* a, doctor::Bridge& bridge) {
  br_mdb_entry entry{};
  if (mnl_attr_get_type(a) != MDBA_MDB_ENTRY_INFO || !copy_payload(a, entry)) return;
  static constexpr std::array<std::uint8_t, 16> kVrrp = {0xff, 2, 0, 0, 0, 0, 0, 0,
                                                         0,    0, 0, 0, 0, 0, 0, 0x12};
  const bool vrrp = entry.addr.proto == htons(0x86dd) &&
                    std::memcmp(&entry.addr.u.ip6, kVrrp.data(), kVrrp.size()) == 0;
  if (vrrp) bridge.ports_of_vrrp6.push_back(static_cast<int>(entry.ifindex));
}

/// Where it cannot be read, nothing is said of queriers: what follows from both would accuse.
void read_groups(Netlink& netlink, Settings& all) {
  const auto done = dump<br_port_msg>(
      netlink, RTM_GETMDB, AF_BRIDGE, [&](const br_port_msg& body, const nlmsghdr* header) {
        LinkSettings* s = find(all, static_cast<int>(body.ifindex));
        if (s == nullptr || !s->bridge) return;
        const Each entry = [&](const nlattr* a) { read_entry(a, *s->bridge); };
        const Each list = [&](const nlattr* a) { each_nested(a, entry); };
        const Each each = [&](const nlattr* a) {
          if (mnl_attr_get_type(a) == MDBA_MDB) each_nested(a, list);
        };
        mnl_attr_parse(header, sizeof(br_port_msg), call, const_cast<Each*>(&each));
      });
  if (done) return;
  for (LinkSettings& s : all) {
    if (s.bridge) s.bridge->querier_ipv6.reset();
  }
}

}  // namespace

Result<void> read_link_settings(std::uint64_t netns, doctor::Facts& facts) {
  auto netlink = Netlink::open();
  if (!netlink) return tl::unexpected(netlink.error());
  Settings all;
  const auto asked = dump<ifinfomsg>(*netlink, RTM_GETLINK, AF_UNSPEC,
                                     [&](const ifinfomsg&, const nlmsghdr* header) {
                                       if (header->nlmsg_type == RTM_NEWLINK)
                                         all.push_back(parse_link(header));
                                     });
  if (!asked) return asked;
  if (const auto addresses = netlink->addresses()) {
    for (const InterfaceAddress& a : *addresses) {
      LinkSettings* s = find(all, a.index.value);
      if (s != nullptr) s->prefixes.push_back({a.address.text(), a.prefix_length});
    }
  }
  read_qdiscs(*netlink, all);
  const bool bridges = std::any_of(all.begin(), all.end(),
                                   [](const LinkSettings& s) { return s.bridge.has_value(); });
  if (bridges) read_groups(*netlink, all);
  for (LinkSettings& s : all) {
    s.netns = netns;
    facts.settings.push_back(std::move(s));
  }
  // Below /proc/sys/net is the namespace of the thread that looks it up.
  const std::string conf = "/proc/sys/net/ipv4/conf/all/";
  facts.namespaces.push_back({netns,
                              {number_in(conf + "rp_filter"), number_in(conf + "arp_ignore"),
                               number_in(conf + "arp_announce"), number_in(conf + "arp_filter")},
                              {}});
  return {};
}

}  // namespace alibi::os
