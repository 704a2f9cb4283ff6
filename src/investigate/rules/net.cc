// SPDX-License-Identifier: Apache-2.0
// host.net.link_down, network.cut, network.loss: the adverts left and did not arrive. loss is what
// the taps prove; cut is the stronger word and needs proof that nothing else came through either.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "investigate/configured.h"
#include "investigate/drops.h"
#include "investigate/rules/passage.h"
#include "investigate/rules/rules.h"
#include "investigate/rules/support.h"

namespace alibi::investigate::rules {
namespace {

std::string tap_text(const evidence::Recording& recording, evidence::TapId id) {
  const evidence::Tap& tap = recording.taps[id];
  std::string text = tap.label;
  if (!tap.interface.empty() && tap.interface != tap.label) text += " " + tap.interface;
  if (!tap.host.empty()) text += " of " + tap.host;
  return text;
}

/// Frames that crossed a tap in one direction over [a, b], by interface counters.
struct Crossed {
  bool known = false;
  std::uint64_t packets = 0;
};

Crossed crossed(const evidence::Recording& recording, evidence::TapId tap,
                evidence::Direction direction, Instant a, Instant b) {
  // Counters are told when they move, so the last one before `a` holds at `a`.
  const evidence::InterfaceCounters* before = nullptr;
  const evidence::InterfaceCounters* last = nullptr;
  for (const evidence::Event& event : recording.events) {
    const auto* counters = std::get_if<evidence::InterfaceCounters>(&event.fact);
    if (counters == nullptr || counters->tap != tap || event.at > b) continue;
    if (event.at <= a || before == nullptr) before = counters;
    last = counters;
  }
  if (before == nullptr || direction == evidence::Direction::Unknown) return {};
  const auto value = [&](const evidence::InterfaceCounters& counters) {
    return direction == evidence::Direction::In ? counters.rx_packets : counters.tx_packets;
  };
  return {true, value(*last) - value(*before)};
}

/// The moment a link went down within [a, b] and stayed so; kNever if it did not.
Instant link_went_down(const Scene& scene, evidence::TapId id, Instant a, Instant b) {
  const evidence::Tap& tap = scene.recording.taps[id];
  Instant down = kNever;
  for (const evidence::Event& event : scene.recording.events) {
    const auto* link = std::get_if<evidence::LinkChange>(&event.fact);
    if (link == nullptr || tap.netns == 0 || link->netns != tap.netns) continue;
    if (link->ifindex != tap.ifindex || event.at > b) continue;
    const bool usable = link->admin_up && link->carrier && !link->deleted;
    if (usable) {
      down = kNever;
    } else if (down == kNever && event.at >= a) {
      down = event.at;
    }
  }
  return down;
}

/// A time in which a tap's link could not carry anything; `end` kNever: it did not come back.
struct Outage {
  Instant begin;
  Instant end = kNever;
};

std::vector<Outage> outages(const Scene& scene, evidence::TapId id) {
  const evidence::Tap& tap = scene.recording.taps[id];
  std::vector<Outage> found;
  for (const evidence::Event& event : scene.recording.events) {
    const auto* link = std::get_if<evidence::LinkChange>(&event.fact);
    if (link == nullptr || tap.netns == 0 || link->netns != tap.netns) continue;
    if (link->ifindex != tap.ifindex) continue;
    const bool usable = link->admin_up && link->carrier && !link->deleted;
    const bool open = !found.empty() && found.back().end == kNever;
    if (!usable && !open) found.push_back({event.at, kNever});
    if (usable && open) found.back().end = event.at;
  }
  return found;
}

/// A link that went down before the next advert was due and came back: the sender was told, and
/// waited for a timer from then on. Not so if an advert was dropped while the link was up: then it
/// did go on. A daemon that gives up a mastership for that does not take it back at once.
std::optional<Outage> link_flapped(const Scene& scene) {
  if (!scene.sender || scene.where.origin != Origin::Sender || !scene.account ||
      !dominates(scene, Doing::Idle)) {
    return std::nullopt;
  }
  constexpr Duration kSlack = 50ms;  // what is told of links and of drops comes by two ways
  const std::vector<Outage> all = outages(scene, scene.from.origin().tap);
  const TapGap& gap = scene.where.bad();
  const auto drops = drops_of(scene.recording, scene.from, scene.recording.taps[gap.tap].netns,
                              gap.last + kSlack, std::min(gap.next, scene.incident.at));
  for (const Drop& drop : drops) {
    const bool meanwhile = std::any_of(all.begin(), all.end(), [&](const Outage& outage) {
      return drop.at >= outage.begin - kSlack &&
             (outage.end == kNever || drop.at <= outage.end + kSlack);
    });
    if (drop.packet->outgoing && !meanwhile) return std::nullopt;
  }
  const auto first = std::find_if(all.begin(), all.end(), [&](const Outage& outage) {
    return outage.begin >= scene.account->begin - kSlack && outage.begin <= scene.account->due &&
           outage.end != kNever;
  });
  return first == all.end() ? std::nullopt : std::optional(*first);
}

struct Hop {
  const TapGap& good;
  const TapGap& bad;
  Instant a;  ///< between the first and the last advert that was lost here: whatever stopped them
  Instant b;  ///< was in force all this time
};

/// The sender counts its packets, and none is missing between the two at the ends of the gap: the
/// clock of that capture was set, or the packets waited. (keepalived counts an instance's adverts
/// in the identification; RFC 6864 lets it be anything.)
bool none_missing(const Scene& scene, const TapGap& bad) {
  const TapBeats* beats = scene.from.at_tap(bad.tap);
  if (beats == nullptr || bad.next == kNever) return false;
  const Beat* last = Stream::last_until(*beats, bad.last);
  const Beat* next = Stream::last_until(*beats, bad.next);
  if (last == nullptr || next == nullptr || last->ip_id == 0 || next->ip_id == 0) return false;
  return static_cast<std::uint16_t>(last->ip_id + 1) == next->ip_id;
}

std::optional<Hop> hop_of(const Scene& scene) {
  if (scene.where.origin != Origin::Segment) return std::nullopt;
  const TapGap& bad = scene.where.bad();
  if (none_missing(scene, bad)) return std::nullopt;
  const TapGap& good = scene.where.taps[scene.where.first_bad - 1];
  // An advert that the capture missed is no advert that the network lost.
  if (bad.beats_in_gap > 0 && scene.incident.kind == Kind::Silence) return std::nullopt;
  Instant first = kNever;
  Instant last = bad.last;
  for (const Beat& beat : scene.from.at_tap(good.tap)->beats) {
    if (beat.at <= bad.last + scene.incident.interval / 2) continue;
    // The one that came through again passed the good side just before.
    if (beat.at >= std::min(bad.next, scene.recording.end) - scene.incident.interval / 2) break;
    if (first == kNever) first = beat.at;
    last = beat.at;
  }
  // Counters are sampled every 100 ms: what they show shortly after `first` may be older. After
  // the hand-over traffic takes other ways.
  return Hop{good, bad, first == kNever ? last : first + 150ms, std::min(last, scene.incident.at)};
}

std::string segment_text(const Scene& scene, const Hop& hop) {
  return fmt::format("between tap {} and tap {}", tap_text(scene.recording, hop.good.tap),
                     tap_text(scene.recording, hop.bad.tap));
}

/// So many frames must be missing before their absence counts as a cut: where nine of ten are lost,
/// that many go missing together once in ten times, and where half are, never.
constexpr std::uint64_t kProof = 20;

/// Frames to be expected at a tap in [hop.a, hop.b], by the mean of the intervals before the gap; 0
/// when traffic was not steady. Bursts and samples beat against each other, so that a single
/// interval says little.
std::uint64_t expected_there(const Scene& scene, const Hop& hop, evidence::TapId tap,
                             evidence::Direction direction, Instant gap_begin) {
  // Six intervals, or what was recorded; the first second only brings the counters' first values.
  const Instant known = scene.recording.begin + 500ms;
  const Duration half = std::min<Duration>(3 * scene.incident.interval, (gap_begin - known) / 2);
  if (half < scene.incident.interval / 2) return 0;
  const Crossed late = crossed(scene.recording, tap, direction, gap_begin - half, gap_begin);
  const Crossed early =
      crossed(scene.recording, tap, direction, gap_begin - 2 * half, gap_begin - half);
  if (!late.known || !early.known) return 0;
  const std::uint64_t total = late.packets + early.packets;
  if (std::min(late.packets, early.packets) * 4 < total) return 0;
  // The adverts themselves are missing in any case.
  const auto own = static_cast<std::uint64_t>(2 * half / scene.incident.interval + 1);
  const std::uint64_t others = total - std::min(total, own);
  return others * static_cast<std::uint64_t>((hop.b - hop.a).count()) /
         static_cast<std::uint64_t>((2 * half).count());
}

/// ARPs at a tap in [a, b]: those of the adverts' sender, or those of all others.
std::uint64_t arps_there(const Scene& scene, evidence::TapId tap, bool of_sender, Instant a,
                         Instant b) {
  return static_cast<std::uint64_t>(std::count_if(
      scene.recording.arps.begin(), scene.recording.arps.end(), [&](const evidence::ArpSeen& arp) {
        return arp.tap == tap && arp.at >= a && arp.at <= b &&
               (arp.packet.sender_mac == scene.from.source_mac) == of_sender;
      }));
}

/// The first tap behind the segment where nothing at all arrived in the gap that was to be
/// expected, as a line of evidence; empty if there is none. A physical port may carry other ways as
/// well, so that the tap right behind the segment need not fall silent; a tunnel's own port does.
std::string silent_beyond(const Scene& scene, const Hop& hop) {
  for (std::size_t i = scene.where.first_bad; i < scene.where.taps.size(); ++i) {
    const TapGap& gap = scene.where.taps[i];
    const evidence::Direction direction = scene.from.at_tap(gap.tap)->beats.front().direction;
    const Crossed inside = crossed(scene.recording, gap.tap, direction, hop.a, hop.b);
    if (!inside.known || inside.packets > 0) continue;
    const std::uint64_t n = expected_there(scene, hop, gap.tap, direction, gap.last);
    if (n < kProof) continue;
    return fmt::format("tap {}: no frame of any kind for {}, where some {} were to be expected",
                       scene.recording.taps[gap.tap].label, seconds_text(hop.b - hop.a), n);
  }
  return {};
}

/// Nothing of what the sender sent came through, adverts and ARPs alike, and every frame that did
/// cross the tap behind the segment is known to be somebody else's.
std::string nothing_of_the_sender(const Scene& scene, const Hop& hop) {
  const evidence::TapId good = hop.good.tap;
  const evidence::TapId bad = hop.bad.tap;
  const std::uint64_t entered = arps_there(scene, good, true, hop.a, hop.b);
  const bool before = arps_there(scene, bad, true, hop.bad.last - 5s, hop.bad.last) > 0;
  if (entered < kProof || !before || arps_there(scene, bad, true, hop.a, hop.b) > 0) return {};
  const evidence::Direction direction = scene.from.at_tap(bad)->beats.front().direction;
  const Crossed inside = crossed(scene.recording, bad, direction, hop.a, hop.b);
  // Counters lag by up to a sample.
  const std::uint64_t others = arps_there(scene, bad, false, hop.a - 150ms, hop.b);
  if (!inside.known || inside.packets > others) return {};
  return fmt::format("tap {} saw {} ARPs of the sender meanwhile, tap {} none of them",
                     scene.recording.taps[good].label, entered, scene.recording.taps[bad].label);
}

void add_counts(const Scene& scene, const Hop& hop, Finding& finding) {
  finding.evidence.push_back(
      fmt::format("tap {} saw {} adverts in the gap, tap {} none for {}",
                  scene.recording.taps[hop.good.tap].label, hop.good.beats_in_gap,
                  scene.recording.taps[hop.bad.tap].label, seconds_text(hop.bad.length)));
  // The last of them was dropped where the next that came through was due.
  for (const std::string& line :
       dropped_between(scene, hop.good.tap, hop.bad.tap, hop.bad.last, hop.b + 150ms))
    finding.evidence.push_back(line);
  std::set<std::uint64_t> places;
  for (const evidence::TapId tap : {hop.good.tap, hop.bad.tap}) {
    const std::uint64_t netns = scene.recording.taps[tap].netns;
    if (netns == 0 || !places.insert(netns).second) continue;
    for (const std::string& line : port_lines(scene, netns, scene.incident.silent_since, hop.b))
      finding.evidence.push_back(line);
  }
  // What leaves by a tap has its queue behind it; the queues of other interfaces are not read.
  for (const std::string& line : queue_lines(scene, hop.bad.tap, hop.a, hop.b))
    finding.evidence.push_back(line);
}

/// By its configuration it does not mind its own interface (dont_track_primary).
bool does_without_its_interface(const Scene& scene) {
  const Instant at = scene.incident.silent_since;
  const Configured known = configured(scene, at - 1s, at);
  return known.known() &&
         std::all_of(known.views.begin(), known.views.end(), [](const ConfigView& view) {
           return view.router != nullptr && !view.router->track_primary &&
                  std::none_of(view.router->tracks.begin(), view.router->tracks.end(),
                               [&](const evidence::TrackedObject& object) {
                                 return object.kind == evidence::TrackedObject::Kind::Interface &&
                                        object.name == view.router->interface;
                               });
         });
}

}  // namespace

std::optional<Finding> link_down(const Scene& scene) {
  if (scene.where.origin != Origin::Sender && scene.incident.kind != Kind::Resignation) {
    return std::nullopt;
  }
  const evidence::TapId tap = scene.from.origin().tap;
  if (scene.incident.kind == Kind::Resignation && does_without_its_interface(scene)) {
    return std::nullopt;
  }
  // What went down after it had resigned is no reason for it: a host that shuts down does both.
  const Instant due = scene.incident.kind == Kind::Resignation
                          ? scene.incident.silent_since
                          : scene.incident.silent_since + scene.incident.interval + 500ms;
  const Instant down = link_went_down(scene, tap, scene.incident.silent_since - 1s,
                                      std::min(due, scene.incident.at));
  if (down == kNever) {
    const std::optional<Outage> outage = link_flapped(scene);
    if (!outage) return std::nullopt;
    return Finding{
        "host.net.link_down",
        fmt::format("the link of tap {} went down for {}, and {} did not go on when it "
                    "was back",
                    tap_text(scene.recording, tap), seconds_text(outage->end - outage->begin),
                    sender_text(scene)),
        {fmt::format("{}: rtnetlink says down", clock_text(scene.recording, outage->begin)),
         "then waiting for a timer of its own for " + share_text(scene, Doing::Idle)},
        {}};
  }
  Finding finding{"host.net.link_down",
                  fmt::format("the link of tap {} went down", tap_text(scene.recording, tap)),
                  {},
                  {}};
  finding.evidence.push_back(
      fmt::format("{}: rtnetlink says down", clock_text(scene.recording, down)));
  return finding;
}

std::optional<Finding> network_cut(const Scene& scene) {
  const std::optional<Hop> hop = hop_of(scene);
  if (!hop || hop->b <= hop->a || hop->good.beats_in_gap == 0) return std::nullopt;
  Finding finding{"network.cut", "nothing came through " + segment_text(scene, *hop), {}, {}};
  for (const evidence::TapId tap : {hop->good.tap, hop->bad.tap}) {
    const Instant down = link_went_down(scene, tap, scene.incident.silent_since - 1s, hop->b);
    if (down == kNever) continue;
    finding.evidence.push_back(fmt::format("{}: link of tap {} down",
                                           clock_text(scene.recording, down),
                                           tap_text(scene.recording, tap)));
  }
  for (const std::string& line : {silent_beyond(scene, *hop), nothing_of_the_sender(scene, *hop)}) {
    if (!line.empty()) finding.evidence.push_back(line);
  }
  if (finding.evidence.empty()) return std::nullopt;
  add_counts(scene, *hop, finding);
  return finding;
}

std::optional<Finding> network_loss(const Scene& scene) {
  const std::optional<Hop> hop = hop_of(scene);
  if (!hop || hop->good.beats_in_gap == 0) return std::nullopt;
  Finding finding{"network.loss", "adverts were lost " + segment_text(scene, *hop), {}, {}};
  add_counts(scene, *hop, finding);
  const Crossed inside =
      crossed(scene.recording, hop->bad.tap,
              scene.from.at_tap(hop->bad.tap)->beats.back().direction, hop->a, hop->b);
  if (inside.known && inside.packets > 0) {
    finding.evidence.push_back(fmt::format("tap {}: {} other frames came through meanwhile",
                                           scene.recording.taps[hop->bad.tap].label,
                                           inside.packets));
  }
  return finding;
}

}  // namespace alibi::investigate::rules
