// SPDX-License-Identifier: Apache-2.0
// One log a stream and tap; what its senders kept of their heartbeats is asked for incidents.
#include "investigate/gap_survey.h"

#include <algorithm>
#include <utility>

namespace alibi::investigate {
namespace {

bool too_long(const GapSurvey::Settings& settings, Duration length, Duration expected) {
  return length > settings.longer_than.value_or(expected + expected / 2);
}

SenderSurvey describe(const wire::IpAddress& source, const wire::MacAddress& mac,
                      const SenderLog& log) {
  SenderSurvey out;
  out.source = source;
  out.source_mac = mac;
  out.beats = log.beats();
  out.duplicates = log.duplicates();
  out.reordered = log.identification() == Identification::Counting ? log.reordered() : 0;
  out.first = log.first();
  out.last = log.last();
  out.lowest = std::min(log.lowest(), log.highest());
  out.highest = log.highest();
  out.advertised = log.advertised();
  out.learned = log.learned();
  out.interval = log.interval();
  out.identification = log.identification();
  out.cadence = log.cadence();
  return out;
}

void find_runs(const Stream& stream, std::size_t sender, std::vector<Run>& out) {
  const std::vector<Beat>& beats = stream.origin().beats;
  for (std::size_t i = 0; i < beats.size(); ++i) {
    if (i == 0 || breaks(beats[i - 1], beats[i], stream.interval)) {
      out.push_back({sender, beats[i].at, beats[i].at});
    }
    out.back().end = beats[i].at;
  }
}

}  // namespace

std::optional<unsigned> sent_in(const StreamSurvey& stream, const Gap& gap) {
  if (gap.from != gap.until) return std::nullopt;
  const SenderSurvey& sender = stream.senders[gap.from];
  if (sender.identification != Identification::Counting) return std::nullopt;
  const unsigned step = static_cast<std::uint16_t>(gap.after.ip_id - gap.before.ip_id);
  // More than the time had room for: the counter began anew, or counts something else as well.
  const auto room = sender.interval.count() == 0
                        ? 0
                        : static_cast<std::uint64_t>(gap.length() / sender.interval) + 1;
  if (step == 0 || step > room + 1) return std::nullopt;
  return step - 1;
}

std::optional<std::size_t> GapSurvey::sender_of(Log& log, const Sighting& sighting) {
  for (std::size_t i = 0; i < log.senders.size(); ++i) {
    if (log.senders[i].source == sighting.source) return i;
  }
  if (senders_ == settings_.most_senders) return std::nullopt;
  ++senders_;
  log.senders.push_back({sighting.source, sighting.source_mac, SenderLog(settings_.interval)});
  return log.senders.size() - 1;
}

void GapSurvey::judge(Log& log, const Gap& gap) {
  if (!too_long(settings_, gap.length(), gap.expected)) return;
  if (settings_.watched) news_.gaps.emplace_back(latest_key_, gap);
  if (log.gaps.size() >= settings_.most_gaps) {
    ++log.gaps_left_out;
  } else {
    log.gaps.push_back(gap);
  }
}

void GapSurvey::take(const Sighting& sighting) {
  const Key key(sighting.tap, sighting.stream);
  if (latest_ == nullptr || latest_key_ != key) {
    const auto known = logs_.find(key);
    if (known == logs_.end() && senders_ >= settings_.most_senders) {
      ++left_out_;
      return;
    }
    latest_ = known != logs_.end() ? &known->second : &logs_[key];
    latest_key_ = key;
  }
  if (lost_.size() <= sighting.tap) {
    lost_.resize(sighting.tap + std::size_t{1});
    absences_.resize(lost_.size());
    blind_.resize(lost_.size());
  }
  blind_[sighting.tap].take(sighting.beat.at, sighting.beat.dropped_before,
                            sighting.beat.absent_before);
  const std::uint64_t absences = absences_[sighting.tap] += sighting.beat.absent_before ? 1U : 0U;
  const std::uint64_t lost = lost_[sighting.tap] += sighting.beat.dropped_before;
  Log& log = *latest_;
  const auto at = sender_of(log, sighting);
  if (!at) {
    ++left_out_;
    return;
  }
  SenderLog& sender = log.senders[*at].log;
  log.senders[*at].out_of_order += sighting.reordered ? 1U : 0U;
  // Who was heard last, and what is expected of it.
  const std::size_t from = log.last_sender.value_or(*at);
  const Duration expected = log.senders[from].log.interval();
  const std::optional<Beat> before =
      log.last_sender ? std::optional(log.senders[from].log.last()) : std::nullopt;
  Beat beat = sighting.beat;
  beat.absent_before = std::exchange(log.senders[*at].absences, absences) != absences;
  const SenderLog::Taken taken = sender.take(beat, from != *at);
  if (taken.duplicate) return;
  if (taken.interval_until) expect(log, *at, *taken.interval_until);
  if (taken.irregular) {
    if (settings_.watched) news_.irregular.insert(latest_key_);
    for (Sender& other : log.senders) {
      if (&other.log != &sender) other.log.pin(sighting.beat.at);
    }
  }
  log.last_sender = *at;
  const std::uint64_t lost_between = lost - std::exchange(log.lost, lost);
  const bool absent = std::exchange(log.absences, absences) != absences;
  if (!before) return;
  const Gap gap{from, *at, *before, sender.last(), expected, lost_between, absent};
  if (expected != Duration{0}) return judge(log, gap);
  log.unjudged.push_back(gap);
  const Duration known = sender.interval();
  if (known == Duration{0}) return;
  for (Gap& early : log.unjudged) {
    early.expected = known;
    judge(log, early);
  }
  log.unjudged.clear();
}

/// A sender that came to be known as slower than it said: its early heartbeats were in time.
void GapSurvey::expect(Log& log, std::size_t sender, Duration interval) {
  std::size_t& first = log.senders[sender].first_gap;
  for (; first < log.gaps.size(); ++first) {
    Gap& gap = log.gaps[first];
    if (gap.from == sender) gap.expected = std::max(gap.expected, interval);
  }
}

StreamSurvey GapSurvey::survey(evidence::TapId tap, const StreamKey& key, Log& log,
                               Instant end) const {
  StreamSurvey out;
  out.tap = tap;
  out.key = key;
  out.gaps_left_out = log.gaps_left_out;
  std::vector<Stream> streams;
  for (Sender& sender : log.senders) {
    std::vector<Beat> kept = sender.log.finish();
    out.senders.push_back(describe(sender.source, sender.source_mac, sender.log));
    out.senders.back().out_of_order = sender.out_of_order;
    Stream stream{key.router, sender.source, {}, sender.source_mac, sender.log.shortest_interval()};
    stream.taps.push_back(TapBeats{tap, std::move(kept), {}});
    streams.push_back(std::move(stream));
  }
  for (std::size_t i = 0; i < streams.size(); ++i) find_runs(streams[i], i, out.runs);
  for (std::size_t i = 0; i < log.senders.size(); ++i) expect(log, i, out.senders[i].interval);
  for (Gap gap : log.gaps) {
    if (!too_long(settings_, gap.length(), gap.expected)) continue;
    Blind blind = blind_[tap].within(gap.before.at, gap.after.at);
    blind.lost = gap.capture_lost;
    blind.absent = gap.capture_absent;
    gap.proven =
        sent_in(out, gap) == 0U || proven(blind, gap.length(), gap.expected + gap.expected / 2);
    out.gaps.push_back(gap);
  }
  if (key.flow != 0) return out;
  for (const Incident& incident : find_incidents(streams, end, blind_)) {
    const TapBeats& from = streams[incident.from].origin();
    const Beat* last = Stream::last_until(from, incident.silent_since);
    const Beat* next = Stream::last_until(streams[incident.to].origin(), incident.at);
    out.incidents.push_back({incident, last != nullptr ? last->packet_number : 0,
                             next != nullptr && next->at == incident.at ? next->packet_number : 0});
  }
  return out;
}

void GapSurvey::lose(evidence::TapId tap, std::uint64_t unplaced, std::uint64_t at_end) {
  if (blind_.size() > tap) blind_[tap].lose(unplaced, at_end);
}

void GapSurvey::each_latest(const std::function<void(const Latest&)>& each) const {
  for (const auto& [key, log] : logs_) {
    if (!log.last_sender) continue;
    const Sender& sender = log.senders[*log.last_sender];
    const Duration expected = sender.log.interval();
    if (expected == Duration{0}) continue;
    each({key, sender.source, sender.log.last(), expected,
          settings_.longer_than.value_or(expected + expected / 2), lost_[key.first] - log.lost,
          absences_[key.first] != log.absences});
  }
}

StreamSurvey GapSurvey::so_far(const Key& key, Instant end) const {
  Log copy = logs_.at(key);
  return survey(key.first, key.second, copy, end);
}

std::size_t GapSurvey::held(const Key& key) const {
  std::size_t sum = 0;
  for (const Sender& sender : logs_.at(key).senders) sum += sender.log.kept();
  return sum;
}

void GapSurvey::forget(const Key& key, Instant before) {
  for (Sender& sender : logs_.at(key).senders) sender.log.forget(before);
}

std::vector<StreamSurvey> GapSurvey::finish(std::span<const Instant> ends) {
  std::vector<StreamSurvey> out;
  for (auto& [key, log] : logs_) {
    out.push_back(survey(key.first, key.second, log, ends[key.first]));
  }
  logs_.clear();
  latest_ = nullptr;
  return out;
}

}  // namespace alibi::investigate
