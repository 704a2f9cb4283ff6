// SPDX-License-Identifier: Apache-2.0
// What the instances want done: packets, addresses, and words to the teller.
#include "daemon/keeper.h"
#include "vrrp/log_text.h"

namespace alibi::daemon {
namespace {

template <typename... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};

constexpr std::uint8_t kMulticastTtl = 255;  // RFC 9568 sections 5.1.1.3 and 5.1.2.3

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
  if (std::holds_alternative<vrrp::AddAddresses>(output)) say_network(slot, "setting");
  if (std::holds_alternative<vrrp::RemoveAddresses>(output)) say_network(slot, "removing");
}

wire::IpAddress Keeper::source_of(const Slot& slot) const {
  return slot.settings.source ? *slot.settings.source : ports_[slot.port].primary;
}

const os::VrrpSocket* Keeper::sender_of(const Slot& slot) const {
  if (slot.own_socket) return &*slot.own_socket;
  const auto& socket = ports_[slot.port].socket;
  return socket ? &*socket : nullptr;
}

void Keeper::send_to(Slot& slot, const wire::IpAddress& destination, std::uint8_t ttl) {
  const auto* socket = sender_of(slot);
  if (socket == nullptr) return;  // the interface has gone; that is a fault already
  const auto sent = socket->send(slot.advert, slot.advert_source, destination, ttl);
  if (!sent) ++slot.counters.send_failed;
  if (!sent && !slot.send_failing) report(slot, sent.error());
  slot.send_failing = !sent;
}

void Keeper::send_advert(Slot& slot, Priority priority) {
  const auto source = source_of(slot);
  const auto& p = slot.settings.vrrp;
  const bool cached =
      !slot.advert.empty() && slot.advert_priority == priority && slot.advert_source == source;
  slot.advert_priority = priority;
  slot.advert_source = source;
  const wire::Advertisement advert{p.version,   p.vrid,      priority,   p.advert_interval,
                                   p.auth_type, p.auth_data, p.addresses};
  if (!p.unicast) {
    const auto group = group_of(settings_, slot.settings);
    if (!cached) slot.advert = wire::encode_vrrp(advert, source, group, p.v3_checksum);
    return send_to(slot, group, kMulticastTtl);
  }
  for (const auto& peer : slot.settings.unicast_peers) {
    slot.advert = wire::encode_vrrp(advert, source, peer.address, p.v3_checksum);
    send_to(slot, peer.address, static_cast<std::uint8_t>(slot.settings.unicast_ttl));
  }
}

void Keeper::add_addresses(Slot& slot) {
  slot.has_addresses = true;
  channels_.page.instance(slot.index).has_addresses.store(1);
  const Duration extra = slot.settings.garp_extra_if;
  if (extra > Duration{}) extras_.set(slot.index, os::monotonic_now() + extra);
  fence_.arm(slot.index);
  daemon::take(slot.network, netlink_, firewall_ ? &*firewall_ : nullptr,
       [&](const Error& error) { report(slot, error); });
}

void Keeper::remove_addresses(Slot& slot) {
  bool gone = true;
  give_back(slot.network, netlink_, firewall_ ? &*firewall_ : nullptr, [&](const Error& error) {
    gone = false;
    report(slot, error);
  });
  slot.has_addresses = false;
  extras_.set(slot.index, kNever);
  pacer_.forget(slot.index);
  channels_.page.instance(slot.index).has_addresses.store(0);
  if (gone) fence_.disarm(slot.index);  // else it stays closed: what could not go is silent
}

/// keepalived's lines about what moves beside the addresses, with -D.
void Keeper::say_network(const Slot& slot, std::string_view verb) {
  const auto line = [&](bool there, std::string_view what) {
    if (!there) return;
    Tell tell = make_tell(Tell::Kind::Note);
    tell.instance = static_cast<std::int32_t>(slot.index);
    tell.verbose = 1;
    tell.text = "(" + slot.settings.vrrp.name + ") " + std::string(verb) + std::string(what);
    voice_.say(tell);
  };
  line(!slot.settings.excluded_addresses.empty(), " E-VIPs.");
  line(!slot.network.routes.empty(), " Virtual Routes");
  line(!slot.network.rules.empty(), " Virtual Rules");
  line(!slot.network.blocked.empty(), " firewall drop rule");
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

/// A fence that closed and opened within a moment and dropped nothing is nobody's news.
void Keeper::report_fence(const Slot& slot) {
  const auto opened = fence_.opened(slot.index, os::monotonic_now());
  if (!opened || (opened->closed_for < 100ms && opened->dropped_in_all() == 0)) return;
  voice_.say_daemon("(" + slot.settings.vrrp.name + ") " + opened->text(), 1);
}

void Keeper::report(const Slot& slot, const Error& error) {
  voice_.say_daemon("(" + slot.settings.vrrp.name + ") " + error.message, 2);
}

}  // namespace alibi::daemon
