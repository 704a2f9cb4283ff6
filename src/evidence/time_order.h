// SPDX-License-Identifier: Apache-2.0
// The heartbeats of one tap in order of time, whatever their order in the capture: by a window of
// kWindow and kMostHeld of them. One thread; memory is bounded by the window.
#pragma once

#include <algorithm>
#include <array>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "evidence/clock_step.h"
#include "evidence/disorder.h"

namespace alibi::evidence {

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
    const std::size_t set = set_back_.size();
    if (set != 0 && trial_.empty() && stamp.at > newest_) go_forward_again(stamp);
    const bool behind = any_ && stamp.at < newest_;
    const bool seam = set_back_.size() != set;
    Placed placed{stamp, std::forward<Given>(item), false, false, seam, part_};
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
  /// The latest, as it was placed.
  Instant newest() const { return newest_; }
  /// What is added to the tap's stamps at present.
  Duration shift() const { return shift_; }

 private:
  /// So little behind is nothing but the work of several queues, and no clock is set by it.
  static constexpr Duration kTrifle = 10ms;
  /// After so long, or so many, what stays behind has not been overtaken.
  static constexpr Duration kTrial = 10s;
  static constexpr std::size_t kMostTried = 64;
  /// Stamps of what was handed out, so that a leap of the clock before what is held can be told.
  static constexpr std::size_t kRemembered = 64;
  /// A clock that was set back by more than ten years is not believed.
  static constexpr Duration kFurthest = std::chrono::hours(24 * 3653);

  bool holds() const { return first_ < held_.size(); }

  template <typename Sink>
  void let_go(Sink&& sink) {
    Placed& out = held_[first_++];
    released_ = out.stamp.at;
    released_stamps_.push_back(out.stamp);
    if (released_stamps_.size() > kRemembered) released_stamps_.pop_front();
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
  void settle(bool caught_up, Sink&& sink);
  bool come_back(Duration by);
  void set_back(Duration by);
  void go_forward_again(Stamped& stamp);

  std::vector<Stamped> stamps_before() const {
    std::vector<Stamped> out(released_stamps_.begin(), released_stamps_.end());
    for (std::size_t i = first_; i < held_.size(); ++i) out.push_back(held_[i].stamp);
    return out;
  }

  std::vector<Placed> held_;  // by time, from `first_` on
  std::size_t first_ = 0;
  std::vector<Placed> trial_;  // behind, as they came
  Instant newest_;             // of those in order
  std::optional<Instant> released_;
  std::deque<Stamped> released_stamps_;
  Duration shift_{0};
  struct SetBack {
    Duration by;
    std::size_t step;  // of disorder_.steps
  };
  std::vector<SetBack> set_back_;  // in force, the latest last
  bool any_ = false;
  unsigned part_ = 0;
  Disorder disorder_;
};

}  // namespace alibi::evidence

#include "evidence/time_order_settle.h"
