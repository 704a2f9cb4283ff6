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

/// Are the settings in question the same in two adverts of one router?
using Same = bool (*)(const Advertisement&, const Advertisement&);

bool same_authentication(const Advertisement& a, const Advertisement& b) {
  return a.auth_type == b.auth_type && a.auth_data == b.auth_data;
}

bool same_interval(const Advertisement& a, const Advertisement& b) {
  return a.interval == b.interval;
}

std::vector<wire::IpAddress> sorted_addresses(const Advertisement& advert) {
  std::vector<wire::IpAddress> addresses = advert.addresses;
  std::sort(addresses.begin(), addresses.end());
  addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
  return addresses;
}

bool same_addresses(const Advertisement& a, const Advertisement& b) {
  return sorted_addresses(a) == sorted_addresses(b);
}

const Advertisement& advert_of(const Heartbeat& packet) {
  return packet.packet.decoded.advertisement;
}

/// The adverts of the same router at the same tap in the hour before `packet`, which is one of the
/// recording's, in order of time. (Routers that quarrel for a day do so thousands of times.)
std::vector<const Heartbeat*> earlier(const Scene& scene, const Heartbeat& packet) {
  std::vector<const Heartbeat*> found;
  for (const Heartbeat* other = &packet; other != scene.recording.heartbeats.data();) {
    --other;
    if (other->tap != packet.tap) continue;
    if (other->at < packet.at - 1h) break;
    const bool ours = other->at < packet.at && other->packet.source == packet.packet.source &&
                      advert_of(*other).vrid == advert_of(packet).vrid &&
                      advert_of(*other).version == advert_of(packet).version;
    if (ours && advert_of(*other).priority.value != 0) found.push_back(other);
  }
  std::reverse(found.begin(), found.end());
  return found;
}

/// Has the receiver, set as it is now, kept silent before for longer than its timer while adverts
/// like these reached it? Then they do differ, and that is not why it does not heed them.
bool heeded_before(const Scene& scene, const Unheeded& pair, Same same) {
  const Advertisement& now = advert_of(*pair.own);
  const Duration longest =
      master_down_interval(scene.from.router, now.priority,
                           std::max(now.interval, advert_of(*pair.heard).interval)) +
      2 * scene.incident.interval;
  std::vector<const Heartbeat*> own = earlier(scene, *pair.own);
  own.push_back(pair.own);
  const std::vector<const Heartbeat*> heard = earlier(scene, *pair.heard);
  auto packet = heard.begin();
  for (std::size_t i = 0; i + 1 < own.size(); ++i) {
    const bool as_now = same(advert_of(*own[i]), now);
    Instant since = kNever;  // the first of an unbroken run of such adverts in this silence
    for (; packet != heard.end() && (*packet)->at < own[i + 1]->at; ++packet) {
      if (!as_now || (*packet)->at <= own[i]->at) continue;
      if (!same(advert_of(**packet), advert_of(*pair.heard))) {
        since = kNever;
        continue;
      }
      if (since == kNever) since = (*packet)->at;
      if ((*packet)->at - since > longest) return true;
    }
  }
  return false;
}

/// Who of the two was set otherwise before, and until when.
void add_changes(const Scene& scene, const Unheeded& pair, Same same, Finding& finding) {
  for (const Heartbeat* packet : {pair.heard, pair.own}) {
    const std::vector<const Heartbeat*> before = earlier(scene, *packet);
    const auto last = std::find_if(before.rbegin(), before.rend(), [&](const Heartbeat* other) {
      return !same(advert_of(*other), advert_of(*packet));
    });
    if (last == before.rend()) continue;
    finding.evidence.push_back(fmt::format("{}: the last advert of {} in which it was otherwise",
                                           clock_text(scene.recording, (*last)->at),
                                           packet->packet.source.text()));
  }
}

std::string authentication_text(wire::AuthType type) {
  switch (type) {
    case wire::AuthType::None:
      return "no authentication";
    case wire::AuthType::Pass:
      return "a password (PASS)";
    default:
      return fmt::format("authentication type {}", static_cast<int>(type));
  }
}

/// A receiver discards version 2 whose password or type differs, and whose interval does.
std::optional<Finding> setting_differs(const Scene& scene, const Unheeded& pair) {
  const Advertisement& heard = advert_of(*pair.heard);
  const Advertisement& own = advert_of(*pair.own);
  if (heard.version != 2 || own.version != 2) return std::nullopt;
  std::string what;
  std::string figures;
  Same same = same_authentication;
  if (heard.auth_type != own.auth_type) {
    what = "their authentication types differ";
    figures = fmt::format("{} advertises with {}, {} with {}", pair.heard->packet.source.text(),
                          authentication_text(heard.auth_type), pair.own->packet.source.text(),
                          authentication_text(own.auth_type));
  } else if (heard.auth_type == wire::AuthType::Pass && heard.auth_data != own.auth_data) {
    what = "their passwords (auth_pass) differ";
    figures = "the password in the adverts of one is not the one in the other's";
  } else if (heard.interval != own.interval) {
    what = "their advertisement intervals differ";
    figures = fmt::format("{} beside {}", seconds_text(heard.interval), seconds_text(own.interval));
    same = same_interval;
  } else {
    return std::nullopt;
  }
  if (heeded_before(scene, pair, same)) return std::nullopt;
  Finding finding{"config.mismatch", from_text(pair) + ": " + what, {figures}, {}};
  add_changes(scene, pair, same, finding);
  return finding;
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

/// Have the two routers ever had an address in common? A pair whose list was changed on one of the
/// two is a pair still.
bool ever_common(const Scene& scene) {
  const std::vector<wire::IpAddress>& others = scene.to.addresses;
  return std::any_of(scene.from.addresses.begin(), scene.from.addresses.end(),
                     [&](const wire::IpAddress& address) {
                       return std::binary_search(others.begin(), others.end(), address);
                     });
}

}  // namespace

std::optional<Finding> advert_refused(const Scene& scene) {
  const std::optional<Unheeded> pair = unheeded(scene);
  if (!pair || !unyielding(scene)) return std::nullopt;
  if (auto finding = hops_passed(scene, *pair)) return finding;
  return setting_differs(scene, *pair);
}

std::optional<Finding> addresses_differ(const Scene& scene) {
  const std::optional<Unheeded> pair = unheeded(scene);
  if (!pair) return std::nullopt;
  const std::vector<wire::IpAddress> heard = sorted_addresses(advert_of(*pair->heard));
  const std::vector<wire::IpAddress> own = sorted_addresses(advert_of(*pair->own));
  if (heard == own || heard.empty() || own.empty()) return std::nullopt;
  const std::vector<std::string> lists = {
      fmt::format("{} advertises {}", pair->heard->packet.source.text(), list_text(heard)),
      fmt::format("{} advertises {}", pair->own->packet.source.text(), list_text(own))};
  if (!ever_common(scene)) {
    return Finding{"config.duplicate_vrid",
                   fmt::format("{} and {} use VRID {} for different addresses",
                               pair->heard->packet.source.text(), pair->own->packet.source.text(),
                               scene.from.router.vrid.value),
                   lists,
                   {}};
  }
  // Version 2 says drop (RFC 3768, 7.1); version 3 leaves it to the receiver.
  if (!unyielding(scene) || scene.from.router.version != 2) return std::nullopt;
  if (heeded_before(scene, *pair, same_addresses)) return std::nullopt;
  Finding finding{
      "config.mismatch", from_text(*pair) + ": their lists of virtual addresses differ", lists, {}};
  add_changes(scene, *pair, same_addresses, finding);
  return finding;
}

}  // namespace alibi::investigate::rules
