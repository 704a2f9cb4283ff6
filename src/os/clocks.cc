// SPDX-License-Identifier: Apache-2.0
// An offset is worth a new sample when it moved by more than slewing does between two readings.
#include "os/clocks.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>

#include <algorithm>
#include <cstdlib>
#include <limits>

namespace alibi::os {
namespace {

/// NTP slews at up to 500 ppm: 50 us in 100 ms. Smaller moves wait until they add up.
constexpr std::int64_t kWorthKeeping = 20'000;
constexpr int kReadings = 3;
/// By how much two readings of the clocks may differ that nobody set.
constexpr Duration kSlack = 1ms;
/// Stamps so far apart may be by one clock that nobody saw.
constexpr Duration kOneExcursion = 1s;

std::int64_t read_ns(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

/// The tightest of a few readings.
std::int64_t minus_monotonic_ns(clockid_t clock) {
  std::int64_t best = 0, best_width = INT64_MAX;
  for (int i = 0; i < kReadings; ++i) {
    const std::int64_t before = read_ns(CLOCK_MONOTONIC);
    const std::int64_t real = read_ns(clock);
    const std::int64_t after = read_ns(CLOCK_MONOTONIC);
    if (after - before >= best_width) continue;
    best_width = after - before;
    best = real - (before + best_width / 2);
  }
  return best;
}

}  // namespace

std::int64_t realtime_minus_monotonic_ns() { return minus_monotonic_ns(CLOCK_REALTIME); }

std::int64_t boottime_minus_monotonic_ns() { return minus_monotonic_ns(CLOCK_BOOTTIME); }

void ClockOffsets::add(Instant at, std::int64_t offset_ns) {
  if (!samples_.empty() &&
      std::abs(samples_.back().realtime_minus_monotonic_ns - offset_ns) < kWorthKeeping)
    return;
  samples_.push_back({at, offset_ns});
}

Instant ClockOffsets::monotonic(std::int64_t realtime_ns, Instant earliest, Instant latest) const {
  if (samples_.empty()) return Instant{realtime_ns};
  constexpr std::int64_t kSlack = 1'000'000;
  const Instant newest{realtime_ns - samples_.back().realtime_minus_monotonic_ns};
  for (auto sample = samples_.rbegin(); sample != samples_.rend(); ++sample) {
    const Instant moment{realtime_ns - sample->realtime_minus_monotonic_ns};
    const bool between = moment.ns >= earliest.ns - kSlack && moment.ns <= latest.ns + kSlack;
    if (between) return std::clamp(moment, earliest, latest);
    if (sample->at < earliest) break;  // older offsets were not in force any more
  }
  return std::clamp(newest, earliest, latest);
}

void StampClock::set(std::int64_t offset_ns, Instant before, Instant found) {
  steps_.push_back({offset_ns, before, found});
}

bool StampClock::explains(std::int64_t realtime_ns, Instant now) const {
  const std::int64_t offset = steps_.empty() ? found_ns_ : steps_.back().offset_ns;
  return Instant{realtime_ns - offset} <= now + kSlack || Instant{realtime_ns - found_ns_} <= now;
}

bool StampClock::take(std::int64_t realtime_ns, Instant now) {
  const std::int64_t before = offset_ns_;
  while (!steps_.empty()) {
    const Step& step = steps_.front();
    const Instant by_old{realtime_ns - found_ns_};
    const Instant by_new{realtime_ns - step.offset_ns};
    // The new clock stamped nothing before it was set, and neither has stamped what is to come.
    const bool is_new = by_new >= step.before - kSlack && by_new <= now + kSlack;
    if (!is_new && by_old <= step.found + kSlack) break;
    found_ns_ = step.offset_ns;
    steps_.pop_front();
  }
  offset_ns_ = found_ns_;
  if (Instant{realtime_ns - found_ns_} > now + kSlack) {
    const bool goes_on = before != found_ns_ && Instant{realtime_ns - before} <= now &&
                         Instant{realtime_ns - before} >= now - kOneExcursion;
    offset_ns_ = goes_on ? before : realtime_ns - now.ns;
  }
  return offset_ns_ != before;
}

Result<ClockSetSignal> ClockSetSignal::create() {
  Fd fd(timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC));
  if (!fd.valid()) return fail_errno("cannot create a timer");
  ClockSetSignal out(std::move(fd));
  out.arm();
  return out;
}

void ClockSetSignal::clear() {
  std::uint64_t expired = 0;
  if (read(fd(), &expired, sizeof expired) < 0 && errno == ECANCELED) arm();
}

void ClockSetSignal::arm() {
  itimerspec never{};
  never.it_value.tv_sec = std::numeric_limits<std::int32_t>::max();
  timerfd_settime(fd(), TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, nullptr);
}

void ClockOffsets::forget(Instant before) {
  while (samples_.size() > 1 && samples_[1].at < before) samples_.pop_front();
}

}  // namespace alibi::os
