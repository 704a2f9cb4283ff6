// SPDX-License-Identifier: Apache-2.0
// The keeper's start: sockets, ports, what each instance is bound to.
#include <algorithm>

#include "daemon/keeper.h"

#include <signal.h>

namespace alibi::daemon {

Keeper::Keeper(const config::Settings& settings, const Channels& channels, os::EventLoop loop,
               os::Netlink netlink, os::NetlinkMonitor monitor, os::FrameSocket frames,
               os::SignalQueue signals)
    : settings_(settings),
      channels_(channels),
      voice_(channels.keeper_to_teller, channels.page, Sender::Keeper),
      loop_(std::move(loop)),
      netlink_(std::move(netlink)),
      monitor_(std::move(monitor)),
      frames_(std::move(frames)),
      signals_(std::move(signals)),
      virtual_addresses_(all_virtual_addresses(settings)) {}

Result<std::unique_ptr<Keeper>> Keeper::create(const config::Settings& settings,
                                               const Channels& channels) {
  auto signals = os::SignalQueue::create({SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE});
  if (!signals) return tl::unexpected(signals.error());
  auto loop = os::EventLoop::create();
  if (!loop) return tl::unexpected(loop.error());
  auto netlink = os::Netlink::open();
  if (!netlink) return tl::unexpected(netlink.error());
  auto monitor = os::NetlinkMonitor::open();  // before the dump: no change falls in between
  if (!monitor) return tl::unexpected(monitor.error());
  auto frames = os::FrameSocket::open();
  if (!frames) return tl::unexpected(frames.error());
  std::unique_ptr<Keeper> keeper(new Keeper(settings, channels, std::move(*loop),
                                            std::move(*netlink), std::move(*monitor),
                                            std::move(*frames), std::move(*signals)));
  auto links = Links::read(keeper->netlink_);
  if (!links) return tl::unexpected(links.error());
  keeper->links_ = std::move(*links);
  return keeper->open_ports().and_then([&] { return keeper->watch(); }).map([&] {
    return std::move(keeper);
  });
}

Result<void> Keeper::open_ports() {
  slots_.reserve(settings_.instances.size());
  timers_ = TimerQueue(settings_.instances.size());
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
    auto specs = address_specs(slot.settings, links_);
    if (!specs) return fail("(" + slot.settings.vrrp.name + ") " + specs.error().message);
    slot.addresses = std::move(*specs);
    slot.told = slot.settings.vrrp.base_priority;
    bind_scripts(slot);
    slot.counters = channels_.page.instance(i).counters.read().value_or(Counters{});
    channels_.page.instance(i).interface_index.store(ports_[*port].index.value);
  }
  outbox_.reserve(32);
  return {};
}

Result<std::size_t> Keeper::port_for(const config::Instance& instance) {
  for (std::size_t i = 0; i < ports_.size(); ++i) {
    if (ports_[i].interface == instance.interface && ports_[i].family == instance.vrrp.family) {
      return i;
    }
  }
  const auto* interface = links_.find(instance.interface);
  if (interface == nullptr) {
    return fail("(" + instance.vrrp.name + ") interface " + instance.interface +
                " does not exist: create it first, or name another");
  }
  Port port;
  port.interface = instance.interface;
  port.family = instance.vrrp.family;
  port.index = interface->index;
  port.mac = interface->mac;
  port.up = interface->up;
  port.slot_of_vrid.fill(-1);
  port.primary = links_.primary(port.index, port.family, virtual_addresses_);
  ports_.push_back(std::move(port));
  return open_socket(ports_.back()).map([&] { return ports_.size() - 1; });
}

Result<void> Keeper::open_socket(Port& port) {
  auto socket = os::VrrpSocket::open(port.interface, port.index, port.family);
  if (!socket) return tl::unexpected(socket.error());
  port.socket = std::move(*socket);
  return {};
}

void Keeper::bind_scripts(Slot& slot) {
  for (const auto& track : slot.settings.tracks.scripts) {
    const auto found = std::find_if(settings_.scripts.begin(), settings_.scripts.end(),
                                    [&](const auto& script) { return script.name == track.name; });
    if (found == settings_.scripts.end()) continue;  // the parser has said so
    slot.bound.push_back({static_cast<std::size_t>(found - settings_.scripts.begin()),
                          track.weight.value_or(found->weight),
                          track.reverse.value_or(found->reverse)});
  }
}

/// Addresses that an earlier run left behind would answer here while another node is master.
void Keeper::remove_leftovers() {
  for (Slot& slot : slots_) {
    if (slot.settings.vrrp.base_priority.value == 255) continue;  // the owner's own address
    for (const auto& spec : slot.addresses) {
      if (!links_.has(spec)) continue;
      if (const auto removed = netlink_.remove(spec); !removed) {
        report(slot, removed.error());
      } else {
        voice_.say_daemon("(" + slot.settings.vrrp.name + ") removed " + spec.address.text() +
                              ", left behind by an earlier run",
                          1);
      }
    }
  }
}

}  // namespace alibi::daemon
