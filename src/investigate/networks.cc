// SPDX-License-Identifier: Apache-2.0
// Strands are joined to units in three steps, from the strongest evidence to the weakest; a step
// never undoes what the one before it found apart.
#include "investigate/networks.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <tuple>
#include <utility>

namespace alibi::investigate {
namespace {

using Pair = std::pair<std::size_t, std::size_t>;

constexpr Duration kPassage = 50ms;
constexpr std::size_t kFewestPackets = 3;
/// A packet of the same content and identification again so often at once tells nothing.
constexpr std::size_t kMostAtOnce = 64;
/// Of one network's number, or one tap: with so many of those before it a strand is compared.
constexpr std::size_t kLookBack = 64;

/// Known to be of different senders.
bool contradictory(const Strand& a, const Strand& b) {
  if (a.macs.empty() || b.macs.empty()) return false;
  return std::none_of(a.macs.begin(), a.macs.end(),
                      [&](const wire::MacAddress& mac) { return b.macs.count(mac) != 0; });
}

/// How many of a strand's adverts lie in the time in which the other one was seen, too.
std::size_t within(const Strand& a, const Strand& b) {
  const Instant begin = b.adverts.front().at - kPassage;
  const Instant end = b.adverts.back().at + kPassage;
  return static_cast<std::size_t>(
      std::count_if(a.adverts.begin(), a.adverts.end(), [&](const SeenAdvert& advert) {
        return advert.at >= begin && advert.at <= end && advert.ip_id != 0;
      }));
}

/// Pairs of strands that the same packets pass.
std::set<Pair> same_packets(std::span<const Strand> strands) {
  struct Seen {
    Instant at;
    std::size_t strand;
  };
  std::map<std::pair<std::uint32_t, std::uint16_t>, std::vector<Seen>> by_packet;
  for (std::size_t i = 0; i < strands.size(); ++i) {
    for (const SeenAdvert& advert : strands[i].adverts) {
      if (advert.ip_id == 0) continue;
      by_packet[{advert.content, advert.ip_id}].push_back({advert.at, i});
    }
  }
  struct Votes {
    std::size_t packets = 0;
    std::set<std::uint16_t> ids;  // a sender may give all of its packets one
  };
  std::map<Pair, Votes> votes;
  for (auto& [packet, seen] : by_packet) {
    std::stable_sort(seen.begin(), seen.end(),
                     [](const Seen& a, const Seen& b) { return a.at < b.at; });
    std::set<Pair> here;
    for (std::size_t i = 0; i < seen.size(); ++i) {
      for (std::size_t j = i + 1; j < std::min(seen.size(), i + kMostAtOnce); ++j) {
        const Strand& a = strands[seen[i].strand];
        const Strand& b = strands[seen[j].strand];
        if (seen[j].at - seen[i].at > kPassage + a.clock_error + b.clock_error) break;
        if (seen[i].strand != seen[j].strand)
          here.insert(std::minmax(seen[i].strand, seen[j].strand));
      }
    }
    for (const Pair& pair : here) {
      Votes& vote = votes[pair];
      ++vote.packets;
      if (vote.ids.size() < kFewestPackets) vote.ids.insert(packet.second);
    }
  }
  std::set<Pair> out;
  for (const auto& [pair, vote] : votes) {
    const Strand& a = strands[pair.first];
    const Strand& b = strands[pair.second];
    if (vote.ids.size() < kFewestPackets || contradictory(a, b)) continue;
    if (vote.packets * 2 >= std::min(within(a, b), within(b, a))) out.insert(pair);
  }
  return out;
}

/// Strands that were joined, and the taps at which they were seen.
class Units {
 public:
  explicit Units(std::span<const Strand> strands) : parent_(strands.size()) {
    std::iota(parent_.begin(), parent_.end(), std::size_t{0});
    for (const Strand& strand : strands) taps_.push_back({strand.tap});
  }
  std::size_t of(std::size_t strand) {
    while (parent_[strand] != strand) strand = parent_[strand] = parent_[parent_[strand]];
    return strand;
  }
  void join(std::size_t a, std::size_t b) {
    const Pair both(of(a), of(b));
    const std::size_t first = std::min(both.first, both.second);
    const std::size_t second = std::max(both.first, both.second);
    if (first == second) return;
    parent_[second] = first;
    taps_[first].merge(taps_[second]);
  }
  /// One after the other; where that would make two networks of a tap one, none of the cluster.
  void join_clusters(const std::set<Pair>& pairs);
  bool share_a_tap(std::size_t a, std::size_t b) {
    const auto& there = taps_[of(b)];
    const auto& here = taps_[of(a)];
    return std::any_of(here.begin(), here.end(),
                       [&](evidence::TapId tap) { return there.count(tap) != 0; });
  }

