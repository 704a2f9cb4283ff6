// SPDX-License-Identifier: Apache-2.0
// What the instances want done: packets, addresses, and words to the teller.
#include "daemon/keeper.h"
#include "vrrp/log_text.h"
#include "wire/frame.h"

namespace alibi::daemon {
namespace {

template <typename... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};

}  // namespace

void Keeper::perform(Slot& slot, const vrrp::Output& output) {
  std::visit(Overloaded{
                 [&](const vrrp::SendAdvert& o) { send_advert(slot, o.priority); },
                 [&](const vrrp::AddAddresses&) { add_addresses(slot); },
                 [&](const vrrp::RemoveAddresses&) { remove_addresses(slot); },
                 [&](const vrrp::SendGratuitous& o) { send_gratuitous(slot, o.repeat); },
                 [](const auto&) {},
             },
             output);
  say(slot, output);
}

wire::IpAddress Keeper::source_of(const Slot& slot) const {
  return slot.settings.source ? *slot.settings.source : ports_[slot.port].primary;
}

void Keeper::send_advert(Slot& slot, Priority priority) {
  const auto source = source_of(slot);
  const auto& p = slot.settings.vrrp;
  const bool cached =
      !slot.advert.empty() && slot.advert_priority == priority && slot.advert_source == source;
  if (!cached || p.unicast) {
    const wire::Advertisement advert{p.version,   p.vrid,      priority,   p.advert_interval,
                                     p.auth_type, p.auth_data, p.addresses};
    const auto group = wire::vrrp_group(p.family);
    slot.advert_priority = priority;
    slot.advert_source = source;
    if (!p.unicast) slot.advert = wire::encode_vrrp(advert, source, group, p.v3_checksum);
    if (p.unicast) {
      for (const auto& [peer, min_ttl, max_ttl] : slot.settings.unicast_peers) {
        slot.advert = wire::encode_vrrp(advert, source, peer, p.v3_checksum);
        const auto sent = ports_[slot.port].socket->send(slot.advert, source, peer);
        if (!sent) ++slot.counters.send_failed;
        if (!sent && !slot.send_failing) report(slot, sent.error());
        slot.send_failing = !sent;
      }
      return;
    }
  }
  const auto sent = ports_[slot.port].socket->send(slot.advert, source, wire::vrrp_group(p.family));
  if (!sent) ++slot.counters.send_failed;
  if (!sent && !slot.send_failing) report(slot, sent.error());
  slot.send_failing = !sent;
}

void Keeper::add_addresses(Slot& slot) {
  slot.has_addresses = true;
  channels_.page.instance(slot.index).has_addresses.store(1);
  for (const auto& spec : slot.addresses) {
    if (const auto added = netlink_.add(spec); !added) report(slot, added.error());
  }
}

void Keeper::remove_addresses(Slot& slot) {
  for (const auto& spec : slot.addresses) {
    const auto removed = netlink_.remove(spec);
    if (!removed && removed.error().os_errno != ENODEV) report(slot, removed.error());
  }
  slot.has_addresses = false;
  channels_.page.instance(slot.index).has_addresses.store(0);
}

void Keeper::send_gratuitous(Slot& slot, int repeat) {
  for (const auto& spec : slot.addresses) {
    const auto* interface = links_.find(spec.index);
    if (interface == nullptr) continue;
    const auto frame = spec.address.family == wire::Family::V4
                           ? wire::encode_gratuitous_arp(interface->mac, spec.address)
                           : wire::encode_unsolicited_na(interface->mac, spec.address, true);
    for (int i = 0; i < repeat; ++i) {
      const auto sent = frames_.send(frame, spec.index);
      if (!sent) {
        report(slot, sent.error());
        break;
      }
    }
  }
}

void Keeper::say(const Slot& slot, const vrrp::Output& output) {
  if (const auto* transition = std::get_if<vrrp::Transition>(&output)) {
    Tell tell = make_tell(Tell::Kind::Transition);
    tell.instance = static_cast<std::int32_t>(slot.index);
    tell.from = transition->from;
    tell.to = transition->to;
    tell.reason = transition->reason.code;
    tell.priority = slot.machine.effective_priority().value;
    tell.text = transition->reason.detail;
    voice_.say(tell);
    return;
  }
  // Adverts are every second's business: no line is made for one that resigns nothing.
  if (const auto* advert = std::get_if<vrrp::SendAdvert>(&output)) {
    if (advert->priority.value != 0) return;
  }
  const std::string line = vrrp::log_line(slot.settings.vrrp, output);
  if (line.empty()) return;
  Tell tell = make_tell(Tell::Kind::Note);
  tell.instance = static_cast<std::int32_t>(slot.index);
  tell.verbose = vrrp::verbose_only(output) ? 1 : 0;
  tell.text = line;
  voice_.say(tell);
}

void Keeper::report(const Slot& slot, const Error& error) {
  voice_.say_daemon("(" + slot.settings.vrrp.name + ") " + error.message, 2);
}

}  // namespace alibi::daemon
