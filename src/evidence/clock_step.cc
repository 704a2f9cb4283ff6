// SPDX-License-Identifier: Apache-2.0
// Each heartbeat behind has a vote, taken from the last ones of its sender.
#include "evidence/clock_step.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <map>
#include <vector>

namespace alibi::evidence {
namespace {

/// What one sender did before: its last heartbeats, the latest first.
struct Past {
  static constexpr std::size_t kDeep = 64;
  std::vector<const Stamped*> beats;

  const Stamped& last() const { return *beats.front(); }
  /// The identification is a counter of its own: the last step was one, or few for what was lost.
  bool counts() const {
    if (beats.size() < 2 || last().ip_id == 0) return false;
    const auto step = static_cast<std::uint16_t>(last().ip_id - beats[1]->ip_id);
    return step >= 1 && step <= 8;
  }
  /// The usual time between two: as advertised, unless they plainly come less often; 0: not known.
  Duration interval() const {
    constexpr std::size_t kFew = 8;
    std::vector<Duration> between;
    for (std::size_t i = 1; i < std::min(beats.size(), kFew); ++i) {
      between.push_back(beats[i - 1]->at - beats[i]->at);
    }
    if (between.empty()) return last().interval;
    const auto middle = between.begin() + static_cast<std::ptrdiff_t>(between.size() / 2);
    std::nth_element(between.begin(), middle, between.end());
    return *middle > last().interval + last().interval / 2 || last().interval == Duration{0}
               ? *middle
               : last().interval;
  }
};

struct Votes {
  std::size_t in_place = 0;
  std::vector<Duration> set_back;
  /// `step` 1 and more: it was sent after all that were seen before. Before the last of them it may
  /// have been sent earlier than its number says: its sender was silent, or a backup, in between.
  void take_due(Instant due, Instant at, Duration interval, std::int16_t step) {
    constexpr Duration kSilence = 60s;
    const Duration tolerance = interval / 4 + interval * std::abs(step) / 16;
    const Duration silence = step > 0 ? Duration{0} : kSilence + interval * std::abs(step) / 2;
    if (at <= due + tolerance && at >= due - tolerance - silence) {
      ++in_place;
    } else if (step > 0 && at < due) {
      set_back.push_back(due - at);
    }
  }
};

/// Without identifications: between two of the sender's own that leave no room for it, a heartbeat
/// is of another time; in a hole it is in place.
void vote_by_rhythm(const Past& past, const Stamped& beat, std::size_t nth, Duration interval,
                    Votes& votes) {
  constexpr Duration kCopy =
      5ms;  // the same one again, or by chance at the same time: says nothing
  if (beat.at >= past.last().at + interval * 3 / 4) {
    ++votes.in_place;
    return;
  }
  const auto below = std::find_if(past.beats.begin(), past.beats.end(),
                                  [&](const Stamped* other) { return other->at <= beat.at; });
  if (below == past.beats.begin() || below == past.beats.end()) return;
  const Instant before = (*below)->at;
  const Instant after = (*(below - 1))->at;
  if (beat.at - before < kCopy || after - beat.at < kCopy) return;
  if (after - before >= interval + interval / 2) {
    ++votes.in_place;
    return;
  }
  const auto steps = static_cast<std::int64_t>(nth + 1);
  votes.set_back.push_back(past.last().at + interval * steps - beat.at);
}

}  // namespace

std::uint64_t sender_number(const wire::IpAddress& source, std::uint64_t stream,
                            std::uint64_t network) {
  constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15U;  // 2^64 over the golden ratio
  std::array<std::uint64_t, 2> address{};
  static_assert(sizeof address == sizeof source.bytes);
  std::memcpy(address.data(), source.bytes.data(), sizeof address);
  std::uint64_t out = stream + 1;
  for (const std::uint64_t more : {address[0], address[1], network}) {
    out = (std::rotl(out, 27) ^ more) * kOdd;
  }
  return out != 0 ? out : 1;
}

BackwardsFinding find_backwards(std::span<const Stamped> before, std::span<const Stamped> behind) {
  constexpr std::int16_t kFurthest = 64;  // more were not lost in between, nor overtaken
  constexpr Duration kSlowest = std::chrono::hours(1);
  std::map<std::uint64_t, Past> pasts;
  std::map<std::uint64_t, std::size_t> seen;
  for (const Stamped& beat : behind) {
    if (beat.sender != 0) pasts[beat.sender];
  }
  for (auto beat = before.rbegin(); beat != before.rend(); ++beat) {
    const auto past = pasts.find(beat->sender);
    if (past == pasts.end() || past->second.beats.size() == Past::kDeep) continue;
    past->second.beats.push_back(&*beat);
  }
  Votes votes;
  for (const Stamped& beat : behind) {
    if (beat.sender == 0) continue;
    const Past& past = pasts[beat.sender];
    const std::size_t nth = seen[beat.sender]++;
    if (past.beats.empty()) continue;
    const Duration interval = past.interval();
    if (interval <= Duration{0} || interval > kSlowest) continue;
    if (!past.counts()) {
      vote_by_rhythm(past, beat, nth, interval, votes);
      continue;
    }
    const auto step = static_cast<std::int16_t>(beat.ip_id - past.last().ip_id);
    if (step > kFurthest) continue;
    votes.take_due(past.last().at + interval * step, beat.at, interval, step);
  }
  if (votes.set_back.size() <= votes.in_place) {
    return {votes.in_place > votes.set_back.size() ? Backwards::OutOfOrder : Backwards::Unclear,
            Duration{0}};
  }
  const auto middle =
      votes.set_back.begin() + static_cast<std::ptrdiff_t>(votes.set_back.size() / 2);
  std::nth_element(votes.set_back.begin(), middle, votes.set_back.end());
  return {Backwards::ClockSet, *middle};
}

bool leaps(const Stamped& first, const Stamped& last, const Stamped& next, Duration by) {
  constexpr std::uint16_t kFew = 8;  // more were not lost in between
  const auto step = [](const Stamped& a, const Stamped& b) {
    return static_cast<std::uint16_t>(b.ip_id - a.ip_id);
  };
  const Duration interval = next.interval;
  if (next.sender == 0 || last.ip_id == 0 || interval <= Duration{0} || by < interval / 4) {
    return false;
  }
  const auto counts = [](std::uint16_t steps) { return steps >= 1 && steps <= kFew; };
  if (!counts(step(first, last)) || !counts(step(last, next))) return false;
  const Duration late = next.at - (last.at + interval * step(last, next)) - by;
  return late <= interval / 16 && late >= -interval / 16;
}

std::optional<std::size_t> find_leap(std::span<const Stamped> beats, Duration by) {
  const auto leap_at = [&](std::size_t i) { return beats[i].at - beats[i - 1].at > by; };
  std::size_t leap = beats.size();
  while (leap > 1 && !leap_at(leap - 1)) --leap;
  if (leap <= 1) return std::nullopt;
  --leap;
  std::map<std::uint64_t, std::vector<const Stamped*>> before;  // the latest first
  for (std::size_t i = leap; i > 0; --i) {
    std::vector<const Stamped*>& of_sender = before[beats[i - 1].sender];
    if (of_sender.size() < 2) of_sender.push_back(&beats[i - 1]);
  }
  std::size_t leapt = 0, others = 0;
  for (std::size_t i = leap; i < beats.size(); ++i) {
    const auto past = before.find(beats[i].sender);
    if (past == before.end()) continue;
    if (past->second.size() == 2) {
      ++(leaps(*past->second[1], *past->second[0], beats[i], by) ? leapt : others);
    }
    before.erase(past);
  }
  if (leapt == 0 || others != 0) return std::nullopt;
  return leap;
}

}  // namespace alibi::evidence
