// SPDX-License-Identifier: Apache-2.0
// Skew time and master-down interval, rounded where keepalived rounds.
#include "vrrp/timers.h"

namespace alibi::vrrp {
namespace {

constexpr std::int64_t kMicrosPerSecond = 1'000'000;
constexpr std::int64_t kMicrosPerCenti = 10'000;

Duration cut_to_centiseconds(Duration interval) {
  return std::chrono::milliseconds(interval / 10ms * 10);
}

}  // namespace

Duration skew_time(std::uint8_t version, Priority priority, Duration master_interval) {
  const std::int64_t lag = 256 - priority.value;
  if (version != 3) return std::chrono::microseconds(lag * kMicrosPerSecond / 256);
  const std::int64_t centiseconds = master_interval / 10ms;
  return std::chrono::microseconds(lag * centiseconds * kMicrosPerCenti / 256);
}

Duration master_down_interval(std::uint8_t version, Priority priority, Duration master_interval,
                              int adverts) {
  const Duration interval = version == 3 ? cut_to_centiseconds(master_interval) : master_interval;
  return adverts * interval + skew_time(version, priority, master_interval);
}

}  // namespace alibi::vrrp
