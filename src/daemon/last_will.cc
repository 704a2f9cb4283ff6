// SPDX-License-Identifier: Apache-2.0
// Priority 0 and RTM_DELADDR from the supervisor, with sockets opened for the purpose: between
// times the supervisor holds no protocol-112 socket.
#include "daemon/last_will.h"

#include "daemon/links.h"
#include "os/raw_socket.h"
#include "wire/vrrp.h"

namespace alibi::daemon {
namespace {

Result<void> resign(const config::Instance& instance, IfIndex index,
                    const wire::IpAddress& source) {
  const auto& p = instance.vrrp;
  auto socket = os::VrrpSocket::open(instance.interface, index, p.family);
  if (!socket) return tl::unexpected(socket.error());
  const wire::Advertisement advert{p.version,   p.vrid,      Priority{0}, p.advert_interval,
                                   p.auth_type, p.auth_data, p.addresses};
  std::vector<wire::IpAddress> peers;
  for (const auto& peer : instance.unicast_peers) peers.push_back(peer.address);
  if (!p.unicast) peers = {wire::vrrp_group(p.family)};
  for (const auto& peer : peers) {
    const auto sent =
        socket->send(wire::encode_vrrp(advert, source, peer, p.v3_checksum), source, peer);
    if (!sent) return sent;
  }
  return {};
}

std::string give_back(const config::Instance& instance, os::Netlink& netlink, const Links& links) {
  const auto specs = address_specs(instance, links);
  if (!specs) return specs.error().message;
  std::string failed;
  for (const auto& spec : *specs) {
    if (const auto removed = netlink.remove(spec); !removed) failed = removed.error().message;
  }
  return failed;
}

}  // namespace

void execute_last_will(const config::Settings& settings, const Channels& channels,
                       const Voice& voice, const std::string& why) {
  // All resignations first: each is a backup that may begin at once.
  std::vector<std::string> failures(settings.instances.size());
  for (std::size_t i = 0; i < settings.instances.size(); ++i) {
    const auto& record = channels.page.instance(i);
    if (record.state.load() != static_cast<std::uint8_t>(vrrp::State::Master)) continue;
    const auto sent = resign(settings.instances[i], IfIndex(record.interface_index.load()),
                             channels.page.source(i));
    if (!sent) failures[i] = sent.error().message;
  }
  auto netlink = os::Netlink::open();
  const auto links = netlink ? Links::read(*netlink) : Result<Links>(Links());
  for (std::size_t i = 0; i < settings.instances.size(); ++i) {
    auto& record = channels.page.instance(i);
    const auto state = static_cast<vrrp::State>(record.state.load());
    if (netlink && links && record.has_addresses.load() != 0) {
      const auto failed = give_back(settings.instances[i], *netlink, *links);
      if (!failed.empty()) failures[i] = failed;
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
