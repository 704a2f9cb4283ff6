// SPDX-License-Identifier: Apache-2.0
// A run of heartbeats in time is its first, its last and their number.
#include "investigate/sender_log.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace alibi::investigate {
namespace {

constexpr std::size_t kRecent = 4;
constexpr std::uint64_t kEnoughToLearn = 8;
/// Identifications so far back are a packet overtaken, not a counter that began anew.
constexpr unsigned kFarBack = 64;

}  // namespace

void SenderLog::learn() {
  // What comes once a day is no heartbeat; and clocks that leap must not make the sums overflow.
  constexpr Duration kSlowest = std::chrono::hours(24);
  usual_ = std::min(cadence_.usual(), kSlowest);
}

Duration SenderLog::interval() const {
  if (claimed_ != Duration{0}) return claimed_;
  return usual_ > advertised_ + advertised_ / 2 ? usual_ : advertised_;
}

Duration SenderLog::shortest_interval() const { return std::min(shortest_until_, interval()); }

Cadence SenderLog::cadence() const {
  Cadence all = earlier_;
  all.add(cadence_);
  return all;
}

bool SenderLog::changes_interval(const Beat& beat) const {
  return advertised_ != Duration{0} && beat.interval != Duration{0} && beat.interval != advertised_;
}

// What was kept is judged by what was usual then.
void SenderLog::close_interval() {
  flush();
  const Duration usual = interval();
  for (; first_kept_ < kept_.size(); ++first_kept_) {
    Beat& beat = kept_[first_kept_];
    beat.interval = std::max(beat.interval, usual);
  }
}

// The packet says that the router sends at another rate from now on (RFC 3768 section 5.3.7, RFC
// 9568 section 5.2.7): what was usual until then says nothing of it.
void SenderLog::learn_anew() {
  close_interval();
  shortest_until_ = shortest_interval();
  earlier_.add(cadence_);
  cadence_ = {};
  usual_ = Duration{0};
}

SenderLog::Taken SenderLog::take(Beat beat, bool interrupted) {
  Taken taken;
  if (seen_already(recent_, beat)) {
    ++duplicates_;
    dropped_ += beat.dropped_before;
    taken.duplicate = true;
    return taken;
  }
  beat.dropped_before += dropped_;
  if (!recent_.empty()) taken.before = recent_.back();
  taken.expected = interval();
  bool in_time = false;
  if (taken.before) {
    const Duration between = beat.at - taken.before->at;
    if (between >= Duration{0}) {
      const bool soon =
          taken.expected != Duration{0} && between <= taken.expected + taken.expected / 2;
      // A resignation comes when it comes: its time says nothing of the interval.
      const bool steady = beat.priority.value != 0 && taken.before->priority.value != 0;
      if (steady && (soon || !interrupted)) cadence_.add(between, taken.expected);
      in_time = soon && beat.priority == taken.before->priority;
    }
  }
  if (changes_interval(beat)) {
    taken.interval_until = interval();
    learn_anew();
  }
  count(beat);
  taken.irregular = !in_time || taken.interval_until;
  if (!taken.irregular && !pinned_ && kept_.size() >= kEnoughToLearn) {
    if (pending_) ++skipped_;
    dropped_ = beat.dropped_before;
    pending_ = beat;
  } else {
    keep(beat);
  }
  return taken;
}

void SenderLog::keep(const Beat& beat) {
  flush();
  kept_.push_back(beat);
  dropped_ = 0;
  if (pinned_ && beat.at > *pinned_) pinned_.reset();
}

void SenderLog::flush() {
  if (!pending_) return;
  pending_->in_time_before = std::exchange(skipped_, 0);
  kept_.push_back(*pending_);
  pending_.reset();
  dropped_ = 0;
}

void SenderLog::pin(Instant at) {
  flush();
  pinned_ = at;
}

void SenderLog::count(const Beat& beat) {
  if (beats_++ == 0) first_ = beat;
  if (beat.interval != Duration{0}) advertised_ = beat.interval;
  if (beat.priority.value != 0) {
    lowest_ = std::min(lowest_, beat.priority);
    highest_ = std::max(highest_, beat.priority);
  }
  if (!recent_.empty()) {
    const auto step = static_cast<std::uint16_t>(beat.ip_id - recent_.back().ip_id);
    ids_zero_ += beat.ip_id == 0 ? 1U : 0U;
    ids_same_ += step == 0 ? 1U : 0U;
    ids_next_ += step == 1 ? 1U : 0U;
    ids_other_ += step > 1 ? 1U : 0U;
    const bool back = static_cast<std::uint16_t>(-step) - 1U < kFarBack;
    // What was overtaken has its place between two others; a sender that was started again counts
    // from the beginning.
    const bool has_a_place = std::any_of(recent_.begin(), recent_.end(), [&](const Beat& before) {
      return static_cast<std::uint16_t>(beat.ip_id - before.ip_id) - 1U < kFarBack;
    });
    if (back && has_a_place) ++reordered_;
  }
  if (recent_.size() == kRecent) recent_.erase(recent_.begin());
  recent_.push_back(beat);
  // The usual time is looked at again each time there are twice as many.
  const std::uint64_t n = cadence_.count();
  if (n >= kEnoughToLearn && std::has_single_bit(n)) learn();
}

void SenderLog::forget(Instant before) {
  std::size_t old = 0;
  while (old + 1 < kept_.size() && kept_[old + 1].at <= before) ++old;
  kept_.erase(kept_.begin(), kept_.begin() + static_cast<std::ptrdiff_t>(old));
  first_kept_ -= std::min(first_kept_, old);
}

Identification SenderLog::identification() const {
  const std::uint64_t steps = ids_same_ + ids_next_ + ids_other_;
  if (steps == 0 || ids_zero_ == steps) return Identification::None;
  if (ids_same_ == steps) return Identification::Constant;
  return ids_next_ * 10 >= steps * 7 ? Identification::Counting : Identification::Other;
}

std::vector<Beat> SenderLog::finish() {
  if (cadence_.count() >= kEnoughToLearn) learn();
  close_interval();
  std::stable_sort(kept_.begin(), kept_.end(),
                   [](const Beat& a, const Beat& b) { return a.at < b.at; });
  return std::move(kept_);
}

}  // namespace alibi::investigate
