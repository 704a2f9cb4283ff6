// SPDX-License-Identifier: Apache-2.0
// Reigns and hand-overs. A reign is an unbroken run of adverts of one source at its own first tap;
// the start of a reign while another source is or was master is a hand-over.
#include "investigate/incident.h"

#include <algorithm>

namespace alibi::investigate {
namespace {

struct Reign {
  std::size_t stream = 0;
  Instant begin;
  Instant end;        // last advert
  Priority first{0};  // priority of the first advert
  Priority last{0};   // of the last that was not 0
  Priority highest{0};
  Instant fell_at = kNever;  // first advert below `highest` that stayed below it
  bool resigned = false;
};

void extend(Reign& reign, const Beat& beat) {
  reign.end = beat.at;
  if (beat.priority.value == 0) {
    reign.resigned = true;
    return;
  }
  if (beat.priority >= reign.highest) {
    reign.highest = beat.priority;
    reign.fell_at = kNever;
  } else if (reign.fell_at == kNever) {
    reign.fell_at = beat.at;
  }
  reign.last = beat.priority;
}

std::vector<Reign> reigns_of(const std::vector<Stream>& streams) {
  std::vector<Reign> reigns;
  for (std::size_t s = 0; s < streams.size(); ++s) {
    const std::vector<Beat>& beats = streams[s].origin().beats;
    for (std::size_t i = 0; i < beats.size(); ++i) {
      const bool fresh = i == 0 || breaks(beats[i - 1], beats[i], streams[s].interval) ||
                         beats[i - 1].priority.value == 0;
      if (fresh && i > 0 && beats[i].priority.value == 0) {
        // A repeated resignation belongs to the reign it ended.
        if (reigns.back().resigned) {
          reigns.back().end = beats[i].at;
          continue;
        }
      }
      if (fresh)
        reigns.push_back(
            Reign{s, beats[i].at, beats[i].at, beats[i].priority, {}, {}, kNever, false});
      extend(reigns.back(), beats[i]);
    }
  }
  std::sort(reigns.begin(), reigns.end(),
            [](const Reign& a, const Reign& b) { return a.begin < b.begin; });
  return reigns;
}

/// The other source's reign that was in force, or the last in force, when `reign` began.
const Reign* predecessor(const std::vector<Reign>& reigns, const Reign& reign) {
  const Reign* best = nullptr;
  for (const Reign& other : reigns) {
    if (other.begin >= reign.begin) break;
    if (other.stream == reign.stream && &other != &reign) {
      // Our own earlier reign ends the search for anybody who was master before it.
      if (best == nullptr || other.end >= std::min(best->end, reign.begin)) best = &other;
      continue;
    }
    if (&other == &reign) continue;
    if (best == nullptr || std::min(other.end, reign.begin) >= std::min(best->end, reign.begin)) {
      best = &other;
    }
  }
  return best;
}

/// Where the successor hears the predecessor: at the successor's own first tap if the
/// predecessor's stream ever passed there, else as far along its path as we saw it.
const TapBeats& heard_by(const Stream& from, const Stream& to) {
  const TapBeats* there = from.at_tap(to.origin().tap);
  return there != nullptr ? *there : from.far_end();
}

bool outbids(const Stream& a, Priority a_priority, const Stream& b, Priority b_priority) {
  if (a_priority != b_priority) return a_priority > b_priority;
  return wire::higher(a.source, b.source);
}

/// On the common time line; nothing where the sender's host was watched.
Blind blind_at(const Stream& stream, const TapBeats& tap, std::span<const BlindTimes> blind,
               Instant from, Instant until) {
  if (stream.watched) return {from, until, 0, 0, false};
  const Duration ahead = tap.clock.ahead;
  Blind out = blind[tap.tap].within(from + ahead, until + ahead);
  out.from = std::max(from, out.from - ahead);
  out.until = std::min(until, out.until - ahead);
  return out;
}

Kind classify(const Incident& incident, const Stream& from, const Stream& to, const Beat* last) {
  if (last != nullptr && last->priority.value == 0) return Kind::Resignation;
  if (last == nullptr) return Kind::Silence;
  const Duration silence = incident.at - last->at;
  const Duration down =
      master_down_interval(incident.router, incident.to_priority, incident.interval);
  if (silence >= down - down / 32) {
    return proven(incident.blind, silence, 2 * incident.interval) ? Kind::Silence : Kind::Unseen;
  }
  if (outbids(to, incident.to_priority, from, last->priority)) return Kind::Preemption;
  // The successor's own timers may be shorter than ours; two adverts in a row were missing.
  if (silence > 2 * incident.interval + incident.interval / 2) {
    return proven(incident.blind, silence, 2 * incident.interval) ? Kind::Silence : Kind::Unseen;
  }
  // The old master may have resigned, or it was silent for longer than can be told.
  const bool blind = incident.blind.absent || incident.blind.lost + incident.blind.unplaced > 0;
  return blind && !both_went_on(incident) ? Kind::Unseen : Kind::Conflict;
}

/// The step by which a living master's priority came below its successor's: what had taken it down
/// before, still above the successor, moved nothing.
void find_decisive_fall(const Stream& from, const Stream& to, const Reign& before,
                        Incident& incident) {
  incident.fell_from = Priority{0};
  incident.fell_at = kNever;
  const std::vector<Beat>& beats = from.origin().beats;
  const Beat* later = nullptr;
  for (auto beat = beats.rbegin(); beat != beats.rend() && beat->at >= before.begin; ++beat) {
    if (beat->at >= incident.at || beat->priority.value == 0) continue;
    if (!outbids(to, incident.to_priority, from, beat->priority)) {
      if (later == nullptr) return;
      incident.fell_from = beat->priority;
      incident.fell_at = later->at;
      return;
    }
    later = &*beat;
  }
}

Incident hand_over(const std::vector<Stream>& streams, const std::vector<Reign>& reigns,
                   const Reign& before, const Reign& reign, std::span<const BlindTimes> blind) {
  const Stream& from = streams[before.stream];
  const Stream& to = streams[reign.stream];
  Incident incident;
  incident.router = from.router;
  incident.from = before.stream;
  incident.to = reign.stream;
  incident.at = reign.begin;
  incident.interval = from.interval;
  incident.from_priority = before.last;
  incident.to_priority = reign.first;
  if (before.last < before.highest && before.fell_at < reign.begin) {
    incident.fell_from = before.highest;
    incident.fell_at = before.fell_at;
  }
  const TapBeats& heard = heard_by(from, to);
  const Beat* last = Stream::last_until(heard, reign.begin);
  // Never heard there, it was silent from the end of its reign, or for all of it.
  incident.silent_since = last != nullptr            ? last->at
                          : before.end < reign.begin ? before.end
                                                     : before.begin;
  // By what it advertised last: the stream's interval is the shortest that it ever had.
  if (last != nullptr) incident.interval = std::max(incident.interval, last->interval);
  if (const Beat* next = Stream::first_after(heard, reign.begin)) incident.resumed = next->at;
  incident.blind = blind_at(from, heard, blind, incident.silent_since, incident.at);
  if (before.end > reign.begin) {
    incident.two_masters = std::min(before.end, reign.end) - reign.begin;
  }
  incident.kind = classify(incident, from, to, last);
  if (incident.kind == Kind::Preemption) find_decisive_fall(from, to, before, incident);
  incident.is_return = std::any_of(reigns.begin(), reigns.end(), [&](const Reign& r) {
    return r.stream == reign.stream && r.begin < reign.begin;
  });
  return incident;
}

/// Was another source master at `t`, so that a silence of this one needs no explanation?
bool other_reigns(const std::vector<Reign>& reigns, std::size_t stream, Instant a, Instant b) {
  return std::any_of(reigns.begin(), reigns.end(), [&](const Reign& r) {
    return r.stream != stream && r.begin <= b && r.end >= a;
  });
}

/// Where a capture at the tap was over, or its interface had gone for good, nobody was silent.
Instant end_at(const TapBeats& tap, Instant end) {
  return tap.clock.capture ? std::min(end, std::max(tap.clock.last, tap.beats.back().at)) : end;
}

/// Gaps over half the master-down interval where the peers listen, with no hand-over in them.
void near_misses(const std::vector<Stream>& streams, const std::vector<Reign>& reigns, Instant end,
                 std::span<const BlindTimes> blind, std::vector<Incident>& out) {
  for (std::size_t s = 0; s < streams.size(); ++s) {
    const Stream& stream = streams[s];
    const std::vector<Beat>& beats = stream.far_end().beats;
    for (std::size_t i = 0; i < beats.size(); ++i) {
      const bool open = i + 1 == beats.size();
      if (beats[i].priority.value == 0) continue;
      const Instant until = open ? end_at(stream.far_end(), end) : beats[i + 1].at;
      if (!open && (beats[i + 1].in_time_before > 0 || beats[i + 1].absent_before)) continue;
      const Duration expected = std::max(stream.interval, beats[i].interval);
      const Duration down = master_down_interval(stream.router, Priority{100}, expected);
      const Duration limit = open ? down : down / 2;
      if (until - beats[i].at <= limit) continue;
      const Blind blind_then = blind_at(stream, stream.far_end(), blind, beats[i].at, until);
      if (!proven(blind_then, until - beats[i].at, limit)) continue;
      if (other_reigns(reigns, s, beats[i].at + 1ms, until)) continue;
      Incident incident;
      incident.kind = open ? Kind::Silenced : Kind::NearMiss;
      incident.router = stream.router;
      incident.from = incident.to = s;
      incident.at = until;
      incident.silent_since = beats[i].at;
      incident.resumed = open ? kNever : until;
      incident.interval = expected;
      incident.blind = blind_then;
      incident.from_priority = incident.to_priority = beats[i].priority;
      out.push_back(incident);
    }
  }
}

}  // namespace

std::string_view kind_text(const Incident& incident) {
  switch (incident.kind) {
    case Kind::Silence:
      return "silence";
    case Kind::Resignation:
      return "resignation";
    case Kind::Preemption:
      return is_tie(incident) ? "tie" : "preemption";
    case Kind::Conflict:
      return "conflict";
    case Kind::NearMiss:
      return "near_miss";
    case Kind::Silenced:
      return "silenced";
    case Kind::Unseen:
      return "unseen";
  }
  return "?";
}

std::vector<Incident> find_incidents(const std::vector<Stream>& streams, Instant end,
                                     std::span<const BlindTimes> blind) {
  std::vector<Incident> incidents;
  const std::vector<Reign> reigns = reigns_of(streams);
  for (const Reign& reign : reigns) {
    const Reign* before = predecessor(reigns, reign);
    if (before == nullptr || before->stream == reign.stream) continue;
    if (reign.resigned && reign.begin == reign.end) continue;  // a backup that says goodbye
    incidents.push_back(hand_over(streams, reigns, *before, reign, blind));
  }
  near_misses(streams, reigns, end, blind, incidents);
  std::sort(incidents.begin(), incidents.end(),
            [](const Incident& a, const Incident& b) { return a.at < b.at; });
  return incidents;
}

}  // namespace alibi::investigate
