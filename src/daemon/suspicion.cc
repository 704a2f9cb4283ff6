// SPDX-License-Identifier: Apache-2.0
// Overdue, new source, resignation: anything else is an ordinary second.
#include "daemon/suspicion.h"

#include <algorithm>

namespace alibi::daemon {

void Suspicion::take(Instant at, evidence::TapId tap, const wire::VrrpPacket& packet) {
  if (packet.decoded.defect != wire::VrrpDefect::None) return;
  const wire::Advertisement& advert = packet.decoded.advertisement;
  const Router router{tap, advert.vrid.value, packet.source.family, advert.version};
  const auto [it, first] = routers_.try_emplace(router, Seen{packet.source, at,
                                                             advert.interval, false});
  Seen& seen = it->second;
  if (first) {
    calm_until_ = std::min(calm_until_, overdue_at(seen));
    return;
  }
  const bool late = at > overdue_at(seen);
  const bool resigns = advert.priority.value == 0;
  if (packet.source != seen.master || late || resigns) {
    until_ = std::max(until_, at + kLinger);
  }
  seen = Seen{packet.source, std::max(seen.last, at), advert.interval, resigns};
  calm_until_ = std::min(calm_until_, overdue_at(seen));
}

Instant Suspicion::overdue_at(const Seen& seen) {
  return seen.last + seen.interval + seen.interval / 2;
}

bool Suspicion::aroused(Instant now) {
  if (now <= calm_until_) return now < until_;
  calm_until_ = kNever;
  for (const auto& [router, seen] : routers_) {
    // A router that stays silent for good is looked at for a while, not for ever.
    if (now - seen.last >= 8 * seen.interval + kLinger) continue;
    calm_until_ = std::min(calm_until_, overdue_at(seen));
  }
  return now > calm_until_ || now < until_;
}

}  // namespace alibi::daemon
