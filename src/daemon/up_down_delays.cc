// SPDX-License-Identifier: Apache-2.0
// A change, its reversal, and the time in between.
#include "daemon/up_down_delays.h"

#include <algorithm>

namespace alibi::daemon {

UpDownDelays::UpDownDelays(const config::Settings& settings) {
  for (const auto& given : settings.up_down_delays) {
    Duration most = 255s;
    for (const auto& instance : settings.instances) {
      if (instance.interface != given.interface) continue;
      most = std::min(
          most, instance.vrrp.advert_interval * std::max(instance.vrrp.down_timer_adverts - 1, 0));
    }
    delays_.push_back({given.interface, std::min(given.down, most), std::min(given.up, most)});
  }
}

bool UpDownDelays::heard(std::string_view interface, bool up, Instant now) {
  const auto found = std::find_if(delays_.begin(), delays_.end(),
                                  [&](const Delay& d) { return d.interface == interface; });
  if (found == delays_.end()) return up;
  Delay& delay = *found;
  if (!delay.known) {
    delay.known = true;
    delay.counts = up;
  }
  if (up == delay.counts) {
    delay.counts_at = kNever;
    return up;
  }
  if (delay.counts_at == kNever) delay.counts_at = now + (up ? delay.up : delay.down);
  if (now < delay.counts_at) return delay.counts;
  delay.counts = up;
  delay.counts_at = kNever;
  return up;
}

Instant UpDownDelays::next() const {
  Instant earliest = kNever;
  for (const Delay& delay : delays_) earliest = std::min(earliest, delay.counts_at);
  return earliest;
}

std::vector<UpDownDelays::Due> UpDownDelays::due(Instant now) const {
  std::vector<Due> out;
  for (const Delay& delay : delays_) {
    if (delay.counts_at <= now) out.push_back({delay.interface, !delay.counts});
  }
  return out;
}

}  // namespace alibi::daemon
