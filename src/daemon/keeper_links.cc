// SPDX-License-Identifier: Apache-2.0
// What the kernel says about links and addresses, as inputs to the instances.
#include <algorithm>
#include <cerrno>

#include "daemon/keeper.h"
#include "daemon/network_setup.h"

namespace alibi::daemon {

void Keeper::hear_links() {
  bool overrun = false;
  monitor_.drain([&](const os::LinkNews& news) {
    if (const auto* link = std::get_if<os::Interface>(&news)) hear(*link);
    if (const auto* address = std::get_if<os::InterfaceAddress>(&news)) hear(*address);
    if (const auto* route = std::get_if<os::RouteKey>(&news)) hear(*route);
    if (const auto* rule = std::get_if<os::RuleKey>(&news)) hear(*rule);
    overrun |= std::holds_alternative<os::Overrun>(news);
  });
  if (overrun) look_anew();
}

void Keeper::hear(const os::Interface& news) {
  const auto* before = links_.find(news.index);
  const std::string was = before != nullptr ? before->name : "";
  if (!was.empty() && was != news.name) hear_interface(was, false);  // of that name there is none
  links_.apply(news);
  remake_virtual_macs(news);
  hear_interface(news.name, news.up && !news.deleted);
  for (Port& port : ports_) {
    if (port.interface.empty()) continue;
    const auto* known = links_.find(port.index);
    if (port.index == news.index) {
      port.mac = news.mac;
      set_up(port, news.up && !news.deleted && news.name == port.interface);
      if (!news.deleted) continue;
      // Its membership of the group has gone with it: should the interface come back, even with the
      // same index (from another network namespace), this socket would hear no advert and we would
      // be a second master.
      if (port.socket) loop_.remove(port.socket->fd());
      port.socket.reset();
      port.index = IfIndex(0);
    } else if (port.interface == news.name && !news.deleted &&
               (known == nullptr || known->name != port.interface)) {
      bring_back(port, news);
    }
  }
  if (!was.empty() && was != news.name) meet(was, false);
  meet(news.name, !news.deleted && was != news.name);
}

/// Made only now, or deleted and made again: same name, new index, and the old socket is bound to
/// nothing.
void Keeper::bring_back(Port& port, const os::Interface& news) {
  if (port.socket) loop_.remove(port.socket->fd());
  port.index = news.index;
  port.mac = news.mac;
  if (const auto opened = open_socket(port); !opened) {
    voice_.say_daemon(opened.error().message, 2);
    return;
  }
  static_cast<void>(loop_.add(port.socket->fd(), [this, &port] { receive(port); }));
  for (Slot& slot : slots_) {
    if (const auto resolved = resolve(slot); !resolved) report(slot, resolved.error());
  }
  if (const auto problem = guard_all(); !problem.empty()) {
    voice_.say_daemon("no fence: " + problem, 1);
  }
  refresh_sources(port);
  set_up(port, news.up);
}

/// An interface with a virtual MAC goes with the one below it, and comes back with it; deleted by
/// somebody it comes back at once.
void Keeper::remake_virtual_macs(const os::Interface& news) {
  bool remade = false;
  for (const auto& plan : resolver_.macs()) {
    if ((news.name != plan.base && news.name != plan.name) || links_.find(plan.name) != nullptr ||
        links_.find(plan.base) == nullptr) {
      continue;
    }
    if (const auto made = make_virtual_mac(netlink_, links_, plan); !made) {
      // It went just now because the one below goes; that news is on its way.
      if (made.error().os_errno != ENODEV) report(slots_[plan.instance], made.error());
      continue;
    }
    voice_.say_daemon("(" + slots_[plan.instance].settings.vrrp.name + ") made " + plan.name +
                      " on " + plan.base + " again");
    remade = true;
  }
  if (!remade) return;
  for (Slot& slot : slots_) static_cast<void>(resolve(slot));
  guard_all();
}

void Keeper::set_up(Port& port, bool up) {
  up = delays_.heard(port.interface, up, os::monotonic_now());
  if (port.up == up) return;
  port.up = up;
  voice_.say_daemon("Netlink reports " + port.interface + (up ? " up" : " down"));
  const auto port_index = static_cast<std::size_t>(&port - ports_.data());
  for (Slot& slot : slots_) {
    if (slot.port == port_index) judge_links(slot);
  }
}

void Keeper::hear(const os::InterfaceAddress& news) {
  links_.apply(news);
  for (Port& port : ports_) {
    if (port.index == news.index && port.family == news.address.family) refresh_sources(port);
  }
  for (Slot& slot : slots_) watch_source(slot);
  if (news.deleted) address_removed(news);
}

void Keeper::refresh_sources(Port& port) {
  const auto primary = links_.primary(port.index, port.family, virtual_addresses_);
  const auto port_index = static_cast<std::size_t>(&port - ports_.data());
  if (primary == port.primary) return;
  port.primary = primary;
  for (Slot& slot : slots_) {
    if (slot.port == port_index && !slot.settings.source) {
      channels_.page.set_source(slot.index, primary);
      fence_.set_source(slot.index, primary);
      feed(slot, vrrp::SourceAddress{primary});
    }
  }
}

/// track_src_ip: a source address that was configured must be there.
void Keeper::watch_source(Slot& slot) {
  if (!slot.settings.source || !slot.settings.track_source) return;
  const bool there = links_.has(ports_[slot.port].index, *slot.settings.source);
  if (there == slot.source_there) return;
  slot.source_there = there;
  feed(slot, vrrp::SourceAddress{there ? *slot.settings.source
                                       : wire::IpAddress{slot.settings.source->family, {}}});
}

/// Notifications were lost: compare everything with what the kernel says now.
void Keeper::look_anew() {
  auto links = Links::read(netlink_);
  if (!links) {
    voice_.say_daemon(links.error().message, 2);
    return;
  }
  links_ = std::move(*links);
  for (Port& port : ports_) {
    if (port.interface.empty()) continue;
    const auto* interface = links_.find(port.interface);
    if (interface == nullptr) {
      set_up(port, false);
      continue;
    }
    hear(os::Interface(*interface));
    refresh_sources(port);
  }
  for (Slot& slot : slots_) {
    for (const auto& other : slot.elsewhere) meet(other.interface, true);
  }
  for (const auto& object : tracking_.objects().interfaces()) {
    const auto* interface = links_.find(object);
    hear_interface(object, interface != nullptr && interface->up);
  }
  look_for_losses();
}

}  // namespace alibi::daemon
