// SPDX-License-Identifier: Apache-2.0
// Packet acceptance. Nothing here allocates until a rejection is put into words, which happens once
// a reason: a flood of bad packets costs comparisons only.
#include "vrrp/acceptance.h"

#include <algorithm>

namespace alibi::vrrp {
namespace {

bool contains(const std::vector<wire::IpAddress>& list, const wire::IpAddress& address) {
  return std::find(list.begin(), list.end(), address) != list.end();
}

/// RFC 3768 section 7.1 has no authentication any more; this is RFC 2338 section 5.3.6.1's simple
/// password, which keepalived kept and most configurations use.
std::optional<RejectCode> broken_v2_rule(const Parameters& ours,
                                         const wire::Advertisement& theirs) {
  if (theirs.auth_type != ours.auth_type) return RejectCode::AuthType;
  if (ours.auth_type == wire::AuthType::Pass && theirs.auth_data != ours.auth_data) {
    return RejectCode::AuthData;
  }
  // RFC 3768 section 7.1: "MUST verify that the Adver Interval in the packet is the same as the
  // locally configured"; a router that disagrees would time out at another moment.
  if (theirs.interval != ours.advert_interval) return RejectCode::Interval;
  return std::nullopt;
}

const UnicastPeer* peer_at(const Parameters& ours, const wire::IpAddress& source) {
  const auto found = std::find_if(ours.peers.begin(), ours.peers.end(),
                                  [&](const auto& peer) { return peer.address == source; });
  return found == ours.peers.end() ? nullptr : &*found;
}

/// RFC 9568 section 7.1: TTL / hop limit 255 proves that no router forwarded it. Unicast peers may
/// be several hops away, as far as their min_ttl and max_ttl say.
bool ttl_allowed(const UnicastPeer* peer, const AdvertReceived& packet) {
  if (!packet.unicast) return packet.ttl == 255;
  return peer == nullptr || (packet.ttl >= peer->min_ttl && packet.ttl <= peer->max_ttl);
}

std::string ttl_text(const Parameters& ours, const AdvertReceived& packet) {
  const UnicastPeer* peer = packet.unicast ? peer_at(ours, packet.source) : nullptr;
  if (peer == nullptr) return "255";
  return std::to_string(peer->min_ttl) + " to " + std::to_string(peer->max_ttl);
}

std::string number(unsigned value) { return std::to_string(value); }

std::string address_list_text(const Parameters& ours, const AdvertReceived& packet) {
  const auto& theirs = packet.advert.addresses;
  const std::string from = " from " + packet.source.text();
  if (theirs.size() != ours.addresses.size()) {
    return "received an unexpected ip number count " + std::to_string(theirs.size()) + from +
           ", expected " + std::to_string(ours.addresses.size()) + "!";
  }
  for (const auto& address : ours.addresses) {
    if (!contains(theirs, address)) {
      return "expected ip address " + address.text() + " is not in the advert" + from + "!";
    }
  }
  return "ip address associated with VRID differs" + from;
}

}  // namespace

std::optional<RejectCode> broken_rule(const Parameters& ours, const wire::IpAddress& source,
                                      const AdvertReceived& packet) {
  const wire::Advertisement& theirs = packet.advert;
  if (theirs.vrid != ours.vrid) return RejectCode::Vrid;
  if (packet.source == source) return RejectCode::OwnAddress;
  const UnicastPeer* peer = packet.unicast ? peer_at(ours, packet.source) : nullptr;
  if (!ttl_allowed(peer, packet)) return RejectCode::Ttl;
  if (theirs.version != ours.version) return RejectCode::Version;
  if (ours.version == 2) {
    if (const auto broken = broken_v2_rule(ours, theirs)) return broken;
  } else if (theirs.interval <= Duration(0)) {
    // RFC 9568 erratum 8301: zero would make every backup time out at once.
    return RejectCode::Interval;
  }
  if (packet.unicast != ours.unicast) return RejectCode::Multicast;
  if (ours.check_unicast_source && packet.unicast && peer == nullptr) {
    return RejectCode::UnicastSource;
  }
  return std::nullopt;
}

bool address_list_matches(const Parameters& ours, const wire::Advertisement& advert) {
  if (advert.addresses == ours.addresses) return true;
  if (advert.addresses.size() != ours.addresses.size()) return false;
  return std::all_of(ours.addresses.begin(), ours.addresses.end(),
                     [&](const auto& address) { return contains(advert.addresses, address); });
}

std::string rejection_text(RejectCode code, const Parameters& ours, const AdvertReceived& packet) {
  const wire::Advertisement& theirs = packet.advert;
  const std::string from = " from " + packet.source.text();
  switch (code) {
    case RejectCode::Ttl:
      return "invalid TTL/hop-limit" + from + ". Expected " + ttl_text(ours, packet) + ", got " +
             number(packet.ttl);
    case RejectCode::Version:
      return "invalid version" + from + ". " + number(theirs.version) + " and expect " +
             number(ours.version);
    case RejectCode::Vrid:
      return "received VRID " + number(theirs.vrid.value) + from + ", expecting " +
             number(ours.vrid.value);
    case RejectCode::AuthType:
      return "received a " + number(static_cast<unsigned>(theirs.auth_type)) + " auth" + from +
             ", expecting " + number(static_cast<unsigned>(ours.auth_type)) + "!";
    case RejectCode::AuthData:
      return "received an invalid passwd" + from + "!";
    case RejectCode::Interval:
      return "advertisement interval mismatch" + from + ": mine=" +
             seconds_text(ours.advert_interval, 2) + " rcved=" + seconds_text(theirs.interval, 2);
    case RejectCode::AddressList:
      return address_list_text(ours, packet);
    case RejectCode::OwnAddress:
      return "received an advert with our own address" + from +
             ": looped back, or another host uses it";
    case RejectCode::Multicast:
      return ours.unicast ? "expected a unicast advert" + from + " but received multicast"
                          : "expected a multicast advert" + from + " but received unicast";
    case RejectCode::UnicastSource:
      return "unicast source address " + packet.source.text() + " is no unicast_peer";
    case RejectCode::Defect:
      break;  // never decided here: the packet could not be decoded
  }
  return "undecodable packet" + from;
}

}  // namespace alibi::vrrp
