// SPDX-License-Identifier: Apache-2.0
// Priority 0 and RTM_DELADDR from the supervisor, with sockets opened for the purpose: between
// times the supervisor holds no protocol-112 socket.
#include "daemon/last_will.h"

#include "daemon/links.h"
#include "os/raw_socket.h"
#include "wire/vrrp.h"

namespace alibi::daemon {
namespace {

/// The device its adverts leave by: that of its virtual MAC, or its own, or its VRF.
std::string sending_interface(const config::Instance& instance, std::size_t at,
                              const std::vector<VirtualMacPlan>& macs) {
  const auto* plan = own_virtual_mac(macs, at);
  if (plan != nullptr && !instance.vmac->transmit_base && !instance.vrrp.unicast) return plan->name;
  return instance.interface.empty() ? *instance.vrf : instance.interface;
}

}  // namespace

Result<void> resign(const config::Settings& settings, std::size_t at,
                    const std::vector<VirtualMacPlan>& macs, IfIndex index,
                    const wire::IpAddress& source) {
  const auto& instance = settings.instances[at];
  const auto& p = instance.vrrp;
  os::VrrpSocketSpec spec;
  spec.interface = sending_interface(instance, at, macs);
  spec.index = index;
  spec.family = p.family;
  spec.sends_only = true;
  auto socket = os::VrrpSocket::open(spec);
  if (!socket) return tl::unexpected(socket.error());
  const wire::Advertisement advert{p.version,   p.vrid,      Priority{0}, p.advert_interval,
                                   p.auth_type, p.auth_data, p.addresses};
  std::vector<wire::IpAddress> destinations;
  for (const auto& peer : instance.unicast_peers) destinations.push_back(peer.address);
  if (!p.unicast) destinations = {group_of(settings, instance)};
  const auto ttl = static_cast<std::uint8_t>(p.unicast ? instance.unicast_ttl : 255);
  for (const auto& to : destinations) {
    const auto sent =
        socket->send(wire::encode_vrrp(advert, source, to, p.v3_checksum), source, to, ttl);
    if (!sent) return sent;
  }
  return {};
}

namespace {

std::string give_all_back(const Resolver& resolver, std::size_t at, os::Netlink& netlink,
                          os::Firewall* firewall, const Links& links) {
  std::string failed;
  give_back(resolver.rest_of(at, links), netlink, firewall,
            [&](const Error& error) { failed = error.message; });
  return failed;
}

}  // namespace

void execute_last_will(const config::Settings& settings, const Resolver& resolver,
                       const Channels& channels, const Voice& voice, const std::string& why) {
  // All resignations first: each is a backup that may begin at once.
  std::vector<std::string> failures(settings.instances.size());
  for (std::size_t i = 0; i < settings.instances.size(); ++i) {
    const auto& record = channels.page.instance(i);
    if (record.state.load() != static_cast<std::uint8_t>(vrrp::State::Master)) continue;
    const auto sent = resign(settings, i, resolver.macs(), IfIndex(record.interface_index.load()),
                             channels.page.source(i));
    if (!sent) failures[i] = sent.error().message;
  }
  auto netlink = os::Netlink::open();
  auto firewall = any_silent(settings) ? os::Firewall::open(firewall_options(settings))
                                       : Result<os::Firewall>(tl::unexpected(Error{}));
  const auto links = netlink ? Links::read(*netlink) : Result<Links>(Links());
  for (std::size_t i = 0; i < settings.instances.size(); ++i) {
    auto& record = channels.page.instance(i);
    const auto state = static_cast<vrrp::State>(record.state.load());
    if (netlink && links && record.has_addresses.load() != 0) {
      const auto failed =
          give_all_back(resolver, i, *netlink, firewall ? &*firewall : nullptr, *links);
      if (!failed.empty()) failures[i] = failed;
      if (failed.empty()) disarm(channels.fence, i);
    }
    record.state.store(static_cast<std::uint8_t>(vrrp::State::Init));
    record.has_addresses.store(0);
    if (state != vrrp::State::Master) continue;
    Tell tell = make_tell(Tell::Kind::Resigned);
    tell.instance = static_cast<std::int32_t>(i);
    tell.severity = failures[i].empty() ? 1 : 2;
    tell.text = "(" + settings.instances[i].vrrp.name +
                ") resigned with priority 0 and gave its addresses back in the name of the "
                "keeper, which " +
                why + (failures[i].empty() ? "" : "; NOT completely: " + failures[i]);
    voice.say(tell);
  }
}

}  // namespace alibi::daemon
