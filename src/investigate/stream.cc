// SPDX-License-Identifier: Apache-2.0
// Sorts heartbeats into streams and puts each stream's taps in the order the packets pass them.
#include "investigate/stream.h"

#include <algorithm>
#include <set>
#include <utility>

#include "investigate/networks.h"

namespace alibi::investigate {
namespace {

/// The same packet again, by its identification.
bool duplicate(const Beat& first, const Beat& second) {
  constexpr Duration kAtOnce = 5ms;
  if (first.priority != second.priority || first.ip_id != second.ip_id) return false;
  // Some senders give every packet the same identification: the next advert is no duplicate.
  return second.at - first.at < (first.ip_id != 0 ? first.interval / 2 : kAtOnce);
}

void drop_second_passage(std::vector<Beat>& beats) {
  constexpr std::size_t kBack = 4;  // how far a duplicate may be overtaken
  std::vector<Beat> kept;
  std::uint64_t lost = 0;  // before a beat that is left out
  for (const Beat& beat : beats) {
    const std::size_t back = std::min(kept.size(), kBack);
    if (seen_already(std::span(kept).last(back), beat)) {
      lost += beat.dropped_before;
      continue;
    }
    kept.push_back(beat);
    kept.back().dropped_before += std::exchange(lost, 0);
  }
  beats = std::move(kept);
}

/// Median of (time at b - time at a) over adverts that both saw, each matched to the nearest.
Duration median_lag(const TapBeats& a, const TapBeats& b, Duration interval) {
  std::vector<Duration> lags;
  std::size_t j = 0;
  for (const Beat& beat : a.beats) {
    while (j + 1 < b.beats.size() && std::chrono::abs(b.beats[j + 1].at - beat.at) <=
                                         std::chrono::abs(b.beats[j].at - beat.at)) {
      ++j;
    }
    const Duration lag = b.beats[j].at - beat.at;
    if (std::chrono::abs(lag) < interval / 2) lags.push_back(lag);
  }
  return median(std::move(lags));
}

/// Taps are recorded in path order; a stream that comes from the far side runs against it. Of three
/// routers one stands in the middle: its own tap sees its adverts on their way out, before any
/// other.
void order_from_sender(Stream& stream) {
  if (stream.taps.size() < 2) return;
  if (median_lag(stream.taps.front(), stream.taps.back(), stream.interval) < Duration{0}) {
    std::reverse(stream.taps.begin(), stream.taps.end());
  }
  auto first = stream.taps.begin();
  if (first->beats.back().direction != evidence::Direction::In) return;
  Duration earliest{0};
  for (auto tap = stream.taps.begin() + 1; tap != stream.taps.end(); ++tap) {
    if (tap->beats.back().direction != evidence::Direction::Out) continue;
    const Duration lag = median_lag(stream.taps.front(), *tap, stream.interval);
    if (lag >= earliest) continue;
    earliest = lag;
    first = tap;
  }
  if (first != stream.taps.begin()) std::rotate(stream.taps.begin(), first, first + 1);
}

/// The advertised interval, unless the packets plainly come less often (a v2 router that
/// advertises 1 s and sends every 10 s would otherwise look ever late); the shortest, where what is
/// advertised changed.
Duration learn_intervals(std::vector<Beat>& beats) {
  constexpr std::size_t kEnoughToLearn = 8;
  Duration shortest = Duration::max();
  std::vector<Duration> seen;
  std::size_t first = 0;
  for (std::size_t i = 0; i < beats.size(); ++i) {
    const Duration claimed = beats[i].interval;
    const bool last = i + 1 == beats.size();
    if (!last) seen.push_back(beats[i + 1].at - beats[i].at);
    if (!last && beats[i + 1].interval == claimed) continue;
    const std::size_t count = seen.size();
    const Duration usual = median(std::exchange(seen, {}));
    const bool slower = count >= kEnoughToLearn && usual > claimed + claimed / 2;
    const Duration interval = slower ? usual : claimed;
    for (; first <= i; ++first) beats[first].interval = interval;
    shortest = std::min(shortest, interval);
  }
  return shortest;
}

/// Of the tap that saw most.
Duration learned_interval(Stream& stream) {
  std::size_t most = 0;
  Duration interval{0};
  for (TapBeats& tap : stream.taps) {
    const Duration here = learn_intervals(tap.beats);
    if (tap.beats.size() <= most) continue;
    most = tap.beats.size();
    interval = here;
  }
  return interval;
}

/// What one tap saw of a source in one network.
struct Seen {
  std::vector<Beat> beats;
  wire::MacAddress mac;  // of the first
  std::set<wire::MacAddress> macs;
  std::set<wire::IpAddress> addresses;
};
using Source = std::map<std::pair<evidence::TapId, std::uint64_t>, Seen>;

Strand strand_of(const Source::value_type& seen, const TapClock& clock) {
  Strand strand;
  strand.tap = seen.first.first;
  strand.network = seen.first.second;
  strand.macs = seen.second.macs;
  strand.clock_error = clock.error;
  const std::vector<Beat>& beats = seen.second.beats;
  strand.direction = beats.front().direction;
  for (const Beat& beat : beats) {
    if (beat.direction != strand.direction) strand.direction = evidence::Direction::Unknown;
    if (strand.adverts.size() == kMostAdverts) break;
    strand.adverts.push_back({beat.at, beat.content, beat.ip_id});
  }
  return strand;
}

std::string place_text(const evidence::Recording& recording, const Stream& stream) {
  const std::string network = wire::network_text(stream.network());
  return (network.empty() ? "no VLAN" : network) + " at tap " +
         recording.taps[stream.origin().tap].label;
}

void say_undecided(const evidence::Recording& recording, std::span<Stream> streams,
                   const std::vector<std::pair<std::size_t, std::size_t>>& pairs) {
  for (const auto& [a, b] : pairs) {
    const std::string line = "whether " + place_text(recording, streams[a]) + " and " +
                             place_text(recording, streams[b]) +
                             " are one network: both have a sender " + streams[a].source.text() +
                             ", and no packets that can be told apart pass both";
    streams[a].undecided.push_back(line);
    streams[b].undecided.push_back(line);
  }
}

/// Does a router run where the first tap is, from where the adverts went out?
bool is_watched(const evidence::Recording& recording, const Stream& stream) {
  const std::uint64_t netns = recording.taps[stream.origin().tap].netns;
  if (!recording.has_host_evidence || netns == 0) return false;
  if (stream.origin().beats.back().direction != evidence::Direction::Out) return false;
  return std::any_of(recording.events.begin(), recording.events.end(),
                     [&](const evidence::Event& event) {
                       const auto* found = std::get_if<evidence::ProcessFound>(&event.fact);
                       return found != nullptr && found->netns == netns &&
                              found->role == evidence::ProcessFound::Role::Heartbeat;
                     });
}

/// `plain`: router and source, which all streams of `source` have.
void add_streams(const evidence::Recording& recording, std::span<const TapClock> clocks,
                 const Stream& plain, Source& source, std::vector<Stream>& out) {
  std::vector<Strand> strands;
  std::vector<Source::value_type*> parts;
  for (auto& part : source) {
    auto& beats = part.second.beats;
    std::stable_sort(beats.begin(), beats.end(),
                     [](const Beat& a, const Beat& b) { return a.at < b.at; });
    strands.push_back(strand_of(part, clocks[part.first.first]));
    parts.push_back(&part);
  }
  const Networks networks = join_networks(strands);
  const std::size_t first = out.size();
  for (const std::vector<std::size_t>& members : networks.streams) {
    Stream stream = plain;
    stream.source_mac = parts[members.front()]->second.mac;
    std::set<wire::IpAddress> addresses;
    for (const std::size_t member : members) {
      auto& [where, seen] = *parts[member];
      addresses.merge(seen.addresses);
      if (stream.taps.empty() || stream.taps.back().tap != where.first) {
        stream.taps.push_back(TapBeats{where.first, {}, clocks[where.first]});
        stream.taps.back().mixed = recording.taps[where.first].mixed;
      }
      TapBeats& tap = stream.taps.back();
      tap.networks.insert(where.second);
      tap.beats.insert(tap.beats.end(), seen.beats.begin(), seen.beats.end());
    }
    for (TapBeats& tap : stream.taps) {
      std::stable_sort(tap.beats.begin(), tap.beats.end(),
                       [](const Beat& a, const Beat& b) { return a.at < b.at; });
      drop_second_passage(tap.beats);
    }
    stream.addresses.assign(addresses.begin(), addresses.end());
    stream.interval = learned_interval(stream);
    order_from_sender(stream);
    stream.watched = is_watched(recording, stream);
    out.push_back(std::move(stream));
  }
  say_undecided(recording, std::span(out).subspan(first), networks.undecided);
}

}  // namespace

Duration median(std::vector<Duration> values) {
  if (values.empty()) return Duration{0};
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

bool seen_already(std::span<const Beat> recent, const Beat& beat) {
  using evidence::Direction;
  constexpr Duration kPassage = 50ms;
  if (recent.empty()) return false;
  const Beat& last = recent.back();
  // A port through which a tunnel comes in and goes out again: the second is on its way on.
  const bool again = beat.at - last.at < kPassage && beat.direction != last.direction &&
                     beat.direction != Direction::Unknown && last.direction != Direction::Unknown &&
                     beat.priority == last.priority;
  return again || std::any_of(recent.begin(), recent.end(),
                              [&](const Beat& before) { return duplicate(before, beat); });
}

const TapBeats* Stream::at_tap(evidence::TapId tap) const {
  for (const TapBeats& beats : taps) {
    if (beats.tap == tap) return &beats;
  }
  return nullptr;
}

const Beat* Stream::last_until(const TapBeats& tap_beats, Instant t) {
  const auto it = std::upper_bound(tap_beats.beats.begin(), tap_beats.beats.end(), t,
                                   [](Instant value, const Beat& b) { return value < b.at; });
  return it == tap_beats.beats.begin() ? nullptr : &*(it - 1);
}

const Beat* Stream::first_after(const TapBeats& tap_beats, Instant t) {
  const auto it = std::upper_bound(tap_beats.beats.begin(), tap_beats.beats.end(), t,
                                   [](Instant value, const Beat& b) { return value < b.at; });
  return it == tap_beats.beats.end() ? nullptr : &*it;
}

Duration skew_time(const RouterKey& router, Priority priority, Duration interval) {
  const Duration unit = router.version == 2 ? Duration(1s) : interval;
  return unit * (256 - priority.value) / 256;
}

Duration master_down_interval(const RouterKey& router, Priority priority, Duration interval) {
  return 3 * interval + skew_time(router, priority, interval);
}

std::uint64_t Stream::network() const {
  for (const TapBeats& tap : taps) {
    for (const std::uint64_t network : tap.networks) {
      if (network != 0) return network;
    }
  }
  return 0;
}

std::map<RouterKey, std::vector<Stream>> streams_of(const evidence::Recording& recording) {
  std::map<RouterKey, std::map<wire::IpAddress, Source>> sorted;
  const std::vector<TapClock> clocks = tap_clocks(recording);
  for (const evidence::Heartbeat& heartbeat : recording.heartbeats) {
    const wire::VrrpDecoded& decoded = heartbeat.packet.decoded;
    if (decoded.defect != wire::VrrpDefect::None) continue;
    const wire::Advertisement& advert = decoded.advertisement;
    const RouterKey key{advert.vrid, heartbeat.packet.source.family, advert.version};
    Seen& seen = sorted[key][heartbeat.packet.source][{heartbeat.tap, heartbeat.packet.network}];
    if (seen.beats.empty()) seen.mac = heartbeat.packet.source_mac;
    if (heartbeat.packet.source_mac != wire::MacAddress{}) {
      seen.macs.insert(heartbeat.packet.source_mac);
    }
    seen.addresses.insert(advert.addresses.begin(), advert.addresses.end());
    seen.beats.push_back(Beat{heartbeat.at - clocks[heartbeat.tap].ahead, advert.priority,
                              advert.interval, heartbeat.direction, heartbeat.dropped_before,
                              heartbeat.packet_number, heartbeat.packet.ip_id, 0,
                              heartbeat.absent_before, content_of(advert)});
  }
  std::map<RouterKey, std::vector<Stream>> result;
  for (auto& [key, sources] : sorted) {
    std::vector<Stream>& streams = result[key];
    for (auto& [address, source] : sources) {
      add_streams(recording, clocks, Stream{key, address, {}, {}}, source, streams);
    }
    std::sort(streams.begin(), streams.end(), [](const Stream& a, const Stream& b) {
      return a.origin().beats.front().at < b.origin().beats.front().at;
    });
  }
  return result;
}

}  // namespace alibi::investigate
