// SPDX-License-Identifier: Apache-2.0
// Overdue, new source, resignation: anything else is an ordinary second.
#include "daemon/suspicion.h"

#include <algorithm>

namespace alibi::daemon {

void Suspicion::take(const evidence::Heartbeat& heartbeat) {
  const wire::VrrpPacket& packet = heartbeat.packet;
  if (packet.decoded.defect != wire::VrrpDefect::None) return;
  const wire::Advertisement& advert = packet.decoded.advertisement;
  const Router router{advert.vrid.value, packet.source.family, advert.version};
  const auto [it, first] = routers_.try_emplace(router, Seen{packet.source, heartbeat.at,
                                                             advert.interval, false});
  if (first) return;
  Seen& seen = it->second;
  const bool late = heartbeat.at - seen.last > seen.interval + seen.interval / 2;
  const bool resigns = advert.priority.value == 0;
  if (packet.source != seen.master || late || resigns) {
    until_ = std::max(until_, heartbeat.at + kLinger);
  }
  seen = Seen{packet.source, std::max(seen.last, heartbeat.at), advert.interval, resigns};
}

bool Suspicion::aroused(Instant now) {
  for (const auto& [router, seen] : routers_) {
    const Duration silent = now - seen.last;
    // A router that stays silent for good is looked at for a while, not for ever.
    if (silent > seen.interval + seen.interval / 2 && silent < 8 * seen.interval + kLinger) {
      return true;
    }
  }
  return now < until_;
}

}  // namespace alibi::daemon
