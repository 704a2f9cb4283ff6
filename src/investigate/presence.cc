// SPDX-License-Identifier: Apache-2.0
// All taps' marks of one sender in order of the common time; those of one heartbeat come together.
#include "investigate/presence.h"

#include <algorithm>
#include <deque>
#include <set>

#include "investigate/networks.h"

namespace alibi::investigate {
namespace {

/// Nearest marks of two taps lie together, as they do when the clocks agree. A difference between
/// the clocks that is a whole number of intervals looks the same.
bool near_in_time(const std::vector<Instant>& a, const std::vector<Instant>& b) {
  constexpr Duration kNear = 20ms;
  std::vector<Duration> lags;
  std::size_t j = 0;
  for (const Instant at : a) {
    while (j + 1 < b.size() && std::chrono::abs(b[j + 1] - at) <= std::chrono::abs(b[j] - at)) {
      ++j;
    }
    lags.push_back(std::chrono::abs(b[j] - at));
  }
  return median(std::move(lags)) <= kNear;
}

}  // namespace

/// One mark among those of all taps.
struct PlacedMark {
  Instant at;             // on the common time line
  std::size_t place = 0;  // index of its tap on the way
  std::uint16_t ip_id = 0;
  Priority priority;
};

/// One heartbeat: when each tap saw it.
struct Passage {
  Instant first;
  std::uint16_t ip_id = 0;
  Priority priority;
  std::vector<Instant> at;  // by place; kNever: not seen
  bool is_same(const PlacedMark& mark, bool by_id) const {
    return priority == mark.priority && (!by_id || ip_id == mark.ip_id);
  }
};

class Matching {
 public:
  Matching(Presence& out, Duration window, Instant begin, Instant end)
      : out_(out), window_(window), begin_(begin), end_(end) {
    transits_.resize(out.taps.size());
  }

  void take(const PlacedMark& mark) {
    while (!open_.empty() && mark.at - open_.front().first > window_) close_oldest();
    for (Passage& passage : open_) {
      if (!passage.is_same(mark, out_.by_identification)) continue;
      Instant& at = passage.at[mark.place];
      // Seen here before: with an identification it is a duplicate, else the next one's.
      if (at != kNever && out_.by_identification) return;
      if (at != kNever) continue;
      at = mark.at;
      return;
    }
    Passage passage{mark.at, mark.ip_id, mark.priority,
                    std::vector<Instant>(out_.taps.size(), kNever)};
    passage.at[mark.place] = mark.at;
    open_.push_back(std::move(passage));
  }

  void finish() {
    while (!open_.empty()) close_oldest();
    turn_to_the_sender();
    for (auto& [seen, row] : rows_) {
      row.seen = seen;
      blame(row);
      out_.rows.push_back(row);
    }
    std::stable_sort(out_.rows.begin(), out_.rows.end(),
                     [](const auto& a, const auto& b) { return a.heartbeats > b.heartbeats; });
    for (std::size_t i = 1; i < transits_.size(); ++i) find_delays(i);
  }

 private:
  void close_oldest() {
    const Passage passage = std::move(open_.front());
    open_.pop_front();
    if (passage.first < begin_ || passage.first > end_) return;
    ++out_.heartbeats;
    std::vector<bool> seen;
    for (const Instant at : passage.at) seen.push_back(at != kNever);
    Presence::Row& row = rows_[seen];
    if (row.heartbeats++ == 0) row.first = passage.first;
    row.last = passage.first;
    for (std::size_t i = 1; i < passage.at.size(); ++i) {
      if (seen[i] && seen[i - 1]) transits_[i].push_back(passage.at[i] - passage.at[i - 1]);
    }
  }

  /// Taps are given in the order of a way; a sender on its far side is heard the other way round.
  /// Then what gets lost is missing at the first taps, not at the last.
  void turn_to_the_sender() {
    std::uint64_t missing_first = 0;
    std::uint64_t missing_last = 0;
    Duration along{0};
    for (const auto& [seen, row] : rows_) {
      if (!seen.front() && seen.back()) missing_first += row.heartbeats;
      if (seen.front() && !seen.back()) missing_last += row.heartbeats;
    }
    for (const auto& transits : transits_) along += median(transits);
    const bool turned =
        missing_first != missing_last ? missing_first > missing_last : along < Duration{0};
    if (!turned) return;
    std::reverse(out_.taps.begin(), out_.taps.end());
    decltype(rows_) rows;
    for (const auto& [seen, row] : rows_) {
      rows[std::vector<bool>(seen.rbegin(), seen.rend())] = row;
    }
    rows_ = std::move(rows);
    // The transit to i from i-1 is now the one from there, negative.
    std::reverse(transits_.begin() + 1, transits_.end());
    for (auto& transits : transits_) {
      for (Duration& transit : transits) transit = -transit;
    }
  }

