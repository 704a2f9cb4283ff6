// SPDX-License-Identifier: Apache-2.0
// Words to numbers.
#include "daemon/routes.h"

#include <linux/fib_rules.h>
#include <linux/icmpv6.h>
#include <linux/rtnetlink.h>
#include <netdb.h>

#include <array>
#include <string_view>

namespace alibi::daemon {
namespace {

using Kind = os::RouteNames::Kind;

struct Named {
  std::string_view name;
  int value;
};

constexpr std::array kTypes = {Named{"unicast", RTN_UNICAST},
                               Named{"local", RTN_LOCAL},
                               Named{"broadcast", RTN_BROADCAST},
                               Named{"anycast", RTN_ANYCAST},
                               Named{"multicast", RTN_MULTICAST},
                               Named{"blackhole", RTN_BLACKHOLE},
                               Named{"unreachable", RTN_UNREACHABLE},
                               Named{"prohibit", RTN_PROHIBIT},
                               Named{"throw", RTN_THROW},
                               Named{"nat", RTN_NAT},
                               Named{"xresolve", RTN_XRESOLVE}};
constexpr std::array kMetrics = {Named{"mtu", RTAX_MTU},
                                 Named{"window", RTAX_WINDOW},
                                 Named{"rtt", RTAX_RTT},
                                 Named{"rttvar", RTAX_RTTVAR},
                                 Named{"ssthresh", RTAX_SSTHRESH},
                                 Named{"cwnd", RTAX_CWND},
                                 Named{"advmss", RTAX_ADVMSS},
                                 Named{"reordering", RTAX_REORDERING},
                                 Named{"hoplimit", RTAX_HOPLIMIT},
                                 Named{"initcwnd", RTAX_INITCWND},
                                 Named{"features", RTAX_FEATURES},
                                 Named{"rto_min", RTAX_RTO_MIN},
                                 Named{"initrwnd", RTAX_INITRWND},
                                 Named{"quickack", RTAX_QUICKACK},
                                 Named{"fastopen_no_cookie", RTAX_FASTOPEN_NO_COOKIE}};
constexpr std::array kActions = {Named{"lookup", FR_ACT_TO_TBL},
                                 Named{"goto", FR_ACT_GOTO},
                                 Named{"nop", FR_ACT_NOP},
                                 Named{"blackhole", FR_ACT_BLACKHOLE},
                                 Named{"unreachable", FR_ACT_UNREACHABLE},
                                 Named{"prohibit", FR_ACT_PROHIBIT}};

template <std::size_t N>
std::optional<int> find(const std::array<Named, N>& all, std::string_view name) {
  for (const Named& known : all) {
    if (known.name == name) return known.value;
  }
  return std::nullopt;
}

/// Collects the first thing that is not known.
class Reader {
 public:
  Reader(const os::RouteNames& names, const Links* links) : names_(names), links_(links) {}

  std::uint32_t number(Kind kind, const std::string& text, std::uint32_t fallback,
                       const char* what) {
    if (text.empty()) return fallback;
    return known(names_.number(kind, text), what, text);
  }
  std::uint32_t realms(const std::string& text) {
    return text.empty() ? 0 : known(names_.realms(text), "realm", text);
  }
  template <std::size_t N>
  int word(const std::array<Named, N>& all, const std::string& name, const char* what) {
    return known(find(all, name), what, name);
  }
  IfIndex index(const std::string& name) {
    if (name.empty() || links_ == nullptr) return IfIndex(0);
    const auto* interface = links_->find(name);
    if (interface != nullptr) return interface->index;
    missing("interface", name);
    return IfIndex(0);
  }
  template <typename T>
  T known(const std::optional<T>& value, const char* what, const std::string& text) {
    if (!value) missing(what, text);
    return value.value_or(T{});
  }
  void missing(const char* what, const std::string& text) {
    if (error_.empty()) error_ = std::string("unknown ") + what + " '" + text + "'";
  }
  const std::string& error() const { return error_; }

