// SPDX-License-Identifier: Apache-2.0
// A common address where both are seen proves that they are of one network and of one pair.
#include "investigate/versions.h"

#include <fmt/format.h>

#include <algorithm>

#include "investigate/rules/support.h"

namespace alibi::investigate {
namespace {

/// A virtual address of both; nullptr: none. (Version 2 is IPv4 alone: none is link-local.)
const wire::IpAddress* common_address(const Stream& a, const Stream& b) {
  for (const wire::IpAddress& address : a.addresses) {
    if (std::binary_search(b.addresses.begin(), b.addresses.end(), address)) return &address;
  }
  return nullptr;
}

/// Does the source of `stream` advertise in the version of `others` as well at `at`? Such a router
/// hears both (RFC 5798, 8.4).
bool speaks_both(const Stream& stream, const std::vector<Stream>& others, Instant at) {
  return std::any_of(others.begin(), others.end(), [&](const Stream& other) {
    if (other.source != stream.source) return false;
    const Beat* last = Stream::last_until(other.origin(), at);
    return last != nullptr && at - last->at <= other.interval + other.interval / 2;
  });
}

/// Was `from` master at `at`, as `tap` hears it: for as long before as a backup waits, and after?
bool reigns_at(const TapBeats& tap, Instant at, Duration interval, Duration down) {
  const Beat* before = Stream::last_until(tap, at);
  const Beat* after = Stream::first_after(tap, at);
  const Duration late = interval + interval / 2;
  return before != nullptr && after != nullptr && before->priority.value != 0 &&
         after->priority.value != 0 && after->at - before->at <= late &&
         at - tap.beats.front().at >= down;
}

/// Both advertise for so long after `at`; a router that was told to change its version does not.
Duration both_after(const TapBeats& a, const TapBeats& b, Instant at) {
  return std::min(a.beats.back().at, b.beats.back().at) - at;
}

Verdict verdict_of(const evidence::Recording& recording, const Stream& from, const Stream& to,
                   const TapBeats& heard, const Beat& first, const wire::IpAddress& address) {
  const Beat& last = *Stream::last_until(heard, first.at);
  Verdict verdict;
  Incident& incident = verdict.incident;
  incident.kind = Kind::Conflict;
  incident.router = from.router;
  incident.at = first.at;
  incident.silent_since = last.at;
  incident.resumed = Stream::first_after(heard, first.at)->at;
  incident.interval = from.interval;
  incident.from_priority = last.priority;
  incident.to_priority = first.priority;
  incident.two_masters = both_after(from.origin(), to.origin(), first.at);
  verdict.from_source = from.source;
  verdict.to_source = to.source;
  verdict.network = from.network() != 0 ? from.network() : to.network();
  verdict.host = recording.taps[to.origin().tap].host;
  verdict.cause = Finding{
      "config.mismatch",
      fmt::format("{} does not heed {}: their versions of VRRP differ", to.source.text(),
                  from.source.text()),
      {fmt::format("{} advertises {} in version {}, {} in version {}", from.source.text(),
                   address.text(), from.router.version, to.source.text(), to.router.version),
       fmt::format("{}: the first advert of {} at tap {}, which heard {} {} before",
                   rules::clock_text(recording, first.at), to.source.text(),
                   recording.taps[heard.tap].label, from.source.text(),
                   seconds_text(first.at - last.at))},
      {}};
  return verdict;
}

struct Versions {
  const std::vector<Stream>& of_from;
  const std::vector<Stream>& of_to;
};

void compare(const evidence::Recording& recording, const Versions& all, const Stream& from,
             const Stream& to, std::vector<Verdict>& out) {
  const TapBeats* heard = from.at_tap(to.origin().tap);
  const wire::IpAddress* address = common_address(from, to);
  if (from.source == to.source || heard == nullptr || address == nullptr) return;
  if (from.network() != to.network()) return;
  const std::vector<Beat>& beats = to.origin().beats;
  for (std::size_t i = 0; i < beats.size(); ++i) {
    const bool begins = i == 0 || breaks(beats[i - 1], beats[i], to.interval);
    if (!begins || beats[i].priority.value == 0) continue;
    const Duration down = master_down_interval(to.router, beats[i].priority, from.interval);
    if (!reigns_at(*heard, beats[i].at, from.interval, down)) continue;
    if (speaks_both(from, all.of_to, beats[i].at)) continue;
    if (speaks_both(to, all.of_from, beats[i].at)) continue;
    if (both_after(*heard, to.origin(), beats[i].at) <= from.interval + from.interval / 2) continue;
    out.push_back(verdict_of(recording, from, to, *heard, beats[i], *address));
  }
}

}  // namespace

std::vector<Verdict> version_mismatches(const evidence::Recording& recording,
                                        const std::map<RouterKey, std::vector<Stream>>& streams) {
  std::vector<Verdict> found;
  for (const auto& [router, of_two] : streams) {
    if (router.version != 2) continue;
    const auto other = streams.find(RouterKey{router.vrid, router.family, 3});
    if (other == streams.end()) continue;
    for (const Stream& two : of_two) {
      for (const Stream& three : other->second) {
        compare(recording, {of_two, other->second}, two, three, found);
        compare(recording, {other->second, of_two}, three, two, found);
      }
    }
  }
  return found;
}

}  // namespace alibi::investigate