  void blame(const Presence::Row& row) {
    std::size_t reached = row.seen.size();
    while (reached > 0 && !row.seen[reached - 1]) --reached;
    if (reached < row.seen.size()) out_.segments[reached].lost += row.heartbeats;
    for (std::size_t i = 0; i < reached; ++i) {
      if (!row.seen[i]) out_.segments[i].missed += row.heartbeats;
    }
  }

  void find_delays(std::size_t i) {
    const Duration usual = median(transits_[i]);
    for (const Duration transit : transits_[i]) {
      if (transit - usual <= out_.interval / 4) continue;
      ++out_.segments[i].delayed;
      out_.segments[i].longest_delay = std::max(out_.segments[i].longest_delay, transit - usual);
    }
  }

  Presence& out_;
  Duration window_;
  Instant begin_, end_;
  std::deque<Passage> open_;
  std::map<std::vector<bool>, Presence::Row> rows_;
  std::vector<std::vector<Duration>> transits_;  // to each tap from the one before
};

void PresenceLog::take(const Sighting& sighting) {
  StreamKey stream = sighting.stream;
  stream.addresses = 0;
  stream.network = 0;  // on its way a heartbeat enters tunnels and leaves them
  Marks& marks = marks_[{stream, sighting.source}][{sighting.tap, sighting.stream.network}];
  constexpr std::size_t kMostMacs = 64;  // one that sends with more is no router
  if (sighting.source_mac != wire::MacAddress{} && marks.macs.size() < kMostMacs) {
    marks.macs.insert(sighting.source_mac);
  }
  marks.marks.push_back({sighting.beat.at, sighting.beat.content, sighting.beat.ip_id,
                         sighting.beat.priority, sighting.beat.direction});
  ++held_;
}

void PresenceLog::forget(Instant before) {
  held_ = 0;
  for (auto& [key, parts] : marks_) {
    for (auto& [where, part] : parts) {
      std::erase_if(part.marks, [&](const Mark& mark) { return mark.at < before; });
      part.marks.shrink_to_fit();
      held_ += part.marks.size();
    }
    std::erase_if(parts, [](const auto& part) { return part.second.marks.empty(); });
  }
  std::erase_if(marks_, [](const auto& sender) { return sender.second.empty(); });
}

void PresenceLog::arrange(std::span<const evidence::TapId> to) {
  if (std::is_sorted(to.begin(), to.end())) return;
  for (auto& [key, parts] : marks_) {
    Parts arranged;
    for (auto& [where, part] : parts) {
      arranged.emplace(std::pair(to[where.first], where.second), std::move(part));
    }
    parts = std::move(arranged);
  }
}

/// A share of the marks, the same at all taps, is enough to find clocks by.
std::vector<TapClock> PresenceLog::clocks(std::size_t taps) const {
  constexpr std::size_t kEnough = 20'000;
  evidence::Recording sample;
  sample.taps.resize(taps);
  for (const auto& [key, parts] : marks_) {
    std::size_t most = 0;
    for (const auto& [where, part] : parts) most = std::max(most, part.marks.size());
    const std::size_t every = 1 + most / kEnough;
    for (const auto& [where, part] : parts) {
      for (const Mark& mark : part.marks) {
        if (mark.ip_id % every != 0) continue;
        evidence::Heartbeat beat;
        beat.at = mark.at;
        beat.tap = where.first;
        beat.packet.source = key.second;
        beat.packet.ip_id = mark.ip_id;
        if (part.macs.size() == 1) beat.packet.source_mac = *part.macs.begin();
        beat.packet.decoded.advertisement.vrid = key.first.router.vrid;
        beat.packet.decoded.advertisement.version = key.first.router.version;
        beat.packet.decoded.advertisement.priority = mark.priority;
        sample.heartbeats.push_back(std::move(beat));
      }
    }
  }
  return tap_clocks(sample);
}

Presence PresenceLog::match(const Key& key, const TapMarks& taps, std::span<const TapClock> clocks,
                            std::span<const Instant> firsts, std::span<const Instant> lasts) {
  Presence out;
  out.stream = key.first;
  out.source = key.second;
  std::vector<PlacedMark> all;
  std::set<std::uint16_t> ids;
  std::vector<Duration> between;
  Instant begin{INT64_MIN};
  Instant end = kNever;
  bool known = true;
  bool near = true;
  std::vector<Instant> first_tap;
  for (const auto& [tap, marks] : taps) {
    const Duration ahead = clocks[tap].measured;
    std::vector<Instant> times;
    for (std::size_t i = 0; i < marks.size(); ++i) {
      all.push_back({marks[i].at - ahead, out.taps.size(), marks[i].ip_id, marks[i].priority});
      times.push_back(all.back().at);
      if (ids.size() < 16) ids.insert(marks[i].ip_id);
      if (i > 0) between.push_back(marks[i].at - marks[i - 1].at);
    }
    begin = std::max(begin, firsts[tap] - ahead);
    end = std::min(end, lasts[tap] - ahead);
    out.taps.push_back(tap);
    known = known && clocks[tap].known;
    if (first_tap.empty()) first_tap = times;
    near = near && near_in_time(first_tap, times);
  }
  out.segments.resize(out.taps.size());
  std::stable_sort(all.begin(), all.end(),
                   [](const auto& a, const auto& b) { return a.at < b.at; });
  constexpr Duration kSlowest = std::chrono::hours(24);
  out.interval = std::clamp(median(std::move(between)), Duration{0}, kSlowest);
  out.by_identification = ids.size() > 1;
  out.comparable = known || (!out.by_identification && near);
  if (!out.comparable) return out;
  const Duration window = out.by_identification ? out.interval * 3 : out.interval / 2;
  Matching matching(out, window, begin, end - window);
  for (const PlacedMark& mark : all) matching.take(mark);
  matching.finish();
  return out;
}

void PresenceLog::compare(const Key& key, const Parts& parts, std::span<const Instant> firsts,
                          std::span<const Instant> lasts, Presences& out) {
  std::vector<Strand> strands;
  std::vector<const Marks*> marks;
  for (const auto& [where, part] : parts) {
    Strand strand{where.first,
                  where.second,
                  part.macs,
                  part.marks.front().direction,
                  out.clocks[where.first].error,
                  {}};
    for (const Mark& mark : part.marks) {
      if (mark.direction != strand.direction) strand.direction = evidence::Direction::Unknown;
      if (strand.adverts.size() == kMostAdverts) break;
      strand.adverts.push_back(
          {mark.at - out.clocks[where.first].measured, mark.content, mark.ip_id});
    }
    std::stable_sort(strand.adverts.begin(), strand.adverts.end(),
                     [](const SeenAdvert& a, const SeenAdvert& b) { return a.at < b.at; });
    strands.push_back(std::move(strand));
    marks.push_back(&part);
  }
  const Networks networks = join_networks(strands);
  for (const std::vector<std::size_t>& members : networks.streams) {
    Key named = key;
    TapMarks taps;
    for (const std::size_t member : members) {
      if (named.first.network == 0) named.first.network = strands[member].network;
      std::vector<Mark>& at_tap = taps[strands[member].tap];
      at_tap.insert(at_tap.end(), marks[member]->marks.begin(), marks[member]->marks.end());
    }
    if (taps.size() > 1) out.senders.push_back(match(named, taps, out.clocks, firsts, lasts));
  }
  for (const auto& [a, b] : networks.undecided) {
    const Strand& one = strands[networks.streams[a].front()];
    const Strand& other = strands[networks.streams[b].front()];
    out.apart.push_back(
        {key.first, key.second, {one.tap, one.network}, {other.tap, other.network}});
  }
}

Presences PresenceLog::finish(std::span<const Instant> firsts, std::span<const Instant> lasts,
                              bool one_clock) const {
  Presences out;
  out.clocks = one_clock ? std::vector<TapClock>(firsts.size()) : clocks(firsts.size());
  for (const auto& [key, parts] : marks_) {
    if (parts.size() > 1) compare(key, parts, firsts, lasts, out);
  }
  return out;
}

}  // namespace alibi::investigate
