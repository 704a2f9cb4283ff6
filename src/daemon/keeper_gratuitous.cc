// SPDX-License-Identifier: Apache-2.0
// Gratuitous ARP and unsolicited neighbour advertisements, at the pace that is asked for.
#include <algorithm>

#include "daemon/keeper.h"
#include "os/text_file.h"
#include "wire/frame.h"

namespace alibi::daemon {
namespace {

bool has_virtual_mac(const os::Interface* interface, const std::vector<VirtualMacPlan>& macs) {
  return interface != nullptr && std::any_of(macs.begin(), macs.end(), [&](const auto& plan) {
           return plan.name == interface->name;
         });
}

/// RFC 4861 4.4, the R flag: whether we forward. Looked up each time, since who routes may begin at
/// any moment, and a lookup below /proc/sys waits for nothing.
bool forwards(const std::string& interface) {
  const auto value = os::read_text("/proc/sys/net/ipv6/conf/" + interface + "/forwarding");
  return value && *value != "0";
}

}  // namespace

void Keeper::send_gratuitous(Slot& slot, int repeat) {
  const Instant now = os::monotonic_now();
  for (std::size_t i = 0; i < slot.network.addresses.size(); ++i) {
    announce(slot, slot.network.addresses[i], pacer_.ask(slot.index, i, repeat, now), true);
  }
}

void Keeper::send_queued_gratuitous() {
  const Instant now = os::monotonic_now();
  while (const auto due = pacer_.due(now)) {
    Slot& slot = slots_[due->instance];
    if (due->address < slot.network.addresses.size()) {
      announce(slot, slot.network.addresses[due->address], 1, false);
    }
  }
}

/// Adverts keep a switch's memory of the instance's own interface fresh; on other interfaces
/// nothing is sent regularly, so that their addresses are announced from time to time. As
/// keepalived: those with a virtual MAC, and with `all` the others, too.
void Keeper::send_extra_gratuitous() {
  const Instant now = os::monotonic_now();
  while (extras_.next() <= now) {
    Slot& slot = slots_[extras_.first()];
    extras_.set(slot.index, now + slot.settings.garp_extra_if);
    const IfIndex own(channels_.page.instance(slot.index).interface_index.load());
    for (std::size_t i = 0; i < slot.network.addresses.size(); ++i) {
      const auto& spec = slot.network.addresses[i];
      if (spec.index == own) continue;
      const bool with_mac = has_virtual_mac(links_.find(spec.index), resolver_.macs());
      if (!slot.settings.garp_extra_all && !with_mac) continue;
      announce(slot, spec, pacer_.ask(slot.index, i, 1, now), true);
    }
  }
}

void Keeper::announce(Slot& slot, const os::AddressSpec& spec, int repeat, bool queued) {
  const auto* interface = links_.find(spec.index);
  if (interface == nullptr) return;
  const auto frame = spec.address.family == wire::Family::V4
                         ? wire::encode_gratuitous_arp(interface->mac, spec.address)
                         : wire::encode_unsolicited_na(interface->mac, spec.address,
                                                       forwards(interface->name));
  int sent = 0;
  for (; sent < repeat; ++sent) {
    if (const auto done = frames_.send(frame, spec.index); !done) {
      report(slot, done.error());
      break;
    }
  }
  Tell tell = make_tell(Tell::Kind::Announced);
  tell.instance = static_cast<std::int32_t>(slot.index);
  tell.verbose = 1;
  tell.status = sent;
  tell.changed = queued ? 1 : 0;
  tell.up = spec.address.family == wire::Family::V4 ? 0 : 1;
  tell.text = interface->name + " for " + spec.address.text();
  voice_.say(tell);
}

}  // namespace alibi::daemon
