// SPDX-License-Identifier: Apache-2.0
// Resolving, taking, giving back.
#include "daemon/instance_network.h"

#include <algorithm>
#include <cctype>
#include <cerrno>

namespace alibi::daemon {
namespace {

constexpr const char* kKeepalivedTable = "keepalived";

/// Of iproute2: what a later one says does not count where an earlier one has the name.
std::vector<std::string> name_folders(const config::Global& global) {
  const auto& etc = global.iproute_etc_dir;
  std::vector<std::string> folders{etc.empty() ? "/etc/iproute2" : etc};
  if (!global.iproute_usr_dir.empty()) {
    folders.push_back(global.iproute_usr_dir);
  } else {
    folders.insert(folders.end(), {"/usr/lib/iproute2", "/usr/share/iproute2"});
  }
  return folders;
}

bool has_policy(const config::Settings& settings) {
  return !settings.static_routes.empty() || !settings.static_rules.empty() ||
         std::any_of(settings.instances.begin(), settings.instances.end(),
                     [](const auto& i) { return !i.routes.empty() || !i.rules.empty(); });
}

template <typename T>
void drop_known(std::vector<T>& from, const std::vector<T>& known) {
  std::erase_if(from, [&](const T& one) {
    return std::find(known.begin(), known.end(), one) != known.end();
  });
}

template <typename T>
void drop_known(Rare<std::vector<T>>& from, const std::vector<T>& known) {
  if (!from.empty()) drop_known(from.edit(), known);
}

const os::AddressSpec* same_place(const InstanceNetwork& network, const os::AddressSpec& spec) {
  for (const auto& other : network.addresses) {
    if (other.index == spec.index && other.address == spec.address) return &other;
  }
  return nullptr;
}

template <typename T>
void append_to(std::vector<T>& to, const std::vector<T>& more) {
  to.insert(to.end(), more.begin(), more.end());
}

template <typename T>
void append_to(Rare<std::vector<T>>& to, const std::vector<T>& more) {
  if (!more.empty()) append_to(to.edit(), more);
}

}  // namespace

bool silent(const config::Instance& instance) {
  return !instance.accept && instance.vrrp.base_priority.value != 255;
}

bool any_silent(const config::Settings& settings) {
  return std::any_of(settings.instances.begin(), settings.instances.end(), silent);
}

os::FirewallOptions firewall_options(const config::Settings& settings) {
  const auto& given = settings.global.firewall;
  os::FirewallOptions options;
  if (given.table != kKeepalivedTable) {
    options.table = given.table;
  } else if (const auto& instance = settings.global.instance_name; !instance.empty()) {
    // Another `instance` may run beside us, and a table is made anew at each start.
    options.table += '_';
    for (const char c : instance) {
      options.table += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
    }
  }
  options.priority = given.priority;
  options.counters = given.counters;
  return options;
}

Resolver::Resolver(const config::Settings& settings)
    : settings_(settings), macs_(plan_virtual_macs(settings)) {
  if (has_policy(settings)) names_ = os::RouteNames::read(name_folders(settings.global));
  RulePriorities priorities;
  for (const auto& rule : settings.static_rules) static_priorities_.push_back(priorities.of(rule));
  for (const auto& instance : settings.instances) {
    auto& own = priorities_.emplace_back();
    for (const auto& rule : instance.rules) own.push_back(priorities.of(rule));
  }
}

Result<void> Resolver::add_routes(const std::vector<config::Route>& routes, const Links& links,
                                  InstanceNetwork& to) const {
  for (const auto& route : routes) {
    if (!unknown_name(route, names_).empty()) continue;  // left_out() tells
    auto spec = route_spec(route, links, names_);
    if (!spec) return tl::unexpected(spec.error());
    to.routes.edit().push_back(std::move(*spec));
  }
  return {};
}

void Resolver::add_rules(const std::vector<config::Rule>& rules,
                         const std::vector<std::uint32_t>& priorities, InstanceNetwork& to) const {
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if (auto spec = rule_spec(rules[i], priorities[i], names_)) {
      to.rules.edit().push_back(std::move(*spec));
    }
  }
}

std::vector<std::string> Resolver::left_out() const {
  std::vector<std::string> out;
  const auto look = [&](const std::string& whose, const auto& routes, const auto& rules) {
    for (const auto& route : routes) {
      const std::string unknown = unknown_name(route, names_);
      if (!unknown.empty()) out.push_back(whose + unknown + ": it is left out");
    }
    for (const auto& rule : rules) {
      const auto spec = rule_spec(rule, 0, names_);
      if (!spec) out.push_back(whose + spec.error().message + ": it is left out");
    }
  };
  look("", settings_.static_routes, settings_.static_rules);
  for (const auto& instance : settings_.instances) {
    look("(" + instance.vrrp.name + ") ", instance.routes, instance.rules);
  }
  return out;
}