 private:
  std::vector<std::size_t> parent_;
  std::vector<std::set<evidence::TapId>> taps_;  // of the units
};

void Units::join_clusters(const std::set<Pair>& pairs) {
  Units trial = *this;
  for (const auto& [a, b] : pairs) trial.join(a, b);
  std::map<std::size_t, std::size_t> taps_in;  // of each cluster, as many times as units saw them
  for (std::size_t i = 0; i < parent_.size(); ++i) {
    if (of(i) == i) taps_in[trial.of(i)] += taps_[i].size();
  }
  for (const auto& [a, b] : pairs) {
    const std::size_t cluster = trial.of(a);
    if (taps_in[cluster] == trial.taps_[cluster].size()) join(a, b);
  }
}

/// At one port: in by one network, and out again by the other.
bool passes_through(const Strand& a, const Strand& b) {
  using evidence::Direction;
  return a.tap == b.tap && a.direction != b.direction && a.direction != Direction::Unknown &&
         b.direction != Direction::Unknown;
}

/// Of pairs of taps, those in which neither side has another one to go with; else those of one
/// network's number.
std::set<Pair> without_rivals(std::span<const Strand> strands, const std::set<Pair>& same,
                              Units& units) {
  // By strand and the other tap: the units there that could be the same.
  std::map<std::pair<std::size_t, evidence::TapId>, std::set<std::size_t>> could;
  for (const auto& [a, b] : same) {
    if (strands[a].tap == strands[b].tap) continue;
    could[{a, strands[b].tap}].insert(units.of(b));
    could[{b, strands[a].tap}].insert(units.of(a));
  }
  std::set<Pair> out;
  for (const auto& [a, b] : same) {
    if (strands[a].tap == strands[b].tap) continue;
    const bool only =
        could[{a, strands[b].tap}].size() == 1 && could[{b, strands[a].tap}].size() == 1;
    if (only || strands[a].network == strands[b].network) out.insert({a, b});
  }
  return out;
}

/// What is one network in want of packets that show it.
std::set<Pair> by_number(std::span<const Strand> strands) {
  std::map<evidence::TapId, std::size_t> at_tap;
  for (const Strand& strand : strands) ++at_tap[strand.tap];
  std::map<std::uint64_t, std::vector<std::size_t>> of_number;
  std::vector<std::size_t> alone;  // at its tap
  std::set<Pair> out;
  const auto compare = [&](std::vector<std::size_t>& before, std::size_t strand) {
    const std::size_t from = before.size() - std::min(before.size(), kLookBack);
    for (std::size_t k = from; k < before.size(); ++k) {
      const std::size_t other = before[k];
      if (strands[other].tap == strands[strand].tap) continue;
      if (!contradictory(strands[other], strands[strand])) out.insert({other, strand});
    }
    before.push_back(strand);
  };
  for (std::size_t i = 0; i < strands.size(); ++i) {
    compare(of_number[strands[i].network], i);
    if (at_tap[strands[i].tap] == 1) compare(alone, i);
  }
  return out;
}

}  // namespace

std::uint32_t content_of(const wire::Advertisement& advert) {
  std::uint32_t digest = 2166136261U;  // FNV-1a, 32 bits
  const auto add = [&](std::uint8_t octet) { digest = (digest ^ octet) * 16777619U; };
  add(advert.priority.value);
  for (unsigned shift = 0; shift < 64; shift += 8) {
    add(static_cast<std::uint8_t>(static_cast<std::uint64_t>(advert.interval.count()) >> shift));
  }
  for (const std::uint8_t octet : advert.auth_data) add(octet);
  for (const wire::IpAddress& address : advert.addresses) {
    const std::size_t size = address.family == wire::Family::V4 ? 4 : 16;
    for (std::size_t i = 0; i < size; ++i) add(address.bytes[i]);
  }
  return digest;
}

Networks join_networks(std::span<const Strand> strands) {
  Networks out;
  Units units(strands);
  if (strands.size() > 1) {
    const std::set<Pair> same = same_packets(strands);
    for (const auto& [a, b] : same) {
      if (passes_through(strands[a], strands[b])) units.join(a, b);
    }
    units.join_clusters(without_rivals(strands, same, units));
    units.join_clusters(by_number(strands));
  }
  std::map<std::size_t, std::size_t> place;
  for (std::size_t i = 0; i < strands.size(); ++i) {
    const auto [it, fresh] = place.emplace(units.of(i), out.streams.size());
    if (fresh) out.streams.emplace_back();
    out.streams[it->second].push_back(i);
  }
  for (std::size_t i = 0; i < out.streams.size(); ++i) {
    for (std::size_t j = i + 1; j < std::min(out.streams.size(), i + kLookBack); ++j) {
      const std::size_t a = out.streams[i].front();
      const std::size_t b = out.streams[j].front();
      if (!units.share_a_tap(a, b) && !contradictory(strands[a], strands[b])) {
        out.undecided.emplace_back(i, j);
      }
    }
  }
  return out;
}

}  // namespace alibi::investigate