 private:
  const os::RouteNames& names_;
  const Links* links_;
  std::string error_;
};

void read_metrics(Reader& read, const config::Route& route, os::RouteSpec& spec) {
  std::uint32_t locks = 0;
  for (const auto& metric : route.metrics) {
    const int number = read.word(kMetrics, metric.name, "metric of a route");
    spec.metrics.emplace_back(number, metric.value);
    if (metric.lock) locks |= 1U << static_cast<unsigned>(number);
  }
  if (route.quickack) spec.metrics.emplace_back(RTAX_QUICKACK, 1);
  if (route.congestion_lock) locks |= 1U << RTAX_CC_ALGO;
  if (route.ecn) spec.metrics.emplace_back(RTAX_FEATURES, RTAX_FEATURE_ECN);
  if (locks != 0) spec.metrics.emplace_back(RTAX_LOCK, locks);
}

int change_flags(config::Route::Change change) {
  switch (change) {
    case config::Route::Change::Replace:
      return NLM_F_REPLACE;
    case config::Route::Change::Add:
      return NLM_F_EXCL;
    case config::Route::Change::Append:
      return NLM_F_APPEND;
    case config::Route::Change::Prepend:
      break;
  }
  return 0;
}

std::string joined(const std::vector<std::string>& words) {
  std::string line;
  for (const auto& word : words) line += (line.empty() ? "" : " ") + word;
  return line;
}

std::optional<std::uint8_t> protocol_number(const std::string& text) {
  if (const auto* entry = ::getprotobyname(text.c_str())) {
    return static_cast<std::uint8_t>(entry->p_proto);
  }
  const auto number = os::RouteNames().number(Kind::Protocol, text);
  if (!number || *number > 255) return std::nullopt;
  return static_cast<std::uint8_t>(*number);
}

/// `links`: nullptr to leave interfaces out of it.
Result<os::RouteSpec> spec_of(const config::Route& route, const Links* links,
                              const os::RouteNames& names) {
  Reader read(names, links);
  os::RouteSpec spec;
  spec.family = route.family;
  spec.type = static_cast<std::uint8_t>(read.word(kTypes, route.type, "type of route"));
  spec.destination = route.destination.address;
  spec.length = route.destination.length;
  if (route.source_network) {
    spec.from = route.source_network->address;
    spec.from_length = route.source_network->length;
  }
  spec.source = route.source;
  spec.via = route.via;
  spec.index = read.index(route.interface);
  spec.metric = route.metric;
  spec.table = read.number(Kind::Table, route.table, RT_TABLE_MAIN, "routing table");
  spec.protocol = static_cast<std::uint8_t>(
      read.number(Kind::Protocol, route.protocol, RTPROT_KEEPALIVED, "routing protocol"));
  if (!route.scope.empty()) {
    spec.scope = static_cast<std::uint8_t>(read.number(Kind::Scope, route.scope, 0, "scope"));
  }
  spec.tos =
      static_cast<std::uint8_t>(read.number(Kind::TrafficClass, route.tos, 0, "traffic class"));
  spec.realms = read.realms(route.realms);
  if (!route.preference_level.empty()) {
    static constexpr std::array kLevels = {Named{"low", ICMPV6_ROUTER_PREF_LOW},
                                           Named{"medium", ICMPV6_ROUTER_PREF_MEDIUM},
                                           Named{"high", ICMPV6_ROUTER_PREF_HIGH}};
    spec.preference = static_cast<std::uint8_t>(
        read.word(kLevels, route.preference_level, "preference of a route"));
  }
  spec.onlink = route.onlink;
  spec.expires = route.expires_seconds;
  read_metrics(read, route, spec);
  spec.congestion_control = route.congestion_control;
  spec.ttl_propagate = route.ttl_propagate;
  for (const auto& hop : route.next_hops) {
    spec.hops.push_back(
        {hop.via, read.index(hop.interface), hop.weight, hop.onlink, read.realms(hop.realms)});
  }
  spec.flags = change_flags(route.change);
  spec.tracked = !route.no_track;
  if (!read.error().empty()) return fail(read.error() + " in route '" + joined(route.words) + "'");
  return spec;
}

}  // namespace

Result<os::RouteSpec> route_spec(const config::Route& route, const Links& links,
                                 const os::RouteNames& names) {
  return spec_of(route, &links, names);
}

std::string unknown_name(const config::Route& route, const os::RouteNames& names) {
  const auto spec = spec_of(route, nullptr, names);
  return spec ? std::string() : spec.error().message;
}

Result<os::RuleSpec> rule_spec(const config::Rule& rule, std::uint32_t priority,
                               const os::RouteNames& names) {
  Reader read(names, nullptr);
  os::RuleSpec spec;
  spec.family = rule.family;
  spec.negate = rule.negate;
  if (rule.from) {
    spec.from = rule.from->address;
    spec.from_length = rule.from->length;
  }
  if (rule.to) {
    spec.to = rule.to->address;
    spec.to_length = rule.to->length;
  }
  spec.input_interface = rule.input_interface;
  spec.output_interface = rule.output_interface;
  spec.action = static_cast<std::uint8_t>(read.word(kActions, rule.action, "action of a rule"));
  spec.table = read.number(Kind::Table, rule.table, 0, "routing table");
  spec.priority = priority;
  spec.goto_priority = rule.goto_priority;
  spec.mark = rule.mark;
  spec.mark_mask = rule.mark_mask;
  spec.tos =
      static_cast<std::uint8_t>(read.number(Kind::TrafficClass, rule.tos, 0, "traffic class"));
  spec.realms = read.realms(rule.realms);
  spec.protocol = static_cast<std::uint8_t>(
      read.number(Kind::Protocol, rule.protocol, RTPROT_KEEPALIVED, "routing protocol"));
  if (!rule.ip_protocol.empty()) {
    spec.ip_protocol =
        read.known(protocol_number(rule.ip_protocol), "IP protocol", rule.ip_protocol);
  }
  spec.source_port = rule.source_port;
  spec.destination_port = rule.destination_port;
  spec.uid_range = rule.uid_range;
  spec.tunnel_id = rule.tunnel_id;
  spec.suppress_prefix_length = rule.suppress_prefix_length;
  spec.suppress_group = rule.suppress_group;
  spec.l3mdev = rule.l3mdev;
  spec.tracked = !rule.no_track;
  if (!read.error().empty()) return fail(read.error() + " in rule '" + joined(rule.words) + "'");
  return spec;
}

}  // namespace alibi::daemon
