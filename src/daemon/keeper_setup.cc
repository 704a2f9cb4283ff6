// SPDX-License-Identifier: Apache-2.0
// The keeper's start: sockets, ports, what each instance is bound to.
#include <signal.h>

#include <algorithm>
#include <set>

#include "daemon/keeper.h"

namespace alibi::daemon {
namespace {

using keeping::Slot;

/// Routers change routes all day: we listen only when one of ours is among them.
bool tracks_policy(const config::Settings& settings) {
  return std::any_of(settings.instances.begin(), settings.instances.end(),
                     [](const auto& i) { return !i.routes.empty() || !i.rules.empty(); });
}

/// Interfaces of the static items whose track_group names this instance: as keepalived, one that
/// goes down is a fault.
void track_statics(Slot& slot, const config::Settings& settings) {
  const auto add = [&](const std::string& track_group, const std::string& interface) {
    if (track_group.empty() || interface.empty() || interface == slot.settings.interface) return;
    for (const auto& group : settings.track_groups) {
      const auto& members = group.members;
      const bool member =
          std::find(members.begin(), members.end(), slot.settings.vrrp.name) != members.end();
      if (group.name == track_group && member) slot.elsewhere.edit().push_back({interface, true});
    }
  };
  for (const auto& address : settings.static_addresses) {
    const auto& otherwise = settings.global.default_interface;
    add(address.track_group, address.interface.empty() ? otherwise : address.interface);
  }
  for (const auto& route : settings.static_routes) add(route.track_group, route.interface);
  for (const auto& rule : settings.static_rules) add(rule.track_group, rule.input_interface);
}

}  // namespace

Keeper::Keeper(const config::Settings& settings, const Channels& channels, os::EventLoop loop,
               os::Netlink netlink, os::NetlinkMonitor monitor, os::FrameSocket frames,
               os::SignalQueue signals)
    : settings_(settings),
      channels_(channels),
      voice_(channels.keeper_to_teller, channels.page, Sender::Keeper),
      resolver_(settings),
      pacer_(settings),
      loop_(std::move(loop)),
      netlink_(std::move(netlink)),
      monitor_(std::move(monitor)),
      frames_(std::move(frames)),
      signals_(std::move(signals)),
      fence_(channels.fence, settings.instances.size()),
      tracking_(settings, channels.page),
      delays_(settings),
      virtual_addresses_(all_virtual_addresses(settings)) {}

Result<std::unique_ptr<Keeper>> Keeper::create(const config::Settings& settings,
                                               const Channels& channels, bool needed) {
  auto signals = os::SignalQueue::create({SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE});
  if (!signals) return tl::unexpected(signals.error());
  auto loop = os::EventLoop::create();
  if (!loop) return tl::unexpected(loop.error());
  auto netlink = os::Netlink::open();
  if (!netlink) return tl::unexpected(netlink.error());
  auto monitor = os::NetlinkMonitor::open(
      tracks_policy(settings));  // before the dump: no change falls in between
  if (!monitor) return tl::unexpected(monitor.error());
  auto frames = os::FrameSocket::open();
  if (!frames) return tl::unexpected(frames.error());
  std::unique_ptr<Keeper> keeper(new Keeper(settings, channels, std::move(*loop),
                                            std::move(*netlink), std::move(*monitor),
                                            std::move(*frames), std::move(*signals)));
  keeper->needed_ = needed && !settings.global.dynamic_interfaces;
  auto links = Links::read(keeper->netlink_);
  if (!links) return tl::unexpected(links.error());
  keeper->links_ = std::move(*links);
  return keeper->open_ports().and_then([&] { return keeper->watch(); }).map([&] {
    return std::move(keeper);
  });
}

Result<void> Keeper::open_ports() {
  slots_.reserve(settings_.instances.size());
  timers_ = extras_ = TimerQueue(settings_.instances.size());
  for (std::size_t i = 0; i < settings_.instances.size(); ++i) {
    Slot& slot = slots_.emplace_back(settings_.instances[i], i);
    const auto port = port_for(slot.settings);
    if (!port) return tl::unexpected(port.error());
    slot.port = *port;
    auto& owner = ports_[*port].slot_of_vrid[slot.settings.vrrp.vrid.value];
    if (owner >= 0) {
      return fail("(" + slot.settings.vrrp.name + ") virtual_router_id " +
                  std::to_string(slot.settings.vrrp.vrid.value) + " is used on interface " +
                  slot.settings.interface + " by another instance: give it one of its own");
    }
    owner = static_cast<std::int32_t>(i);
  }
  for (Port& port : ports_) {
    if (port.index.value == 0 && !port.interface.empty()) continue;  // it is to come
    if (auto opened = open_socket(port); !opened) return opened;
  }
  for (Slot& slot : slots_) {
    if (auto opened = open_slot(slot); !opened) {
      return fail("(" + slot.settings.vrrp.name + ") " + opened.error().message,
                  opened.error().os_errno);
    }
  }
  make_groups();
  queue_announcements();
  outbox_.reserve(32);
  if (!any_silent(settings_)) return {};
  return os::Firewall::open(firewall_options(settings_)).map([&](os::Firewall firewall) {
    firewall_ = std::move(firewall);
  });
}

Result<void> Keeper::open_slot(Slot& slot) {
  slot.told = slot.settings.vrrp.base_priority;
  slot.counters = channels_.page.instance(slot.index).traffic.read().value_or(Traffic{});
  slot.elsewhere = keeping::elsewhere_of(slot.settings, slot.index, resolver_.macs());
  track_statics(slot, settings_);
  auto resolved = resolve(slot);
  return !resolved && !needed_ ? Result<void>() : resolved;
}

/// Names into indices, of interfaces that may have been made again.
Result<void> Keeper::resolve(Slot& slot) {
  auto resolved = resolve_virtual_mac(slot).and_then([&] {
    return resolver_.instance(slot.index, links_).map([&](InstanceNetwork network) {
      slot.network = std::move(network);
    });
  });
  slot.unresolved = resolved ? std::string() : resolved.error().message;
  return resolved;
}

Result<void> Keeper::resolve_virtual_mac(Slot& slot) {
  auto& index = channels_.page.instance(slot.index).interface_index;
  index.store(ports_[slot.port].index.value);
  slot.own_socket.reset();
  if (slot.tap) loop_.remove(slot.tap->fd());
  slot.tap.reset();
  const auto* plan = own_virtual_mac(resolver_.macs(), slot.index);
  if (plan == nullptr) return {};
  const auto* interface = links_.find(plan->name);
  if (interface == nullptr) return fail("interface " + plan->name + " does not exist");
  auto tap = os::VrrpTap::open(interface->index, slot.settings.vrrp.family);
  if (!tap) return tl::unexpected(tap.error());
  slot.tap = std::move(*tap);
  if (running_) static_cast<void>(loop_.add(slot.tap->fd(), [this, &slot] { receive(slot); }));
  // As keepalived: to a peer by unicast the interface's own MAC is used.
  if (slot.settings.vmac->transmit_base || slot.settings.vrrp.unicast) return {};
  os::VrrpSocketSpec spec;
  spec.interface = interface->name;
  spec.index = interface->index;
  spec.family = slot.settings.vrrp.family;
  spec.sends_only = true;
  auto socket = os::VrrpSocket::open(spec);
  if (!socket) return tl::unexpected(socket.error());
  slot.own_socket = std::move(*socket);
  index.store(interface->index.value);
  return {};
}

Result<std::size_t> Keeper::port_for(const config::Instance& instance) {
  Port port;
  port.interface = instance.interface;
  port.family = instance.vrrp.family;
  if (port.interface.empty()) {
    port.vrf = instance.vrf;
    port.only_source = instance.source;
  }
  auto found = std::find_if(ports_.begin(), ports_.end(), [&](const Port& known) {
    return known.interface == port.interface && known.family == port.family &&
           known.vrf == port.vrf && known.only_source == port.only_source;
  });
  if (found == ports_.end()) {
    const auto* interface = links_.find(port.interface.empty() ? port.vrf : port.interface);
    if (interface != nullptr) {
      port.index = port.interface.empty() ? IfIndex(0) : interface->index;
      port.mac = interface->mac;
      port.up = interface->up;
    } else if (port.interface.empty() && port.vrf.empty()) {
      port.up = true;
    } else if (port.interface.empty() || needed_) {
      return fail("(" + instance.vrrp.name + ") interface " +
                  (port.interface.empty() ? port.vrf : port.interface) +
                  " does not exist: create it first, or name another");
    }
    port.slot_of_vrid.fill(-1);
    port.primary = links_.primary(port.index, port.family, virtual_addresses_);
    ports_.push_back(std::move(port));
    found = ports_.end() - 1;
  }
  if (!instance.vrrp.unicast) {
    const auto group = group_of(settings_, instance);
    auto& groups = found->groups;
    if (std::find(groups.begin(), groups.end(), group) == groups.end()) groups.push_back(group);
  }
  const auto* interface = links_.find(instance.interface);
  const auto bytes =
      receive_bytes_of(settings_, instance, interface != nullptr ? interface->mtu : 0);
  // By policy the instances' needs add up.
  const bool adds = !settings_.global.buffers.receive_policy.empty() && !instance.receive_buffer;
  const unsigned before = found->receive_bytes.value_or(0);
  if (bytes) found->receive_bytes = adds ? before + *bytes : std::max(before, *bytes);
  return static_cast<std::size_t>(found - ports_.begin());
}

Result<void> Keeper::open_socket(Port& port) {
  os::VrrpSocketSpec spec;
  spec.interface = port.interface.empty() ? port.vrf : port.interface;
  spec.index = port.index;
  spec.family = port.family;
  spec.groups = port.groups;
  spec.receive_bytes = port.receive_bytes;
  auto socket = os::VrrpSocket::open(spec);
  if (!socket) return tl::unexpected(socket.error());
  port.socket = std::move(*socket);
  return {};
}

/// Again after interfaces were made anew. What can have no fence runs all the same.
std::string Keeper::guard_all() {
  std::string problem;
  std::set<IfIndex> attached;  // many instances share an interface, and each costs a few calls
  if (channels_.fence.loaded == nullptr) return problem;
  for (Slot& slot : slots_) {
    const Port& port = ports_[slot.port];
    if (port.index.value == 0 && !port.interface.empty()) continue;  // it is to come
    const auto guarded =
        port.index.value == 0
            ? fail("an instance without an interface has no fence")
            : fence_.guard(slot.index, slot.settings, port.index, slot.network.addresses, attached);
    if (guarded || !problem.empty()) continue;
    problem = "(" + slot.settings.vrrp.name + ") " + guarded.error().message;
  }
  return problem;
}

void Keeper::queue_announcements() {
  for (const Slot& slot : slots_) {
    std::size_t at = 0;
    for (const auto* list : {&slot.settings.addresses, &*slot.settings.excluded_addresses}) {
      for (const auto& address : *list) {
        const auto& base = address.interface.empty() ? slot.settings.interface : address.interface;
        pacer_.add(slot.index, at++,
                   interface_of(slot.settings, slot.index, address, resolver_.macs()), base,
                   address.address.family);
      }
    }
  }
}

/// What an earlier run left behind would answer here, or lead packets astray, while another node is
/// master.
void Keeper::remove_leftovers(Slot& slot) {
  if (slot.settings.vrrp.base_priority.value == 255) return;  // the owner's own address
  // Also of an instance that lacks an interface.
  const InstanceNetwork left = not_held(resolver_.rest_of(slot.index, links_));
  for (const auto& rule : left.rules) static_cast<void>(os::remove_rule(netlink_, rule));
  for (const auto& route : left.routes) static_cast<void>(os::remove_route(netlink_, route));
  bool gone = true;
  for (const auto& spec : left.addresses) {
    if (!links_.has(spec)) continue;
    if (const auto removed = netlink_.remove(spec); !removed) {
      gone = false;
      report(slot, removed.error());
    } else {
      voice_.say_daemon("(" + slot.settings.vrrp.name + ") removed " + spec.address.text() +
                            ", left behind by an earlier run",
                        1);
    }
  }
  if (gone) fence_.disarm(slot.index);
}

}  // namespace alibi::daemon
