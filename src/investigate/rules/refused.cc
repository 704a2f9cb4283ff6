// SPDX-License-Identifier: Apache-2.0
// config.mismatch, config.duplicate_vrid, peer.rejects: two routers advertise at once, and the
// adverts themselves say why one does not heed the other's. What a receiver must discard: RFC 3768
// section 7.1 (TTL, authentication, interval, and the address list where it is verified), RFC 9568
// section 7.1 (TTL); keepalived's vrrp_check_packet() does.
#include <fmt/format.h>

#include <algorithm>

#include "investigate/rules/rules.h"
#include "investigate/rules/support.h"

namespace alibi::investigate::rules {
namespace {

using evidence::Heartbeat;
using wire::Advertisement;

/// An advert that its receiver did not heed, and one that the receiver sent itself.
struct Unheeded {
  const Heartbeat* heard = nullptr;
  const Heartbeat* own = nullptr;
};

bool unyielding(const Scene& scene) {
  return scene.incident.kind == Kind::Conflict || both_went_on(scene.incident);
}

/// The packet of a beat; nullptr if the recording does not hold it.
const Heartbeat* packet_of(const evidence::Recording& recording, const Stream& stream,
                           const TapBeats& tap, const Beat* beat) {
  if (beat == nullptr) return nullptr;
  const auto same = [&](const Heartbeat& packet) {
    const bool at = beat->packet_number != 0 ? packet.packet_number == beat->packet_number
                                             : packet.at == beat->at;
    return at && packet.tap == tap.tap && packet.packet.source == stream.source &&
           packet.packet.decoded.advertisement.vrid == stream.router.vrid;
  };
  const auto it = std::find_if(recording.heartbeats.begin(), recording.heartbeats.end(), same);
  return it == recording.heartbeats.end() ? nullptr : &*it;
}

/// Who should have yielded: the newcomer to a living master, or an old master that was outbid.
std::optional<Unheeded> unheeded(const Scene& scene) {
  const Incident& incident = scene.incident;
  const TapBeats* there = scene.from.at_tap(scene.to.origin().tap);
  const TapBeats& from_tap = there != nullptr ? *there : scene.from.far_end();
  const TapBeats& to_tap = scene.to.origin();
  Unheeded pair;
  if (incident.kind == Kind::Conflict) {
    pair.heard = packet_of(scene.recording, scene.from, from_tap,
                           Stream::last_until(from_tap, incident.at - 1ns));
    pair.own = packet_of(scene.recording, scene.to, to_tap,
                         Stream::first_after(to_tap, incident.at - 1ns));
  } else if (incident.kind == Kind::Preemption) {
    const TapBeats* back = scene.to.at_tap(scene.from.origin().tap);
    const TapBeats& heard_tap = back != nullptr ? *back : scene.to.far_end();
    pair.heard = packet_of(scene.recording, scene.to, heard_tap,
                           Stream::first_after(heard_tap, incident.at - 1ns));
    pair.own = packet_of(scene.recording, scene.from, scene.from.origin(),
                         Stream::last_until(scene.from.origin(), incident.at));
  }
  if (pair.heard == nullptr || pair.own == nullptr) return std::nullopt;
  return pair;
}

std::string from_text(const Unheeded& pair) {
  return fmt::format("{} does not heed {}", pair.own->packet.source.text(),
                     pair.heard->packet.source.text());
}

/// A receiver discards version 2 whose password or type differs, and whose interval does.
std::optional<Finding> setting_differs(const Unheeded& pair) {
  const Advertisement& heard = pair.heard->packet.decoded.advertisement;
  const Advertisement& own = pair.own->packet.decoded.advertisement;
  if (heard.version != 2 || own.version != 2) return std::nullopt;
  std::string what;
  std::string figures;
  if (heard.auth_type != own.auth_type) {
    what = "their authentication types differ";
    figures = fmt::format("authentication type {} beside {}", static_cast<int>(heard.auth_type),
                          static_cast<int>(own.auth_type));
  } else if (heard.auth_type == wire::AuthType::Pass && heard.auth_data != own.auth_data) {
    what = "their passwords (auth_pass) differ";
    figures = "the password in the adverts of one is not the one in the other's";
  } else if (heard.interval != own.interval) {
    what = "their advertisement intervals differ";
    figures = fmt::format("{} beside {}", seconds_text(heard.interval), seconds_text(own.interval));
  } else {
    return std::nullopt;
  }
  return Finding{"config.mismatch", from_text(pair) + ": " + what, {figures}, {}};
}

/// 255 proves that an advert comes from this link; a receiver discards any other. Unicast peers
/// may be further away (keepalived does not ask it of them).
std::optional<Finding> hops_passed(const Scene& scene, const Unheeded& pair) {
  const wire::VrrpPacket& heard = pair.heard->packet;
  if (heard.ttl == 255 || !heard.destination.is_multicast()) return std::nullopt;
  return Finding{
      "peer.rejects",
      fmt::format("{}: they arrive with TTL {} instead of 255", from_text(pair), heard.ttl),
      {fmt::format("{}: TTL {} at tap {}", clock_text(scene.recording, pair.heard->at), heard.ttl,
                   scene.recording.taps[pair.heard->tap].label)},
      {}};
}

std::string list_text(const std::vector<wire::IpAddress>& addresses) {
  constexpr std::size_t kShown = 4;
  std::string text;
  for (std::size_t i = 0; i < std::min(addresses.size(), kShown); ++i) {
    text += (i == 0 ? "" : ", ") + addresses[i].text();
  }
  if (addresses.size() > kShown) text += fmt::format(" and {} more", addresses.size() - kShown);
  return text.empty() ? "none" : text;
}

std::vector<wire::IpAddress> sorted_addresses(const Heartbeat& packet) {
  std::vector<wire::IpAddress> addresses = packet.packet.decoded.advertisement.addresses;
  std::sort(addresses.begin(), addresses.end());
  addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
  return addresses;
}

}  // namespace

std::optional<Finding> advert_refused(const Scene& scene) {
  const std::optional<Unheeded> pair = unheeded(scene);
  if (!pair || !unyielding(scene)) return std::nullopt;
  if (auto finding = hops_passed(scene, *pair)) return finding;
  return setting_differs(*pair);
}

std::optional<Finding> addresses_differ(const Scene& scene) {
  const std::optional<Unheeded> pair = unheeded(scene);
  if (!pair) return std::nullopt;
  const std::vector<wire::IpAddress> heard = sorted_addresses(*pair->heard);
  const std::vector<wire::IpAddress> own = sorted_addresses(*pair->own);
  if (heard == own || heard.empty() || own.empty()) return std::nullopt;
  const std::vector<std::string> lists = {
      fmt::format("{} advertises {}", pair->heard->packet.source.text(), list_text(heard)),
      fmt::format("{} advertises {}", pair->own->packet.source.text(), list_text(own))};
  const bool common = std::any_of(heard.begin(), heard.end(), [&](const wire::IpAddress& a) {
    return std::binary_search(own.begin(), own.end(), a);
  });
  if (common) {
    // Version 2 says drop (RFC 3768, 7.1); version 3 leaves it to the receiver.
    if (!unyielding(scene) || scene.from.router.version != 2) return std::nullopt;
    return Finding{"config.mismatch",
                   from_text(*pair) + ": their lists of virtual addresses differ",
                   lists,
                   {}};
  }
  return Finding{"config.duplicate_vrid",
                 fmt::format("{} and {} use VRID {} for different addresses",
                             pair->heard->packet.source.text(), pair->own->packet.source.text(),
                             scene.from.router.vrid.value),
                 lists,
                 {}};
}

}  // namespace alibi::investigate::rules
