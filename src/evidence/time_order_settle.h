// SPDX-License-Identifier: Apache-2.0
// How TimeOrder settles what stands behind later ones: the clock was set, or it is out of order.
// Part of time_order.h, which includes it.
#pragma once

namespace alibi::evidence {

template <typename Item>
template <typename Sink>
void TimeOrder<Item>::settle(bool caught_up, Sink&& sink) {
  const std::span<const Placed> held(held_.begin() + static_cast<std::ptrdiff_t>(first_),
                                     held_.end());
  const auto stamps = [](std::span<const Placed> from) {
    std::vector<Stamped> out;
    for (const Placed& placed : from) out.push_back(placed.stamp);
    return out;
  };
  BackwardsFinding found = find_backwards(stamps(held), stamps(trial_));
  const Duration back = newest_ - trial_.front().stamp.at;
  // What stands behind the newest was seen after it.
  if (found.what == Backwards::ClockSet) found.by = std::max(found.by, back + 1ns);
  const auto is_late = [&](const Placed& p) { return released_ && p.stamp.at < *released_; };
  const auto late = std::count_if(trial_.begin(), trial_.end(), is_late);
  if (found.what == Backwards::ClockSet && come_back(found.by)) {
    trial_.front().seam = true;
  } else if (found.what == Backwards::ClockSet && shift_ + found.by < kFurthest) {
    set_back(found.by);
  } else if (!caught_up && (static_cast<std::size_t>(late) * 2 > trial_.size() ||
                            (found.what == Backwards::Unclear && back > kTrial))) {
    note(back, found.what);
    for (std::size_t i = first_ + 1; i < held_.size(); ++i) {
      if (held_[i - 1].reordered) held_[i - 1].seam = held_[i].seam = true;
    }
    while (holds()) let_go(sink);
    released_.reset();
    released_stamps_.clear();
    set_back_.clear();
    newest_ = trial_.front().stamp.at;
    ++part_;
    for (Placed& placed : trial_) placed.part = part_;
  } else if (found.what == Backwards::Unclear) {
    for (Placed& placed : trial_) placed.seam = true;
  }
  for (Placed& placed : std::exchange(trial_, {})) insert(std::move(placed), sink);
  release(sink);
}

/// The clock was set back: all from here on is later than it says.
template <typename Item>
void TimeOrder<Item>::set_back(Duration by) {
  note(by, Backwards::ClockSet);
  shift_ += by;
  set_back_.push_back({by, disorder_.steps.size() - 1});
  for (Placed& placed : trial_) placed.stamp.at = placed.stamp.at + by;
  const auto first =
      std::min_element(trial_.begin(), trial_.end(),
                       [](const Placed& a, const Placed& b) { return a.stamp.at < b.stamp.at; });
  first->seam = true;
}

/// It was set back to what it had been before it leapt forward: what is in between is earlier than
/// it says. False: it was not, or what is in between was handed out.
template <typename Item>
bool TimeOrder<Item>::come_back(Duration by) {
  const std::vector<Stamped> before = stamps_before();
  const auto leap = find_leap(before, by);
  if (!leap || *leap < released_stamps_.size()) return false;
  if (before[*leap].at - before[*leap - 1].at <= by) return false;
  const auto first =
      held_.begin() + static_cast<std::ptrdiff_t>(first_ + *leap - released_stamps_.size());
  note(by, Backwards::ClockSet);
  disorder_.was_ahead = true;
  if (disorder_.steps_left_out == 0) disorder_.steps.back().ahead_since = first->stamp.packet;
  first->seam = true;
  for (auto placed = first; placed != held_.end(); ++placed) {
    placed->stamp.at = placed->stamp.at - by;
  }
  newest_ = held_.back().stamp.at;
  return true;
}

/// A sender's next one, which is early by as much as the clock was set back, shows that it was set
/// forward again.
template <typename Item>
void TimeOrder<Item>::go_forward_again(Stamped& stamp) {
  std::array<const Stamped*, 2> last{};  // of its sender, the latest first
  std::size_t found = 0;
  for (std::size_t i = held_.size(); i > first_ && found < last.size(); --i) {
    if (held_[i - 1].stamp.sender == stamp.sender) last[found++] = &held_[i - 1].stamp;
  }
  const SetBack set = set_back_.back();
  if (found < last.size() || !leaps(*last[1], *last[0], stamp, set.by)) return;
  if (stamp.at - set.by <= newest_) return;
  stamp.at = stamp.at - set.by;
  shift_ -= set.by;
  set_back_.pop_back();
  if (set.step < disorder_.steps.size() && disorder_.steps_left_out == 0)
    disorder_.steps[set.step].until = stamp.packet;
}

}  // namespace alibi::evidence
