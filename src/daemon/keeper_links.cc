// SPDX-License-Identifier: Apache-2.0
// What the kernel says about links and addresses, as inputs to the instances.
#include <algorithm>

#include "daemon/keeper.h"

namespace alibi::daemon {

void Keeper::hear_links() {
  bool overrun = false;
  monitor_.drain([&](const os::LinkNews& news) {
    if (const auto* link = std::get_if<os::Interface>(&news)) hear(*link);
    if (const auto* address = std::get_if<os::InterfaceAddress>(&news)) hear(*address);
    overrun |= std::holds_alternative<os::Overrun>(news);
  });
  if (overrun) look_anew();
}

void Keeper::hear(const os::Interface& news) {
  links_.apply(news);
  for (Port& port : ports_) {
    if (port.index == news.index) {
      port.mac = news.mac;
      set_up(port, news.up && !news.deleted);
    } else if (port.interface == news.name && !news.deleted && links_.find(port.index) == nullptr) {
      // Deleted and made again: same name, new index, and the old socket is bound to nothing.
      loop_.remove(port.socket->fd());
      port.index = news.index;
      port.mac = news.mac;
      if (const auto opened = open_socket(port); !opened) {
        voice_.say_daemon(opened.error().message, 2);
        continue;
      }
      static_cast<void>(loop_.add(port.socket->fd(), [this, &port] { receive(port); }));
      for (Slot& slot : slots_) {
        if (auto specs = address_specs(slot.settings, links_)) slot.addresses = std::move(*specs);
      }
      refresh_sources(port);
      set_up(port, news.up);
    }
  }
}

void Keeper::set_up(Port& port, bool up) {
  if (port.up == up) return;
  port.up = up;
  voice_.say_daemon("Netlink reports " + port.interface + (up ? " up" : " down"));
  const auto port_index = static_cast<std::size_t>(&port - ports_.data());
  for (Slot& slot : slots_) {
    if (slot.port != port_index) continue;
    if (up) {
      feed(slot, vrrp::FaultCleared{vrrp::ReasonCode::LinkDown});
    } else {
      feed(slot, vrrp::FaultRaised{vrrp::ReasonCode::LinkDown,
                                   "interface " + port.interface + " went down"});
    }
  }
}

void Keeper::hear(const os::InterfaceAddress& news) {
  links_.apply(news);
  for (Port& port : ports_) {
    if (port.index == news.index && port.family == news.address.family) refresh_sources(port);
  }
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
      feed(slot, vrrp::SourceAddress{primary});
    }
  }
}

/// The news may be of our own removal, some time ago, of an address that we hold again: asked once
/// more, the kernel knows.
void Keeper::address_removed(const os::InterfaceAddress& news) {
  for (Slot& slot : slots_) {
    if (!slot.has_addresses || !ports_[slot.port].up) continue;
    for (const auto& spec : slot.addresses) {
      if (spec.index != news.index || spec.address != news.address) continue;
      const auto present = netlink_.has(spec);
      if (present && !*present) feed(slot, vrrp::AddressLost{news.address});
      break;
    }
  }
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
    const auto* interface = links_.find(port.interface);
    if (interface == nullptr) {
      set_up(port, false);
      continue;
    }
    hear(os::Interface(*interface));
    refresh_sources(port);
  }
  for (Slot& slot : slots_) {
    for (const auto& spec : slot.addresses) {
      if (!slot.has_addresses || links_.has(spec)) continue;
      feed(slot, vrrp::AddressLost{spec.address});
      break;
    }
  }
}

}  // namespace alibi::daemon
