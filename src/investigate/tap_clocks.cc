// SPDX-License-Identifier: Apache-2.0
// Votes for a lag: every pair of adverts that may be the same one is a vote.
#include "investigate/tap_clocks.h"

#include <algorithm>
#include <map>
#include <optional>
#include <span>
#include <tuple>

namespace alibi::investigate {
namespace {

/// Clocks drift apart and the way takes its time: votes so close together are for the same lag.
constexpr Duration kWindow = 500ms;
constexpr std::size_t kFewestVotes = 3;
/// Identifications repeat after 65,536 adverts; one that is used more often identifies nothing.
constexpr std::size_t kMostRepeats = 8;
/// Of each tap: days of one router, and a bound for a capture of thousands.
constexpr std::size_t kMostAdverts = 500'000;
constexpr Duration kNegligible = 20ms;
/// A clock further off than ten years is not believed; sums of such would not fit, either.
constexpr Duration kFurthest = std::chrono::hours(24 * 3653);

using Key = std::tuple<wire::IpAddress, Vrid, std::uint8_t, Priority, std::uint16_t>;
struct SeenAt {
  Instant at;
  wire::MacAddress mac;  // zero: the link has none
};
using Seen = std::map<Key, std::vector<SeenAt>>;

/// No router forwards an advert: what came from two MAC addresses is not one packet, however alike
/// the two are (routers of two networks made from one mould).
bool may_be_one(const SeenAt& a, const SeenAt& b) {
  const wire::MacAddress none{};
  return a.mac == none || b.mac == none || a.mac == b.mac;
}

std::vector<Seen> seen_at_taps(const evidence::Recording& recording) {
  std::vector<Seen> taps(recording.taps.size());
  std::vector<std::size_t> used(recording.taps.size());
  for (const evidence::Heartbeat& beat : recording.heartbeats) {
    const wire::VrrpPacket& packet = beat.packet;
    if (used[beat.tap] == kMostAdverts) continue;
    if (packet.ip_id == 0 || packet.decoded.defect != wire::VrrpDefect::None) continue;
    const wire::Advertisement& advert = packet.decoded.advertisement;
    taps[beat.tap][Key{packet.source, advert.vrid, advert.version, advert.priority, packet.ip_id}]
        .push_back({beat.at, packet.source_mac});
    ++used[beat.tap];
  }
  return taps;
}

struct Lag {
  Duration median{0};
  Duration spread{0};
};

/// Sorted votes from `from` on that lie within the window.
std::span<const Duration> together(std::span<const Duration> votes, std::size_t from) {
  const auto end = std::upper_bound(votes.begin() + static_cast<std::ptrdiff_t>(from), votes.end(),
                                    votes[from] + kWindow);
  return votes.subspan(from, static_cast<std::size_t>(end - votes.begin()) - from);
}

/// How much later `b` stamps the adverts that `a` saw as well; nothing when it is not clear.
std::optional<Lag> lag_between(const Seen& a, const Seen& b) {
  std::vector<Duration> votes;
  for (const auto& [key, times] : a) {
    const auto there = b.find(key);
    if (there == b.end() || times.size() > kMostRepeats || there->second.size() > kMostRepeats) {
      continue;
    }
    for (const SeenAt& x : times) {
      for (const SeenAt& y : there->second) {
        if (may_be_one(x, y)) votes.push_back(y.at - x.at);
      }
    }
  }
  std::sort(votes.begin(), votes.end());
  std::span<const Duration> best;
  for (std::size_t i = 0; i < votes.size(); ++i) {
    const auto here = together(votes, i);
    if (here.size() > best.size()) best = here;
  }
  if (best.size() < kFewestVotes) return std::nullopt;
  for (std::size_t i = 0; i < votes.size(); ++i) {
    const auto other = together(votes, i);
    const bool apart = other.back() < best.front() || other.front() > best.back();
    if (apart && other.size() * 2 > best.size()) return std::nullopt;
  }
  return Lag{best[best.size() / 2], best.back() - best.front()};
}

void find_spans(const evidence::Recording& recording, std::vector<TapClock>& clocks) {
  std::vector<bool> seen(clocks.size());
  const auto see = [&](evidence::TapId tap, Instant raw) {
    const Instant at = raw - clocks[tap].ahead;
    clocks[tap].first = seen[tap] ? std::min(clocks[tap].first, at) : at;
    clocks[tap].last = seen[tap] ? std::max(clocks[tap].last, at) : at;
    seen[tap] = true;
  };
  for (const evidence::Heartbeat& beat : recording.heartbeats) see(beat.tap, beat.at);
  for (const evidence::ArpSeen& arp : recording.arps) see(arp.tap, arp.at);
  for (std::size_t i = 0; i < recording.taps.size(); ++i) {
    const evidence::Tap& tap = recording.taps[i];
    if (tap.end == Instant{}) continue;
    see(static_cast<evidence::TapId>(i), tap.begin);
    see(static_cast<evidence::TapId>(i), tap.end);
  }
}

}  // namespace

std::vector<TapClock> tap_clocks(const evidence::Recording& recording) {
  std::vector<TapClock> clocks(recording.taps.size());
  if (!recording.clock.empty() || recording.has_host_evidence) return clocks;
  const std::vector<Seen> seen =
      clocks.size() > 1 ? seen_at_taps(recording) : std::vector<Seen>(clocks.size());
  for (std::size_t i = 0; i < clocks.size(); ++i) {
    clocks[i].capture = true;
  }
  // By the first one that saw adverts: nothing can be matched with one that saw none.
  const auto base =
      std::find_if(seen.begin(), seen.end(), [](const Seen& s) { return !s.empty(); });
  for (std::size_t i = 0; i < clocks.size(); ++i) {
    clocks[i].known = i == 0 || seen.begin() + static_cast<std::ptrdiff_t>(i) == base;
  }
  // A tap that shares no adverts with the first may share some with one that is placed already.
  for (bool again = true; again;) {
    again = false;
    for (std::size_t i = 0; i < clocks.size(); ++i) {
      for (std::size_t j = 0; j < clocks.size() && !clocks[i].known; ++j) {
        const auto lag = clocks[j].known ? lag_between(seen[j], seen[i]) : std::nullopt;
        if (!lag) continue;
        const Duration ahead = clocks[j].measured + lag->median;
        if (std::chrono::abs(ahead) > kFurthest) continue;
        clocks[i].measured = ahead;
        clocks[i].ahead = std::chrono::abs(ahead) > kNegligible ? ahead : Duration{0};
        clocks[i].error = clocks[j].error + lag->spread;
        clocks[i].known = again = true;
      }
    }
  }
  find_spans(recording, clocks);
  return clocks;
}

}  // namespace alibi::investigate
