// SPDX-License-Identifier: Apache-2.0
// virtual_routes and static_routes: lines in the words of ip-route(8) that keepalived takes.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "config/fields.h"
#include "config/handlers.h"
#include "config/line_words.h"

namespace alibi::config {
namespace {

constexpr std::array<std::string_view, 11> kTypes = {
    "unicast",  "local",     "broadcast", "multicast", "throw",   "unreachable",
    "prohibit", "blackhole", "nat",       "anycast",   "xresolve"};
constexpr std::array<std::string_view, 15> kMetrics = {
    "mtu",     "hoplimit", "advmss",  "rtt",      "rttvar",   "reordering", "window",
    "cwnd",    "ssthresh", "rto_min", "initcwnd", "initrwnd", "quickack",   "fastopen_no_cookie",
    "features"};
constexpr std::array<std::string_view, 40> kWords = {
    "inet",     "inet6",    "src",      "via",         "gw",       "from",     "tos",
    "dsfield",  "table",    "protocol", "scope",       "metric",   "priority", "preference",
    "dev",      "oif",      "onlink",   "expires",     "mtu",      "hoplimit", "advmss",
    "rtt",      "rttvar",   "window",   "cwnd",        "ssthresh", "realms",   "initcwnd",
    "initrwnd", "features", "quickack", "congctl",     "pref",     "nexthop",  "no_track",
    "add",      "prepend",  "append",   "track_group", "encap"};

template <std::size_t N>
bool among(const std::array<std::string_view, N>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

class RouteLine {
 public:
  RouteLine(Context& context, const Piece& piece) : words_(context, piece) {}

  std::optional<Route> read() {
    route_.words = words_.all();
    route_.place = words_.place();
    while (!words_.at_end() && !words_.dropped()) word();
    if (words_.dropped()) return std::nullopt;
    if (!destination_) {
      words_.drop("a route needs a destination (ADDRESS[/LENGTH] or default)");
      return std::nullopt;
    }
    if (!families()) return std::nullopt;
    if (route_.interface.empty() && !route_.no_track) {
      words_.warn(
          fmt::format("the route to {} names no interface: its loss cannot be noticed, as "
                      "with no_track",
                      text(route_.destination)));
      route_.no_track = true;
    }
    return std::move(route_);
  }

 private:
  template <typename T, typename U>
  void keep(T& target, U&& value) {
    if (value) target = *std::forward<U>(value);
  }

  void word() {
    const std::string word = words_.take();
    if (among(kTypes, word)) {
      route_.type = word;
    } else if (word == "inet" || word == "inet6") {
      family_ = word == "inet" ? wire::Family::V4 : wire::Family::V6;
    } else if (word == "to") {
      destination(words_.network(word));
    } else if (!addresses(word) && !names(word) && !numbers(word) && !flags(word)) {
      const auto network = network_of(word);
      if (network && !destination_) {
        destination(network);
      } else {
        words_.unknown(word, "route", kWords);
      }
    }
  }

  void destination(const std::optional<Network>& network) {
    if (!network) return;
    destination_ = true;
    route_.destination = *network;
  }

  bool addresses(const std::string& word) {
    if (word == "src") {
      keep(route_.source, words_.address(word));
    } else if (word == "via" || word == "gw") {
      if (word == "gw") words_.warn("'gw' of a route is an old word for 'via', which is better");
      if (!words_.skip("inet")) words_.skip("inet6");
      keep(route_.via, words_.address(word));
    } else if (word == "from") {
      keep(route_.source_network, words_.network(word));
    } else if (word == "as") {
      words_.skip("to");
      words_.drop("'as' is for MPLS, which alibi does not serve");
    } else {
      return false;
    }
    return true;
  }

  bool names(const std::string& word) {
    if (word == "dev" || word == "oif") {
      keep(route_.interface, words_.interface(word));
    } else if (word == "table" || word == "vrf") {
      keep(route_.table, words_.name(word));
    } else if (word == "protocol") {
      keep(route_.protocol, words_.name(word));
    } else if (word == "scope") {
      keep(route_.scope, words_.name(word));
    } else if (word == "tos" || word == "dsfield") {
      keep(route_.tos, words_.octet(word));
    } else if (word == "realms") {
      keep(route_.realms, words_.name(word));
    } else if (word == "pref") {
      preference();
    } else if (word == "congctl") {
      route_.congestion_lock = words_.skip("lock");
      keep(route_.congestion_control, words_.name(word));
    } else if (word == "track_group") {
      keep(route_.track_group, words_.name(word));
    } else {
      return false;
    }
    return true;
  }

  void preference() {
    const auto level = words_.name("pref");
    if (!level) return;
    if (*level == "low" || *level == "medium" || *level == "high") {
      route_.preference_level = *level;
    } else {
      words_.drop(fmt::format("pref is low, medium or high, not '{}'", *level));
    }
  }

  bool numbers(const std::string& word) {
    if (word == "metric" || word == "priority" || word == "preference") {
      keep(route_.metric, words_.number(word));
    } else if (word == "expires") {
      keep(route_.expires_seconds, words_.number(word));
    } else if (word == "quickack") {
      if (const auto value = words_.number(word, 1)) route_.quickack = *value == 1;
    } else if (word == "features") {
      if (!words_.skip("ecn")) words_.drop("the only feature known is ecn");
      route_.ecn = true;
    } else if (among(kMetrics, word)) {
      metric(word);
    } else {
      return false;
    }
    return true;
  }

  void metric(const std::string& name) {
    RouteMetric metric{name, 0, words_.skip("lock")};
    const auto* text = words_.value(name);
    if (text == nullptr) return;
    std::string digits = *text;
    std::uint32_t unit = 1;
    const bool time = name == "rtt" || name == "rttvar" || name == "rto_min";
    if (time && digits.ends_with("s")) {
      // As ip-route(8): the kernel has these two in parts of a millisecond, which a number without
      // a unit is taken for.
      unit = name == "rtt" ? 8 : name == "rttvar" ? 4 : 1;
      const bool milliseconds = digits.ends_with("ms");
      digits.resize(digits.size() - (milliseconds ? 2 : 1));
      if (!milliseconds) unit *= 1000;
    }
    const bool good = !digits.empty() && digits.size() <= 9 &&
                      digits.find_first_not_of("0123456789") == std::string::npos;
    if (!good) return words_.drop(fmt::format("{} takes a whole number, not '{}'", name, *text));
    const std::uint64_t value = std::stoull(digits) * unit;  // nine digits: no overflow
    if (value > UINT32_MAX) return words_.drop(fmt::format("{} is too large: {}", name, *text));
    metric.value = static_cast<std::uint32_t>(value);
    route_.metrics.push_back(metric);
  }

  bool flags(const std::string& word) {
    if (word == "onlink") {
      route_.onlink = true;
    } else if (word == "no_track") {
      route_.no_track = true;
    } else if (word == "add" || word == "append" || word == "prepend") {
      route_.change = word == "add"      ? Route::Change::Add
                      : word == "append" ? Route::Change::Append
                                         : Route::Change::Prepend;
    } else if (word == "ttl-propagate") {
      const auto value = words_.name(word);
      if (value && *value != "enabled" && *value != "disabled") {
        words_.drop(fmt::format("ttl-propagate is enabled or disabled, not '{}'", *value));
      } else if (value) {
        route_.ttl_propagate = *value == "enabled";
      }
    } else if (word == "nexthop" || word == "or") {
      if (word == "or") old_next_hop();
      next_hop();
    } else if (word == "encap") {
      words_.drop("encap is not served: the route would leave its traffic as it is");
    } else {
      return false;
    }
    return true;
  }

  // `via A or B`: two next hops in the words of old.
  void old_next_hop() {
    words_.warn("'or' of a route is an old word for nexthop, which is better");
    if (route_.via) route_.next_hops.push_back({route_.via, route_.interface, 1, false, ""});
    route_.via.reset();
    if (!words_.at_end() && wire::IpAddress::parse(words_.peek())) {
      route_.next_hops.push_back({wire::IpAddress::parse(words_.take()), "", 1, false, ""});
      old_ = true;
    }
  }

  void next_hop() {
    if (old_) return;
    NextHop hop;
    while (!words_.at_end() && !words_.dropped() && words_.peek() != "nexthop") {
      const std::string word = words_.take();
      if (word == "via") {
        if (!words_.skip("inet")) words_.skip("inet6");
        keep(hop.via, words_.address(word));
      } else if (word == "dev" || word == "oif") {
        keep(hop.interface, words_.interface(word));
      } else if (word == "weight") {
        const auto weight = words_.number(word, 256);
        if (weight) hop.weight = std::max(1, static_cast<int>(*weight));
      } else if (word == "onlink") {
        hop.onlink = true;
      } else if (word == "realms") {
        keep(hop.realms, words_.name(word));
      } else {
        constexpr std::array<std::string_view, 5> kHopWords = {"via", "dev", "weight", "onlink",
                                                               "realms"};
        words_.unknown(word, "next hop", kHopWords);
      }
    }
    route_.next_hops.push_back(std::move(hop));
  }

  bool families() {
    if (family_) {
      // `inet6 default`: a default has no family of its own.
      if (route_.destination.length == 0 && route_.destination.address.is_unspecified()) {
        route_.destination.address.family = *family_;
      }
    } else if (route_.via && route_.destination.length == 0 &&
               route_.destination.address.is_unspecified()) {
      route_.destination.address.family = route_.via->family;
    }
    route_.family = route_.destination.address.family;
    if (route_.family == wire::Family::V4 &&
        (!route_.preference_level.empty() || route_.expires_seconds)) {
      words_.drop("pref and expires are for IPv6");
      return false;
    }
    if (family_.value_or(route_.family) != route_.family ||
        (route_.source && route_.source->family != route_.family)) {
      words_.drop("the addresses of the route are not of one family");
      return false;
    }
    if (route_.family == wire::Family::V6 && route_.via && route_.via->family != route_.family) {
      words_.drop("an IPv6 route cannot go via an IPv4 address");
      return false;
    }
    return true;
  }

  LineWords words_;
  Route route_;
  std::optional<wire::Family> family_;
  bool destination_ = false;
  bool old_ = false;
};

void add(Context& context, const Statement& statement, std::vector<Route>& routes) {
  for (const Piece& piece : statement.lines) {
    if (auto route = RouteLine(context, piece).read()) routes.push_back(std::move(*route));
  }
}

void write(const std::vector<Route>& routes, std::string_view keyword, Text& out) {
  if (routes.empty()) return;
  out.open(keyword);
  for (const Route& route : routes) {
    std::string line;
    for (const auto& word : route.words) line += (line.empty() ? "" : " ") + quote(word);
    out.raw(line);
  }
  out.close();
}

}  // namespace

bool add_routes(Context& context, const Statement& statement) {
  add(context, statement, context.instance->instance.routes.edit());
  return true;
}

bool add_static_routes(Context& context, const Statement& statement) {
  add(context, statement, context.draft.settings.static_routes);
  return true;
}

void write_routes(const Subject& subject, std::string_view keyword, Text& out) {
  write(subject.instance->routes, keyword, out);
}

void write_static_routes(const Subject& subject, std::string_view keyword, Text& out) {
  write(subject.settings.static_routes, keyword, out);
}

}  // namespace alibi::config
