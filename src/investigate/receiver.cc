// SPDX-License-Identifier: Apache-2.0
#include "investigate/receiver.h"

#include <algorithm>

namespace alibi::investigate {
namespace {

/// A receiver that lives sets its timer when it has read an advert, which is a little later than
/// the tap's stamp; the take-over counts from then.
constexpr Duration kSlack = 5ms;
/// Intervals are told in hundredths of a second (version 3), and some count with nothing finer: the
/// timer of FRR's vrrpd leaves the rest of the skew time away.
constexpr Duration kUnit = 10ms;

bool outbids(const Beat& beat, const Stream& from, const Stream& to, const Incident& incident) {
  if (beat.priority != incident.to_priority) return beat.priority > incident.to_priority;
  return wire::higher(from.source, to.source);
}

}  // namespace

std::optional<Unheeded> unheeded_adverts(const evidence::Recording& recording, const Stream& from,
                                         const Stream& to, const Incident& incident) {
  if (incident.kind != Kind::Conflict || recording.taps[to.origin().tap].netns == 0) {
    return std::nullopt;
  }
  const TapBeats* there = from.at_tap(to.origin().tap);
  if (there == nullptr) return std::nullopt;
  const Duration down =
      master_down_interval(incident.router, incident.to_priority, incident.interval);
  const Duration late = incident.interval + incident.interval / 2;
  // One that came before this may be the one that set the timer.
  const Instant since = incident.at - down + kSlack + std::min(kUnit, incident.interval / 2);
  Unheeded unheeded{there->tap, {}};
  Instant last = incident.at - down;
  for (const Beat& beat : there->beats) {
    if (beat.at <= since) continue;
    if (beat.at >= incident.at) break;
    const bool counts = beat.direction != evidence::Direction::Out &&
                        outbids(beat, from, to, incident) && beat.in_time_before == 0;
    if (!counts || beat.at - last > late) return std::nullopt;
    unheeded.arrived.push_back(beat.at);
    last = beat.at;
  }
  if (unheeded.arrived.size() < 2 || incident.at - last > late) return std::nullopt;
  return unheeded;
}

std::size_t Receiver::met(Doing doing) const {
  constexpr Duration kTimeToRead = 10ms;
  if (!account) return 0;
  return static_cast<std::size_t>(
      std::count_if(unheeded.arrived.begin(), unheeded.arrived.end(), [&](Instant arrived) {
        const Instant then = arrived + kTimeToRead;
        return std::any_of(
            account->segments.begin(), account->segments.end(), [&](const Segment& segment) {
              return segment.doing == doing && segment.begin <= then && then < segment.end;
            });
      }));
}

std::optional<Receiver> receiver_of(const evidence::Recording& recording, const Stream& from,
                                    const Stream& to, const Incident& incident) {
  auto unheeded = unheeded_adverts(recording, from, to, incident);
  if (!unheeded) return std::nullopt;
  Receiver receiver{std::move(*unheeded), find_sender(recording, to, recording.end), {}};
  if (receiver.process) {
    receiver.account = account_of(recording, *receiver.process, receiver.unheeded.arrived.front(),
                                  incident.at, incident.at, Duration{0});
    receiver.account->receiving = true;
  }
  return receiver;
}

}  // namespace alibi::investigate
