// SPDX-License-Identifier: Apache-2.0
// Static addresses, routes and rules: made, put back when somebody else took them away, given back.
#include <fmt/format.h>

#include <algorithm>

#include "daemon/network_setup.h"

namespace alibi::daemon {
namespace {

/// For one look into the routing tables, which may be the Internet's.
constexpr Duration kPatience = 1s;

template <typename Spec, typename Key>
bool loses(const std::vector<Spec>& all, const Key& key) {
  return std::any_of(all.begin(), all.end(),
                     [&](const Spec& spec) { return spec.tracked && os::is_of(key, spec); });
}

}  // namespace

Result<void> NetworkSetup::add_statics(const config::Settings& settings) {
  auto statics = resolver_.statics(links_);
  if (!statics) {
    if (!settings.global.dynamic_interfaces) return tl::unexpected(statics.error());
    statics = resolver_.rest_of_statics(links_);  // the others when their interfaces come
  }
  statics_ = std::move(*statics);
  Result<void> done;
  take(statics_, netlink_, nullptr, [&](const Error& error) {
    if (done) done = tl::unexpected(error);
  });
  return done;
}

/// What `staying` has otherwise in details is there as it wants it afterwards: the kernel takes a
/// route that is named with fewer details for the one that has more, and with an address it takes
/// away what depends on it.
void NetworkSetup::undo_statics(const NetworkSetup* staying, std::vector<std::string>& failures) {
  const auto failed = [&](const Error& error) { failures.push_back(error.message); };
  static const InstanceNetwork kNone;
  const InstanceNetwork& kept = staying == nullptr ? kNone : staying->statics_;
  InstanceNetwork gone = lacking(statics_, kept);
  std::erase_if(gone.routes.edit(), [&](const auto& route) {
    return std::any_of(kept.routes.begin(), kept.routes.end(),
                       [&](const auto& other) { return os::replaces(other, route); });
  });
  for (const auto& spec : altered(statics_, kept)) gone.addresses.push_back(spec);
  give_back(gone, netlink_, nullptr, failed);
  if (staying != nullptr && !same(statics_, kept)) take(kept, netlink_, nullptr, failed);
  statics_ = {};
}

bool NetworkSetup::restores() const {
  const auto tracked = [](const auto& one) { return !one.no_track; };
  return std::any_of(settings_.static_addresses.begin(), settings_.static_addresses.end(),
                     tracked) ||
         restores_policy();
}

bool NetworkSetup::restores_policy() const {
  const auto tracked = [](const auto& one) { return !one.no_track; };
  return std::any_of(settings_.static_routes.begin(), settings_.static_routes.end(), tracked) ||
         std::any_of(settings_.static_rules.begin(), settings_.static_rules.end(), tracked);
}

/// The kernel takes routes away with an interface that goes down, and with the address that they
/// name as source, and says nothing of it: an interface that comes up, and every loss, is a reason
/// to look at all.
bool NetworkSetup::may_lose(const os::LinkNews& news) {
  if (std::holds_alternative<os::Overrun>(news)) return true;
  if (const auto* link = std::get_if<os::Interface>(&news)) return comes_up(*link);
  if (const auto* address = std::get_if<os::InterfaceAddress>(&news)) {
    if (!address->deleted) return !refused_.empty();  // what a route could not do without
    return std::any_of(statics_.addresses.begin(), statics_.addresses.end(), [&](const auto& s) {
      return s.tracked && s.index == address->index && s.address == address->address;
    });
  }
  if (const auto* route = std::get_if<os::RouteKey>(&news)) {
    return route->deleted && loses(*statics_.routes, *route);
  }
  const auto* rule = std::get_if<os::RuleKey>(&news);
  return rule != nullptr && rule->deleted && loses(*statics_.rules, *rule);
}

bool NetworkSetup::comes_up(const os::Interface& news) {
  const auto* before = links_.find(news.index);
  const bool was_up = before != nullptr && before->up && before->name == news.name;
  links_.apply(news);
  return news.up && !news.deleted && !was_up;
}

std::vector<std::string> NetworkSetup::restore() {
  std::vector<std::string> said;
  std::vector<std::string> refused;
  const auto note = [&](const Result<void>& done, const std::string& what) {
    if (done) {
      said.push_back("Restoring deleted static " + what);
      return;
    }
    refused.push_back("static " + what +
                      " is gone and cannot be restored: " + done.error().message);
    const bool known =
        std::find(refused_.begin(), refused_.end(), refused.back()) != refused_.end();
    if (!known) said.push_back(refused.back());
  };
  auto links = Links::read(netlink_);
  if (!links) return {links.error().message};
  links_ = std::move(*links);
  statics_ = resolver_.rest_of_statics(links_);  // an interface may have been made anew
  for (const auto& spec : statics_.addresses) {
    if (!spec.tracked || links_.has(spec)) continue;
    const auto* link = links_.find(spec.index);
    note(netlink_.add(spec),
         fmt::format("address {}/{} on {}", spec.address.text(), spec.prefix_length, link->name));
  }
  std::vector<const os::RouteSpec*> routes;
  for (const auto& route : statics_.routes) {
    const auto* link = links_.find(route.index);
    if (route.tracked && link != nullptr && link->up) routes.push_back(&route);
  }
  const auto found = os::find_routes(routes, kPatience);
  for (std::size_t i = 0; i < routes.size(); ++i) {
    if (found.there[i]) continue;
    note(os::add_route(netlink_, *routes[i]),
         fmt::format("route to {}/{}", routes[i]->destination.text(), routes[i]->length));
  }
  for (const auto& rule : statics_.rules) {
    if (!rule.tracked || os::has_rule(netlink_, rule)) continue;
    note(os::add_rule(netlink_, rule), fmt::format("rule of preference {}", rule.priority));
  }
  refused_ = std::move(refused);
  return said;
}

}  // namespace alibi::daemon
