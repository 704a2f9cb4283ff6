// SPDX-License-Identifier: Apache-2.0
// Route messages.
#include "os/netlink_route.h"

#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "os/event_loop.h"
#include "os/netlink_message.h"

namespace alibi::os {
namespace {

std::uint8_t family_of(wire::Family family) {
  return family == wire::Family::V4 ? AF_INET : AF_INET6;
}

/// As keepalived: global unless the type says otherwise, also for a route without a gateway, where
/// ip-route(8) would say link.
std::uint8_t scope_of(const RouteSpec& route) {
  if (route.scope) return *route.scope;
  if (route.family == wire::Family::V6) return RT_SCOPE_UNIVERSE;
  if (route.type == RTN_LOCAL || route.type == RTN_NAT) return RT_SCOPE_HOST;
  if (route.type == RTN_BROADCAST || route.type == RTN_MULTICAST) return RT_SCOPE_LINK;
  return RT_SCOPE_UNIVERSE;
}

/// RTA_GATEWAY, or RTA_VIA for a gateway of the other family (RFC 5549).
void put_via(NetlinkMessage& message, wire::Family family, const wire::IpAddress& via) {
  if (via.family == family) return message.put_address(RTA_GATEWAY, via);
  std::array<std::uint8_t, 18> value{};
  const std::uint16_t number = family_of(via.family);
  std::memcpy(value.data(), &number, sizeof number);
  std::memcpy(value.data() + sizeof number, via.bytes.data(), via.size());
  message.put(RTA_VIA, value.data(), sizeof number + via.size());
}

void put_metrics(NetlinkMessage& message, const RouteSpec& route) {
  if (route.metrics.empty() && route.congestion_control.empty()) return;
  auto* nest = message.nest(RTA_METRICS);
  for (const auto& [metric, value] : route.metrics) message.put_u32(metric, value);
  if (!route.congestion_control.empty()) message.put_text(RTAX_CC_ALGO, route.congestion_control);
  message.end(nest);
}

void put_hops(NetlinkMessage& message, const RouteSpec& route) {
  if (route.hops.empty()) return;
  auto* all = message.nest(RTA_MULTIPATH);
  for (const RouteHop& hop : route.hops) {
    // struct rtnexthop, then attributes of its own: built in a message apart, for its length.
    NetlinkMessage inner(0, 0);
    auto& body = inner.body<rtnexthop>();
    body.rtnh_hops = static_cast<std::uint8_t>(hop.weight - 1);
    body.rtnh_ifindex = hop.index.value;
    body.rtnh_flags = hop.onlink ? RTNH_F_ONLINK : 0;
    if (hop.via) put_via(inner, route.family, *hop.via);
    if (hop.realms != 0) inner.put_u32(RTA_FLOW, hop.realms);
    const auto bytes = inner.bytes().subspan(MNL_NLMSG_HDRLEN);
    body.rtnh_len = static_cast<std::uint16_t>(bytes.size());
    message.put_raw(bytes.data(), bytes.size());
  }
  message.end(all);
}

void build(NetlinkMessage& message, const RouteSpec& route) {
  auto& body = message.body<rtmsg>();
  body.rtm_family = family_of(route.family);
  body.rtm_dst_len = static_cast<std::uint8_t>(route.length);
  body.rtm_src_len = static_cast<std::uint8_t>(route.from ? route.from_length : 0);
  body.rtm_tos = route.tos;
  body.rtm_table = static_cast<std::uint8_t>(route.table < 256 ? route.table : RT_TABLE_UNSPEC);
  body.rtm_protocol = route.protocol;
  body.rtm_scope = scope_of(route);
  body.rtm_type = route.type;
  body.rtm_flags = route.onlink ? RTNH_F_ONLINK : 0;
  if (route.length > 0) message.put_address(RTA_DST, route.destination);
  if (route.from && route.from_length > 0) message.put_address(RTA_SRC, *route.from);
  if (route.source) message.put_address(RTA_PREFSRC, *route.source);
  if (route.via) put_via(message, route.family, *route.via);
  if (route.index.value != 0) {
    message.put_u32(RTA_OIF, static_cast<std::uint32_t>(route.index.value));
  }
  if (route.metric) message.put_u32(RTA_PRIORITY, *route.metric);
  if (route.table >= 256) message.put_u32(RTA_TABLE, route.table);
  if (route.realms != 0) message.put_u32(RTA_FLOW, route.realms);
  if (route.preference) message.put_u8(RTA_PREF, *route.preference);
  if (route.expires) message.put_u32(RTA_EXPIRES, *route.expires);
  if (route.ttl_propagate) message.put_u8(RTA_TTL_PROPAGATE, *route.ttl_propagate ? 1 : 0);
  put_metrics(message, route);
  put_hops(message, route);
}

std::string text_of(const RouteSpec& route) {
  return "route to " + route.destination.text() + "/" + std::to_string(route.length);
}

}  // namespace

Result<void> add_route(Netlink& netlink, const RouteSpec& route) {
  NetlinkMessage message(RTM_NEWROUTE, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | route.flags);
  build(message, route);
  return netlink.change(message, {EEXIST}, "cannot add " + text_of(route));
}

Result<void> remove_route(Netlink& netlink, const RouteSpec& route) {
  NetlinkMessage message(RTM_DELROUTE, NLM_F_REQUEST | NLM_F_ACK);
  build(message, route);
  // It goes with its interface or its source address, before we come to it.
  return netlink.change(message, {ESRCH, ENODEV, ENETDOWN}, "cannot remove " + text_of(route));
}

std::optional<RouteKey> parse_route(const nlmsghdr* header) {
  if (header->nlmsg_type != RTM_NEWROUTE && header->nlmsg_type != RTM_DELROUTE) {
    return std::nullopt;
  }
  if (mnl_nlmsg_get_payload_len(header) < sizeof(rtmsg)) return std::nullopt;
  const auto* body = static_cast<const rtmsg*>(mnl_nlmsg_get_payload(header));
  if (body->rtm_family != AF_INET && body->rtm_family != AF_INET6) return std::nullopt;
  if ((body->rtm_flags & RTM_F_CLONED) != 0) return std::nullopt;
  RouteKey key;
  key.destination.family = body->rtm_family == AF_INET ? wire::Family::V4 : wire::Family::V6;
  key.length = body->rtm_dst_len;
  key.table = body->rtm_table;
  key.tos = body->rtm_tos;
  key.deleted = header->nlmsg_type == RTM_DELROUTE;
  const auto read = [](const nlattr* a, void* data) {
    auto& found = *static_cast<RouteKey*>(data);
    const auto size = mnl_attr_get_payload_len(a);
    const int type = mnl_attr_get_type(a);
    if (type == RTA_DST && size == found.destination.size()) {
      std::memcpy(found.destination.bytes.data(), mnl_attr_get_payload(a), size);
    } else if (type == RTA_TABLE && size == sizeof(std::uint32_t)) {
      found.table = mnl_attr_get_u32(a);
    } else if (type == RTA_PRIORITY && size == sizeof(std::uint32_t)) {
      found.metric = mnl_attr_get_u32(a);
    }
    return MNL_CB_OK;
  };
  mnl_attr_parse(header, sizeof(rtmsg), read, &key);
  return key;
}

bool is_of(const RouteKey& key, const RouteSpec& route) {
  // What IPv6 makes of a metric that is not given; IPv4 keeps 0.
  const std::uint32_t fallback = route.family == wire::Family::V6 ? 1024 : 0;
  return key.destination.family == route.family && key.length == route.length &&
         key.table == route.table && key.tos == route.tos &&
         key.metric == route.metric.value_or(fallback) &&
         (route.length == 0 || key.destination == route.destination);
}

bool replaces(const RouteSpec& route, const RouteSpec& other) {
  return (route.flags & NLM_F_REPLACE) != 0 && route.family == other.family &&
         route.length == other.length && route.destination == other.destination &&
         route.table == other.table && route.tos == other.tos && route.metric == other.metric;
}

namespace {

/// One dump: of one family and table, and of one protocol unless that is 0.
Result<void> ask(const RouteSpec& like, std::uint8_t protocol, Instant deadline,
                 const std::function<void(const RouteKey&)>& heard) {
  auto netlink = Netlink::open();
  if (!netlink) return tl::unexpected(netlink.error());
  netlink->filter_dumps();
  NetlinkMessage request(RTM_GETROUTE, NLM_F_REQUEST | NLM_F_DUMP);
  auto& body = request.body<rtmsg>();
  body.rtm_family = family_of(like.family);
  body.rtm_protocol = protocol;
  request.put_u32(RTA_TABLE, like.table);
  const auto each = [&](const nlmsghdr* h) {
    if (const auto key = parse_route(h)) heard(*key);
  };
  auto asked = netlink->each(request, each, deadline);
  if (!asked && asked.error().os_errno == ENOENT) return {};  // no such table: nothing is in it
  return asked;
}

/// A pass over those that `there` does not have yet; false when an answer could not be had.
bool look(std::span<const RouteSpec* const> routes, bool any_protocol, Instant deadline,
          bool unknown_is_there, std::vector<bool>& there) {
  std::vector<bool> asked = there;
  bool complete = true;
  for (std::size_t i = 0; i < routes.size(); ++i) {
    if (asked[i]) continue;
    std::vector<std::size_t> alike;
    for (std::size_t k = i; k < routes.size(); ++k) {
      const RouteSpec& other = *routes[k];
      if (asked[k] || other.family != routes[i]->family || other.table != routes[i]->table ||
          (!any_protocol && other.protocol != routes[i]->protocol)) {
        continue;
      }
      asked[k] = true;
      alike.push_back(k);
    }
    const std::uint8_t protocol = any_protocol ? 0 : routes[i]->protocol;
    const auto answered = ask(*routes[i], protocol, deadline, [&](const RouteKey& key) {
      for (const std::size_t k : alike) {
        if (is_of(key, *routes[k])) there[k] = true;
      }
    });
    complete = complete && answered;
    if (answered || !unknown_is_there) continue;
    for (const std::size_t k : alike) there[k] = true;
  }
  return complete;
}

}  // namespace

RoutesFound find_routes(std::span<const RouteSpec* const> routes, Duration patience) {
  const Instant deadline = monotonic_now() + patience;
  RoutesFound found;
  found.there.resize(routes.size());
  found.complete = look(routes, false, deadline, true, found.there);
  look(routes, true, deadline, false, found.there);
  return found;
}

bool has_route(const RouteSpec& route, Duration patience) {
  const RouteSpec* const one = &route;
  return find_routes({&one, 1}, patience).there.front();
}

}  // namespace alibi::os