Result<InstanceNetwork> Resolver::instance(std::size_t at, const Links& links) const {
  const auto& instance = settings_.instances[at];
  InstanceNetwork network;
  auto addresses = address_specs(instance, at, macs_, links);
  if (!addresses) return tl::unexpected(addresses.error());
  network.addresses = std::move(*addresses);
  if (silent(instance)) {
    for (const auto& spec : network.addresses) {
      network.blocked.edit().push_back({spec.address, spec.index});
    }
  }
  add_rules(instance.rules, priorities_[at], network);
  return add_routes(instance.routes, links, network).map([&] { return std::move(network); });
}

InstanceNetwork Resolver::rest_of(std::size_t at, const Links& links) const {
  const auto& instance = settings_.instances[at];
  InstanceNetwork rest;
  for (const auto* list : {&instance.addresses, &*instance.excluded_addresses}) {
    for (const auto& address : *list) {
      const auto spec = address_spec(address, interface_of(instance, at, address, macs_), links);
      if (!spec) continue;
      rest.addresses.push_back(*spec);
      if (silent(instance)) rest.blocked.edit().push_back({spec->address, spec->index});
    }
  }
  for (const auto& route : instance.routes) {
    if (const auto spec = route_spec(route, links, names_)) rest.routes.edit().push_back(*spec);
  }
  add_rules(instance.rules, priorities_[at], rest);
  return rest;
}

Result<InstanceNetwork> Resolver::statics(const Links& links) const {
  InstanceNetwork network;
  for (const auto& address : settings_.static_addresses) {
    const std::string& name =
        address.interface.empty() ? settings_.global.default_interface : address.interface;
    auto spec = address_spec(address, name, links);
    if (!spec) return tl::unexpected(spec.error());
    network.addresses.push_back(std::move(*spec));
  }
  add_rules(settings_.static_rules, static_priorities_, network);
  return add_routes(settings_.static_routes, links, network).map([&] {
    return std::move(network);
  });
}

InstanceNetwork Resolver::rest_of_statics(const Links& links) const {
  InstanceNetwork rest;
  for (const auto& address : settings_.static_addresses) {
    const std::string& name =
        address.interface.empty() ? settings_.global.default_interface : address.interface;
    if (auto spec = address_spec(address, name, links)) rest.addresses.push_back(std::move(*spec));
  }
  for (const auto& route : settings_.static_routes) {
    if (auto spec = route_spec(route, links, names_)) rest.routes.edit().push_back(*spec);
  }
  add_rules(settings_.static_rules, static_priorities_, rest);
  return rest;
}

InstanceNetwork lacking(InstanceNetwork from, const InstanceNetwork& other) {
  std::erase_if(from.addresses,
                [&](const auto& spec) { return same_place(other, spec) != nullptr; });
  drop_known(from.routes, *other.routes);
  drop_known(from.rules, *other.rules);
  drop_known(from.blocked, *other.blocked);
  return from;
}

std::vector<os::AddressSpec> altered(const InstanceNetwork& from, const InstanceNetwork& other) {
  std::vector<os::AddressSpec> out;
  for (const auto& spec : from.addresses) {
    const auto* there = same_place(other, spec);
    if (there != nullptr && *there != spec) out.push_back(spec);
  }
  return out;
}

bool same(const InstanceNetwork& one, const InstanceNetwork& other) {
  const auto within = [](const InstanceNetwork& all, const InstanceNetwork& part) {
    const InstanceNetwork rest = lacking(part, all);
    return rest.addresses.empty() && rest.routes.empty() && rest.rules.empty() &&
           rest.blocked.empty() && altered(part, all).empty();
  };
  return within(one, other) && within(other, one);
}

void append(InstanceNetwork& to, const InstanceNetwork& more) {
  append_to(to.addresses, more.addresses);
  append_to(to.routes, *more.routes);
  append_to(to.rules, *more.rules);
  append_to(to.blocked, *more.blocked);
}

void take(const InstanceNetwork& network, os::Netlink& netlink, os::Firewall* firewall,
          const OnError& failed) {
  const auto note = [&](const Result<void>& result) {
    if (!result) failed(result.error());
  };
  if (firewall != nullptr && !network.blocked.empty()) note(firewall->block(network.blocked));
  for (const auto& address : network.addresses) note(netlink.add(address));
  for (const auto& route : network.routes) note(os::add_route(netlink, route));
  for (const auto& rule : network.rules) note(os::add_rule(netlink, rule));
}

void give_back(const InstanceNetwork& network, os::Netlink& netlink, os::Firewall* firewall,
               const OnError& failed) {
  const auto note = [&](const Result<void>& result) {
    if (!result && result.error().os_errno != ENODEV) failed(result.error());
  };
  for (const auto& rule : network.rules) note(os::remove_rule(netlink, rule));
  for (const auto& route : network.routes) note(os::remove_route(netlink, route));
  for (const auto& address : network.addresses) note(netlink.remove(address));
  if (firewall != nullptr && !network.blocked.empty()) note(firewall->unblock(network.blocked));
}

}  // namespace alibi::daemon
