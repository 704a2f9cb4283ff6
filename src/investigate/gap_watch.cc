// SPDX-License-Identifier: Apache-2.0
// A stream is looked at again when something irregular happened to it, when its next heartbeat is
// overdue, and while a hand-over may still turn out to be two masters.
#include "investigate/gap_watch.h"

#include <algorithm>

namespace alibi::investigate {
namespace {

/// What was stamped before the ring was read may become visible a moment later.
constexpr Duration kGrace = 2ms;
constexpr Duration kShortest = 10ms;  // between two looks at one hand-over
constexpr Duration kRarest = std::chrono::hours(24);
/// Times the square of the heartbeats held: a look at a stream takes less than a tenth of it.
constexpr Duration kLookCost = 20ns;

/// After so long nobody takes over any more: the slowest backup's master-down interval, and an
/// interval for what holds it up.
Duration patience(const RouterKey& router, Duration interval) {
  return master_down_interval(router, Priority{1}, interval) + interval;
}

GapEvent event_of(GapEvent::What what, const StreamSurvey& survey, Instant at) {
  GapEvent event;
  event.what = what;
  event.tap = survey.tap;
  event.stream = survey.key;
  event.at = at;
  return event;
}

GapEvent event_of(GapEvent::What what, const StreamSurvey& survey, const SurveyedIncident& found,
                  Instant at) {
  const Incident& incident = found.incident;
  GapEvent event = event_of(what, survey, at);
  event.from = survey.senders[incident.from].source;
  event.to = survey.senders[incident.to].source;
  event.since = incident.silent_since;
  event.length = incident.at - incident.silent_since;
  event.expected = incident.interval;
  event.capture_lost = incident.blind.lost;
  event.capture_absent = incident.blind.absent;
  event.packet_before = found.last_packet;
  event.packet = found.packet;
  event.incident = incident;
  return event;
}

}  // namespace

std::string_view text(GapEvent::What what) {
  switch (what) {
    case GapEvent::What::Overdue:
      return "overdue";
    case GapEvent::What::Gap:
      return "gap";
    case GapEvent::What::HandOver:
      return "hand_over";
    case GapEvent::What::NearMiss:
      return "near_miss";
    case GapEvent::What::Both:
      return "two_masters";
    case GapEvent::What::OneAgain:
      return "one_master";
  }
  return "?";
}

Result<GapWatch> GapWatch::create(SurveyRequest request, std::vector<evidence::Tap> taps,
                                  evidence::CaptureScan::PortName name) {
  request.settings.watched = true;
  request.settings.most_gaps = kMostTold;
  request.settings.most_senders = kMostSenders;
  auto survey = CaptureSurvey::create(request, taps.size() > 1);
  if (!survey) return tl::unexpected(survey.error());
  survey->begin(std::move(taps), std::move(name));
  return GapWatch(std::move(*survey));
}

std::vector<GapEvent> GapWatch::look(Instant now, const State& state) {
  std::vector<GapEvent> out;
  const GapSurvey::News news = survey_.survey_.take_news();
  std::set<Key> open = news.irregular;
  if (now >= overdue_next_ || !open.empty()) look_for_overdue(now, state, open, out);
  for (const auto& [key, gap] : news.gaps) {
    streams_[key].ended.push_back(gap);
    open.insert(key);
  }
  if (now >= again_next_) open.insert(again_.begin(), again_.end());
  for (const Key& key : open) {
    Stream& stream = streams_[key];
    stream.put_off = now < stream.not_before;
    if (!stream.put_off) look_at(key, stream, now, out);
    const bool unsettled =
        std::any_of(stream.hand_overs.begin(), stream.hand_overs.end(),
                    [](const auto& hand_over) { return !hand_over.second.settled; });
    if (unsettled || stream.put_off) {
      again_.insert(key);
    } else {
      again_.erase(key);
    }
  }
  again_next_ = kNever;
  for (const Key& key : again_) {
    const Stream& stream = streams_[key];
    Instant next = kNever;
    for (const auto& [which, hand_over] : stream.hand_overs) {
      if (!hand_over.settled) next = std::min(next, hand_over.next);
    }
    if (next == kNever || stream.put_off) next = stream.not_before;
    again_next_ = std::min(again_next_, std::max(next, stream.not_before));
  }
  bound_comparison(now);
  std::stable_sort(out.begin(), out.end(),
                   [](const GapEvent& a, const GapEvent& b) { return a.at < b.at; });
  return out;
}

void GapWatch::look_at(const Key& key, Stream& stream, Instant now, std::vector<GapEvent>& out) {
  GapSurvey& gaps = survey_.survey_;
  const StreamSurvey survey = gaps.so_far(key, now);
  for (const Gap& gap : std::exchange(stream.ended, {})) tell_gap(survey, gap, out);
  if (key.second.flow == 0) tell_incidents(stream, survey, now, out);
  if (gaps.held(key) > kMostHeld) forget(key, survey, now);
  // Senders are what forgetting does not make fewer, and reigns are compared with each other.
  const auto held = static_cast<std::int64_t>(gaps.held(key));
  stream.not_before = now + kLookCost * held * held;
}

void GapWatch::look_for_overdue(Instant now, const State& state, std::set<Key>& open,
                                std::vector<GapEvent>& out) {
  overdue_next_ = kNever;
  survey_.survey_.each_latest([&](const GapSurvey::Latest& latest) {
    const Instant since = latest.beat.at;
    const Duration silent = now - since;
    const Duration for_good = patience(latest.key.second.router, latest.expected) + kGrace;
    const Duration limit = latest.limit + kGrace;
    if (silent <= std::min(limit, for_good)) {
      overdue_next_ = std::min(overdue_next_, since + std::min(limit, for_good));
      return;
    }
    Stream& stream = streams_[latest.key];
    if (stream.since != since) {
      stream.since = since;
      stream.overdue_told = false;
      stream.silent_next = latest.key.second.flow == 0 ? since + for_good : kNever;
    }
    const evidence::TapId tap = latest.key.first;
    const TapState capture = state(survey_.scan_.whole_of(tap));
    const std::uint64_t lost = latest.capture_lost + capture.untold + survey_.lost_since(tap);
    const bool absent = latest.capture_absent || capture.absent;
    stream.unproven = lost != 0 || absent;
    if (silent > limit && !std::exchange(stream.overdue_told, true)) {
      GapEvent event;
      event.what = GapEvent::What::Overdue;
      event.tap = tap;
      event.stream = latest.key.second;
      event.at = now;
      event.from = event.to = latest.source;
      event.since = since;
      event.length = silent;
      event.expected = latest.expected;
      event.capture_lost = lost;
      event.capture_absent = absent;
      event.packet_before = latest.beat.packet_number;
      out.push_back(event);
    }
    if (now >= stream.silent_next && stream.silenced != since) {
      open.insert(latest.key);
      stream.silent_next = now + std::min(silent, kRarest);
    }
    if (!stream.overdue_told) overdue_next_ = std::min(overdue_next_, since + limit);
    if (stream.silenced != since) overdue_next_ = std::min(overdue_next_, stream.silent_next);
  });
}

void GapWatch::tell_gap(const StreamSurvey& survey, const Gap& gap, std::vector<GapEvent>& out) {
  GapEvent event = event_of(GapEvent::What::Gap, survey, gap.after.at);
  event.from = survey.senders[gap.from].source;
  event.to = survey.senders[gap.until].source;
  event.since = gap.before.at;
  event.length = gap.length();
  event.expected = gap.expected;
  event.capture_lost = gap.capture_lost;
  event.capture_absent = gap.capture_absent;
  event.sent_unseen = sent_in(survey, gap);
  event.packet_before = gap.before.packet_number;
  event.packet = gap.after.packet_number;
  out.push_back(event);
}

void GapWatch::tell_incidents(Stream& stream, const StreamSurvey& survey, Instant now,
                              std::vector<GapEvent>& out) {
  std::set<std::pair<Instant, std::size_t>> seen;
  for (const SurveyedIncident& found : survey.incidents) {
    const Incident& incident = found.incident;
    if (incident.at <= stream.forgotten) continue;
    if (is_hand_over(incident)) {
      seen.emplace(incident.at, incident.to);
      const auto [at, fresh] = stream.hand_overs.try_emplace({incident.at, incident.to});
      if (fresh) out.push_back(event_of(GapEvent::What::HandOver, survey, found, incident.at));
      if (!at->second.settled) settle(at->second, survey, found, now, out);
      continue;
    }
    if (incident.kind == Kind::Silenced) {
      if (stream.unproven || stream.silenced == incident.silent_since) continue;
      if (now - incident.silent_since <= patience(incident.router, incident.interval)) continue;
      stream.silenced = incident.silent_since;
    } else if (!stream.near_misses.emplace(incident.at, incident.from).second) {
      continue;
    }
    out.push_back(event_of(GapEvent::What::NearMiss, survey, found, incident.at));
  }
  for (auto& [which, hand_over] : stream.hand_overs) {
    if (seen.count(which) == 0) hand_over.settled = true;  // by what came later it was none
  }
}

void GapWatch::settle(HandOver& hand_over, const StreamSurvey& survey,
                      const SurveyedIncident& found, Instant now, std::vector<GapEvent>& out) {
  const Incident& incident = found.incident;
  const Instant both_until = incident.at + incident.two_masters;
  const auto event = [&](GapEvent::What what, Instant at) {
    GapEvent told = event_of(what, survey, found, at);
    told.since = incident.at;
    told.length = incident.two_masters;
    return told;
  };
  if (both_went_on(incident) && !std::exchange(hand_over.both_told, true)) {
    out.push_back(event(GapEvent::What::Both, now));
  }
  hand_over.settled = now - both_until > 2 * incident.interval;
  hand_over.next = now + std::max(incident.interval / 2, kShortest);
  if (hand_over.settled && hand_over.both_told) {
    out.push_back(event(GapEvent::What::OneAgain, now));
  }
}

/// What is given up was told; the report gets it from here.
void GapWatch::forget(const Key& key, const StreamSurvey& survey, Instant now) {
  constexpr int kIntervalsKept = 20;
  Stream& stream = streams_[key];
  Duration interval{1s};
  for (const SenderSurvey& sender : survey.senders) interval = std::max(interval, sender.interval);
  Instant before = now - interval * kIntervalsKept;
  survey_.survey_.forget(key, before);
  if (survey_.survey_.held(key) > kMostHeld / 2) {
    before = now;
    survey_.survey_.forget(key, before);
  }
  for (const SurveyedIncident& found : survey.incidents) {
    const Incident& incident = found.incident;
    if (incident.at <= stream.forgotten || incident.at > before) continue;
    if (incident.kind == Kind::Silenced) continue;  // goes on
    if (stream.told.size() < kMostTold) {
      stream.told.push_back(found);
    } else {
      ++(is_hand_over(incident) ? stream.hand_overs_left_out : stream.near_misses_left_out);
    }
  }
  for (const Run& run : survey.runs) {
    if (run.begin > stream.forgotten && run.begin <= before && stream.runs.size() < kMostTold) {
      stream.runs.push_back(run);
    }
  }
  stream.forgotten = before;
  std::erase_if(stream.hand_overs, [&](const auto& told) { return told.first.first <= before; });
  std::erase_if(stream.near_misses, [&](const auto& told) { return told.first <= before; });
}

/// The comparison of taps holds every heartbeat: the older half is given up when it is too many.
void GapWatch::bound_comparison(Instant now) {
  PresenceLog& presence = survey_.presence_;
  while (presence.held() > kMostCompared) {
    Instant since = now;
    for (const evidence::TapSpan& span : survey_.scan_.spans) {
      if (span.timed) since = std::min(since, span.first);
    }
    since = survey_.presence_since_.value_or(since);
    const Instant half = since + std::max((now - since) / 2, Duration(1ms));
    survey_.presence_since_ = std::min(half, now + Duration(1));
    presence.forget(*survey_.presence_since_);
    if (half > now) return;
  }
}

GapReport GapWatch::finish(Instant now, const State& state,
                           std::span<const std::uint64_t> dropped) {
  evidence::CaptureScan& scan = survey_.scan_;
  for (std::size_t i = 0; i < dropped.size(); ++i) {
    scan.taps[i].dropped = dropped[i];
    scan.taps[i].received = scan.taps[i].written + dropped[i];
    const TapState capture = state(static_cast<evidence::TapId>(i));
    // It was listened to until now: a silence that goes on is as long as that.
    if (scan.spans[i].timed && !capture.absent && capture.untold == 0) scan.spans[i].last = now;
  }
  scan.close_ports();
  GapReport report = survey_.finish();
  for (StreamSurvey& survey : report.streams) {
    const auto at = streams_.find({survey.tap, survey.key});
    if (at == streams_.end() || at->second.forgotten == Instant{INT64_MIN}) continue;
    Stream& stream = at->second;
    std::erase_if(survey.incidents, [&](const SurveyedIncident& found) {
      return found.incident.at <= stream.forgotten;
    });
    survey.incidents.insert(survey.incidents.begin(), stream.told.begin(), stream.told.end());
    survey.hand_overs_left_out = stream.hand_overs_left_out;
    survey.near_misses_left_out = stream.near_misses_left_out;
    survey.runs.insert(survey.runs.end(), stream.runs.begin(), stream.runs.end());
  }
  return report;
}

}  // namespace alibi::investigate
