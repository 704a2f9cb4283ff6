// SPDX-License-Identifier: Apache-2.0
// The heartbeats of one tap in order of time, whatever their order in the capture: by a window of
// kWindow and kMostHeld of them. One thread; memory is bounded by the window.
#pragma once

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "evidence/clock_step.h"

namespace alibi::evidence {

/// From a packet on the stamps of a tap go back for good.
struct StepBack {
  std::uint64_t packet = 0;
  Duration by{0};
  Backwards what = Backwards::Unclear;
};

/// What did not come in order at a tap.
struct Disorder {
  std::uint64_t reordered = 0;  ///< put where they belong
  std::uint64_t too_late = 0;   ///< further back than the window
  std::vector<StepBack> steps;  ///< the first kMostSteps
  std::uint64_t steps_left_out = 0;
  static constexpr std::size_t kMostSteps = 1000;
};

/// `Item`: what it is is its owner's business; the sink may take it out of what it is given.
template <typename Item>
class TimeOrder {
 public:
  static constexpr Duration kWindow = 10min;
  static constexpr std::size_t kMostHeld = 1024;

  /// In order of time within its part, but for what is too late: part 0 until the stamps go back
  /// for good though no clock was set, then 1, and so on. `at` is by the clock as it was before.
  struct Placed {
    Stamped stamp;
    Item item;
    bool reordered = false;
    bool too_late = false;
    /// What belongs beside it may be in another part, or the time before it is not known for sure.
    bool seam = false;
    unsigned part = 0;
  };

  /// Stamps from 1970 to 2116 can be reckoned with; others are taken for the nearest.
  static Instant reckonable(Instant at) {
    return Instant{std::clamp<std::int64_t>(at.ns, 0, std::int64_t{1} << 62U)};
  }

  template <typename Given, typename Sink>
  void take(Stamped stamp, Given&& item, Sink&& sink) {
    const Instant raw = reckonable(stamp.at);
    if (!trial_.empty() && raw + shift_ >= newest_) settle(true, sink);
    stamp.at = raw + shift_;
    const bool behind = any_ && stamp.at < newest_;
    Placed placed{stamp, std::forward<Given>(item), false, false, false, part_};
    if (!behind && trial_.empty()) {
      newest_ = stamp.at;
      any_ = true;
      held_.push_back(std::move(placed));
      release(sink);
    } else if (trial_.empty() && newest_ - stamp.at <= kTrifle) {
      insert(std::move(placed), sink);
    } else {
      trial_.push_back(std::move(placed));
      if (trial_.size() == kMostTried || trial_span() > kTrial) settle(false, sink);
    }
  }

  template <typename Sink>
  void finish(Sink&& sink) {
    if (!trial_.empty()) settle(false, sink);
    while (holds()) let_go(sink);
  }

  const Disorder& disorder() const { return disorder_; }
  /// What is added to the tap's stamps at present.
  Duration shift() const { return shift_; }

 private:
  /// So little behind is nothing but the work of several queues, and no clock is set by it.
  static constexpr Duration kTrifle = 10ms;
  /// After so long, or so many, what stays behind has not been overtaken.
  static constexpr Duration kTrial = 10s;
  static constexpr std::size_t kMostTried = 64;
  /// A clock that was set back by more than ten years is not believed.
  static constexpr Duration kFurthest = std::chrono::hours(24 * 3653);

  bool holds() const { return first_ < held_.size(); }

  template <typename Sink>
  void let_go(Sink&& sink) {
    Placed& out = held_[first_++];
    released_ = out.stamp.at;
    sink(out);
    if (first_ < kMostHeld && holds()) return;
    held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }

  template <typename Sink>
  void release(Sink&& sink) {
    while (holds() &&
           (held_.size() - first_ > kMostHeld || newest_ - held_[first_].stamp.at > kWindow)) {
      let_go(sink);
    }
  }

  Duration trial_span() const {
    const auto [first, last] = std::minmax_element(
        trial_.begin(), trial_.end(),
        [](const Placed& a, const Placed& b) { return a.stamp.at < b.stamp.at; });
    return last->stamp.at - first->stamp.at;
  }

  template <typename Sink>
  void insert(Placed placed, Sink&& sink) {
    if (released_ && placed.stamp.at < *released_) {
      ++disorder_.too_late;
      placed.too_late = true;
      return sink(placed);
    }
    const auto after = std::upper_bound(
        held_.begin() + static_cast<std::ptrdiff_t>(first_), held_.end(), placed.stamp.at,
        [](Instant at, const Placed& other) { return at < other.stamp.at; });
    placed.reordered = after != held_.end();
    disorder_.reordered += placed.reordered ? 1U : 0U;
    if (placed.reordered && (part_ != 0 || placed.seam)) placed.seam = after->seam = true;
    newest_ = std::max(newest_, placed.stamp.at);
    held_.insert(after, std::move(placed));
  }

  void note(Duration by, Backwards what) {
    if (disorder_.steps.size() == Disorder::kMostSteps) {
      ++disorder_.steps_left_out;
    } else {
      disorder_.steps.push_back({trial_.front().stamp.packet, by, what});
    }
  }

  /// What is behind gets its place. `caught_up`: what came after it is in order again.
  template <typename Sink>
  void settle(bool caught_up, Sink&& sink) {
    const auto stamps = [](const std::vector<Placed>& from, std::size_t first) {
      std::vector<Stamped> out;
      for (; first < from.size(); ++first) out.push_back(from[first].stamp);
      return out;
    };
    BackwardsFinding found = find_backwards(stamps(held_, first_), stamps(trial_, 0));
    const Duration back = newest_ - trial_.front().stamp.at;
    // What stands behind the newest was seen after it.
    if (found.what == Backwards::ClockSet) found.by = std::max(found.by, back + 1ns);
    const auto is_late = [&](const Placed& p) { return released_ && p.stamp.at < *released_; };
    const auto late = std::count_if(trial_.begin(), trial_.end(), is_late);
    if (found.what == Backwards::ClockSet && shift_ + found.by < kFurthest) {
      note(found.by, found.what);
      shift_ += found.by;
      for (Placed& placed : trial_) placed.stamp.at = placed.stamp.at + found.by;
      const auto first = std::min_element(
          trial_.begin(), trial_.end(),
          [](const Placed& a, const Placed& b) { return a.stamp.at < b.stamp.at; });
      first->seam = true;
    } else if (!caught_up && (static_cast<std::size_t>(late) * 2 > trial_.size() ||
                              (found.what == Backwards::Unclear && back > kTrial))) {
      note(back, found.what);
      for (std::size_t i = first_ + 1; i < held_.size(); ++i) {
        if (held_[i - 1].reordered) held_[i - 1].seam = held_[i].seam = true;
      }
      while (holds()) let_go(sink);
      released_.reset();
      newest_ = trial_.front().stamp.at;
      ++part_;
      for (Placed& placed : trial_) placed.part = part_;
    } else if (found.what == Backwards::Unclear) {
      for (Placed& placed : trial_) placed.seam = true;
    }
    for (Placed& placed : std::exchange(trial_, {})) insert(std::move(placed), sink);
    release(sink);
  }

  std::vector<Placed> held_;  // by time, from `first_` on
  std::size_t first_ = 0;
  std::vector<Placed> trial_;  // behind, as they came
  Instant newest_;             // of those in order
  std::optional<Instant> released_;
  Duration shift_{0};
  bool any_ = false;
  unsigned part_ = 0;
  Disorder disorder_;
};

}  // namespace alibi::evidence
