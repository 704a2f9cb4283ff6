// SPDX-License-Identifier: Apache-2.0
// Follows one gap along the taps.
#include "investigate/path.h"

#include <algorithm>

namespace alibi::investigate {
namespace {

/// The gap at one tap that lies over the middle of the incident's silence. A tap that had seen
/// nothing of the stream before may have missed it since `begun`, its first advert anywhere.
TapGap gap_at(const TapBeats& tap, Instant middle, const Incident& incident, Instant begun,
              Instant end) {
  TapGap gap;
  gap.tap = tap.tap;
  const Beat* last = Stream::last_until(tap, middle);
  const Beat* next = Stream::first_after(tap, middle);
  const Instant since = tap.clock.capture ? std::max(begun, tap.clock.first) : begun;
  gap.last = last != nullptr ? last->at : std::min(since, middle);
  gap.next = next != nullptr ? next->at : kNever;
  // Who did not wait for a gap was not led by one, whatever came later.
  const Instant judged = incident.kind == Kind::Conflict ? incident.at : kNever;
  gap.length = std::min(next != nullptr ? next->at : end, judged) - gap.last;
  gap.late = gap.length > incident.interval + incident.interval / 2;
  if (next != nullptr) gap.capture_lost = next->dropped_before;
  const Instant until = std::min(incident.resumed, incident.at);
  gap.beats_in_gap = static_cast<std::size_t>(
      std::count_if(tap.beats.begin(), tap.beats.end(), [&](const Beat& beat) {
        return beat.at > incident.silent_since + incident.interval / 2 && beat.at < until;
      }));
  return gap;
}

/// Does a router run in the namespace of this tap?
bool at_a_router(const evidence::Recording& recording, const TapBeats& tap) {
  const std::uint64_t netns = recording.taps[tap.tap].netns;
  if (netns == 0) return false;
  return std::any_of(recording.events.begin(), recording.events.end(),
                     [&](const evidence::Event& event) {
                       const auto* found = std::get_if<evidence::ProcessFound>(&event.fact);
                       return found != nullptr && found->netns == netns &&
                              found->role == evidence::ProcessFound::Role::Heartbeat;
                     });
}

/// A tap that watches the sender's own namespace hears its adverts on their way out.
bool at_the_sender(const evidence::Recording& recording, const TapBeats& tap) {
  return tap.beats.back().direction == evidence::Direction::Out && at_a_router(recording, tap);
}

/// A tap at a third router: adverts end there, so that it stands on no way to the one that listens.
bool at_a_third(const evidence::Recording& recording, const Stream& from, const Stream& to,
                const TapBeats& tap) {
  const std::uint64_t netns = recording.taps[tap.tap].netns;
  const evidence::TapId listens = &from == &to ? from.far_end().tap : to.origin().tap;
  return tap.beats.back().direction == evidence::Direction::In &&
         netns != recording.taps[from.origin().tap].netns &&
         netns != recording.taps[listens].netns && at_a_router(recording, tap);
}

/// Does the capture at this tap begin before the gap and end after it? What it did not see for
/// being over proves no loss.
bool covers(const TapBeats& tap, const Incident& incident) {
  if (!tap.clock.capture) return true;
  const Instant until = std::min(incident.at, incident.resumed);
  return tap.clock.first <= incident.silent_since + incident.interval / 4 &&
         tap.clock.last >= until - incident.interval / 4;
}

bool ever_late(const TapBeats& tap, Duration interval) {
  for (std::size_t i = 1; i < tap.beats.size(); ++i) {
    if (tap.beats[i].at - tap.beats[i - 1].at > interval + interval / 2) return true;
  }
  return false;
}

/// Why the times at the taps before and behind the gap's segment cannot be compared; empty when
/// they can. A tap that never saw a gap at all saw this one neither, whatever its clock says.
std::string doubt_of_clocks(const evidence::Recording& recording, const Stream& from,
                            const Where& where) {
  if (where.first_bad == 0) return {};
  const TapBeats& good = *from.at_tap(where.taps[where.first_bad - 1].tap);
  const TapBeats& bad = *from.at_tap(where.bad().tap);
  if (!good.clock.capture || !ever_late(good, from.interval)) return {};
  const std::string both = recording.taps[good.tap].label + " and " + recording.taps[bad.tap].label;
  if (!good.clock.known || !bad.clock.known) {
    return "the clocks of taps " + both +
           " cannot be compared: their adverts have no identification to be matched by";
  }
  if (good.clock.error + bad.clock.error > from.interval / 4) {
    return "the clocks of taps " + both + " drift apart by up to " +
           seconds_text(good.clock.error + bad.clock.error);
  }
  return {};
}

/// Adverts that passed the tap while the successor waited, early enough to have kept it from taking
/// over had they reached it.
std::size_t passed(const TapBeats& tap, const Incident& incident) {
  const Instant a = incident.silent_since + incident.interval / 2;
  const Instant b = std::min(incident.resumed, incident.at) - incident.interval / 4;
  return static_cast<std::size_t>(std::count_if(
      tap.beats.begin(), tap.beats.end(),
      [&](const Beat& beat) { return beat.at > a && beat.at < b && beat.priority.value != 0; }));
}

using TapGaps = std::vector<TapGap>;

/// The first tap from `bad` on that nothing passed while the successor waited; `bad` if none did.
TapGaps::const_iterator decisive(const Stream& from, const Incident& incident, const TapGaps& taps,
                                 TapGaps::const_iterator bad) {
  if (incident.kind != Kind::Silence) return bad;
  const auto none = std::find_if(bad, taps.cend(), [&](const TapGap& gap) {
    return gap.late && passed(*from.at_tap(gap.tap), incident) == 0;
  });
  return none == taps.cend() ? bad : none;
}

}  // namespace

Where locate(const evidence::Recording& recording, const Stream& from, const Stream& to,
             const Incident& incident) {
  Where where;
  const Instant until = std::min(incident.resumed, incident.at);
  // The moment when an advert was due and missing, seen from the successor.
  const Duration half = (until - incident.silent_since) / 2;
  const Instant middle =
      incident.silent_since +
      (incident.kind == Kind::Conflict
           ? half
           : std::max(Duration(incident.interval + incident.interval / 4), half));
  const Instant begun = from.origin().beats.front().at;
  for (const TapBeats& tap : from.taps) {
    if (at_a_third(recording, from, to, tap)) continue;
    if (covers(tap, incident))
      where.taps.push_back(gap_at(tap, middle, incident, begun, recording.end));
    else
      where.left_out.push_back(recording.taps[tap.tap].label);
  }
  auto bad = std::find_if(where.taps.cbegin(), where.taps.cend(),
                          [](const TapGap& gap) { return gap.late; });
  if (bad == where.taps.end() && !where.left_out.empty()) {
    where.why_unclear = "no capture that shows the gap covers it";
    return where;
  }
  if (bad == where.taps.end()) {
    where.origin = Origin::Nowhere;
    return where;
  }
  // A sender that is late for an advert or two, while those that it sends are lost on their way, is
  // not what moved the address; one that sent less than half of them is not all of it.
  if (const auto next = decisive(from, incident, where.taps, bad); next != bad) {
    const TapGap& before = *(next - 1);
    const auto due = static_cast<std::size_t>((incident.at - incident.silent_since) /
                                              std::max<Duration>(incident.interval, 1ns));
    const std::size_t came = passed(*from.at_tap(before.tap), incident);
    if (came * 2 < due) {
      where.origin = Origin::Unclear;
      where.why_unclear = "adverts were late at tap " + recording.taps[bad->tap].label + ", and " +
                          std::to_string(came) + " that passed tap " +
                          recording.taps[before.tap].label + " did not reach tap " +
                          recording.taps[next->tap].label;
      where.first_bad = static_cast<std::size_t>(bad - where.taps.begin());
      return where;
    }
    bad = next;
  }
  where.first_bad = static_cast<std::size_t>(bad - where.taps.begin());
  for (auto later = bad; later != where.taps.end(); ++later) {
    if (!later->late) {
      where.origin = Origin::Unclear;
      where.why_unclear = "tap " + recording.taps[later->tap].label +
                          " saw adverts in time that tap " + recording.taps[bad->tap].label +
                          " before it did not" +
                          (from.origin().clock.capture
                               ? ": a capture lost frames, their clocks differ, or they are not in "
                                 "path order"
                               : "");
      return where;
    }
  }
  if (const std::string doubt = doubt_of_clocks(recording, from, where); !doubt.empty()) {
    where.origin = Origin::Unclear;
    where.why_unclear = doubt;
  } else if (const std::uint64_t lost = recording.taps[bad->tap].unplaced;
             lost > 0 && !proven({{}, {}, 0, lost, false}, bad->length, 2 * incident.interval)) {
    where.origin = Origin::Unclear;
    where.why_unclear = "the capture at tap " + recording.taps[bad->tap].label +
                        " lost frames, and does not say when";
  } else if (bad->capture_lost > 0) {
    where.origin = Origin::Unclear;
    where.why_unclear =
        "the capture itself lost frames in the gap at tap " + recording.taps[bad->tap].label;
  } else if (where.first_bad > 0) {
    where.origin = Origin::Segment;
  } else {
    where.origin = at_the_sender(recording, from.origin()) ? Origin::Sender : Origin::AtOrBefore;
  }
  return where;
}

}  // namespace alibi::investigate
