// SPDX-License-Identifier: Apache-2.0
// What somebody else took away: addresses, routes and rules of a master. As keepalived: the master
// resigns, and comes back after its skew time when nobody took over.
#include <algorithm>

#include "daemon/keeper.h"

namespace alibi::daemon {
namespace {

/// For one look into the routing tables, which the keeper waits for.
constexpr Duration kPatience = 200ms;

bool holds(const keeping::Slot& slot, const std::vector<keeping::Port>& ports) {
  return slot.has_addresses && ports[slot.port].up;
}

}  // namespace

/// With the interface down the kernel takes things away itself; that is a fault, not a loss.
/// The news may be of our own removal, some time ago, of an address that we hold again: asked once
/// more, the kernel knows.
void Keeper::address_removed(const os::InterfaceAddress& news) {
  for (Slot& slot : slots_) {
    if (!holds(slot, ports_)) continue;
    for (const auto& spec : slot.network.addresses) {
      if (spec.index != news.index || spec.address != news.address || !spec.tracked) continue;
      const auto present = netlink_.has(spec);
      if (present && !*present) feed(slot, vrrp::AddressLost{news.address});
      break;
    }
  }
}

void Keeper::hear(const os::RouteKey& news) {
  if (!news.deleted) return;
  const auto what = [&] {
    return "the route to " + news.destination.text() + "/" + std::to_string(news.length);
  };
  for (Slot& slot : slots_) {
    if (!holds(slot, ports_)) continue;
    for (const auto& route : slot.network.routes) {
      if (!route.tracked || !os::is_of(news, route)) continue;
      if (!os::has_route(route, kPatience)) feed(slot, vrrp::AddressLost{news.destination, what()});
      break;
    }
  }
}

void Keeper::hear(const os::RuleKey& news) {
  if (!news.deleted) return;
  const auto what = [&] {
    return "the routing rule of preference " + std::to_string(news.priority);
  };
  for (Slot& slot : slots_) {
    if (!holds(slot, ports_)) continue;
    for (const auto& rule : slot.network.rules) {
      if (!rule.tracked || !os::is_of(news, rule)) continue;
      if (!os::has_rule(netlink_, rule)) feed(slot, vrrp::AddressLost{{news.family, {}}, what()});
      break;
    }
  }
}

/// After notifications were lost: everything is compared.
void Keeper::look_for_losses() {
  for (Slot& slot : slots_) {
    for (const auto& spec : slot.network.addresses) {
      if (!slot.has_addresses || !spec.tracked || links_.has(spec)) continue;
      feed(slot, vrrp::AddressLost{spec.address});
      break;
    }
    for (const auto& rule : slot.network.rules) {
      if (!slot.has_addresses || !rule.tracked || os::has_rule(netlink_, rule)) continue;
      feed(slot,
           vrrp::AddressLost{{rule.family, {}},
                             "the routing rule of preference " + std::to_string(rule.priority)});
      break;
    }
  }
  look_for_routes();
}

/// All at once: the table may be the Internet's.
void Keeper::look_for_routes() {
  std::vector<const os::RouteSpec*> routes;
  std::vector<Slot*> owners;
  for (Slot& slot : slots_) {
    if (!slot.has_addresses) continue;
    for (const auto& route : slot.network.routes) {
      if (!route.tracked) continue;
      routes.push_back(&route);
      owners.push_back(&slot);
    }
  }
  if (routes.empty()) return;
  const auto found = os::find_routes(routes, kPatience);
  if (!found.complete) {
    voice_.say_daemon(
        "notifications were lost, and the routing table is too large to look in it for all routes: "
        "a loss may go unnoticed",
        1);
  }
  for (std::size_t i = 0; i < routes.size(); ++i) {
    const auto& at = routes[i]->destination;
    if (found.there[i] || !owners[i]->has_addresses) continue;  // one lost route is enough
    feed(*owners[i], vrrp::AddressLost{at, "the route to " + at.text()});
  }
}

}  // namespace alibi::daemon
