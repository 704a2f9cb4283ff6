// SPDX-License-Identifier: Apache-2.0
// When a verdict is settled, and which were given already.
#include "daemon/verdict_watch.h"

#include <fmt/format.h>

namespace alibi::daemon {
namespace {

using investigate::Kind;
using investigate::Verdict;

/// The same incident seen again in a later, longer recording.
std::string key_of(const Verdict& verdict) {
  const investigate::Incident& incident = verdict.incident;
  // A silence that lasts has no end yet to be known by.
  const bool by_begin = incident.kind == Kind::Silenced || incident.kind == Kind::NearMiss;
  return fmt::format("{}/{}/{}/{}/{}/{}", incident.router.vrid.value,
                     static_cast<int>(incident.router.family), incident.router.version,
                     verdict.from_source.text(), verdict.to_source.text(),
                     by_begin ? incident.silent_since.ns : incident.at.ns);
}

bool settled(const Verdict& verdict, Instant now) {
  const investigate::Incident& incident = verdict.incident;
  if (incident.kind == Kind::Silenced) return now - incident.silent_since > VerdictWatch::kPatience;
  if (now - incident.at < VerdictWatch::kSettle) return false;
  if (!verdict.cause || verdict.cause->code != "unknown") return true;
  if (incident.resumed != kNever && now - incident.resumed > VerdictWatch::kSettle) return true;
  return now - incident.at > VerdictWatch::kPatience;
}

/// So near to the beginning that the first advert of a reign may be the first that is left of it.
bool cut_off(const Verdict& verdict, Instant begin) {
  const investigate::Incident& incident = verdict.incident;
  return investigate::is_hand_over(incident) && incident.at - begin < 4 * incident.interval;
}

}  // namespace

std::vector<Verdict> VerdictWatch::fresh(const evidence::Recording& recording, bool final) {
  std::vector<Verdict> result;
  begin_ = begin_.value_or(recording.begin);
  const bool moved = recording.begin > *begin_;
  for (Verdict& verdict : investigate::investigate(recording)) {
    if (moved && cut_off(verdict, recording.begin)) continue;
    if (!final && !settled(verdict, recording.end)) continue;
    if (given_.insert(key_of(verdict)).second) result.push_back(std::move(verdict));
  }
  return result;
}

std::vector<Verdict> VerdictWatch::take(const evidence::Recording& recording) {
  return fresh(recording, false);
}

std::vector<Verdict> VerdictWatch::rest(const evidence::Recording& recording) {
  return fresh(recording, true);
}

}  // namespace alibi::daemon
