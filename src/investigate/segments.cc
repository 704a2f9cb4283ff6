// SPDX-License-Identifier: Apache-2.0
#include "investigate/segments.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <utility>

namespace alibi::investigate {
namespace {

/// RFC 3927 section 2.1, RFC 4291 section 2.5.6.
bool link_local(const wire::IpAddress& a) {
  if (a.family == wire::Family::V4) return a.bytes[0] == 169 && a.bytes[1] == 254;
  return a.bytes[0] == 0xfe && (a.bytes[1] & 0xc0U) == 0x80;
}

bool seen_together(const TapBeats& a, const TapBeats& b) {
  return std::any_of(a.networks.begin(), a.networks.end(),
                     [&](std::uint64_t network) { return b.networks.count(network) != 0; });
}

/// How sure it is that two streams are of one segment.
enum class Bond : std::uint8_t { None, Address, Tap };

Bond bond(const Stream& a, const Stream& b) {
  if (a.source == b.source) return Bond::None;
  bool common_tap = false;
  for (const TapBeats& beats : a.taps) {
    const TapBeats* there = b.at_tap(beats.tap);
    if (there == nullptr || beats.mixed) continue;  // which interfaces they were at is not known
    if (seen_together(beats, *there)) return Bond::Tap;
    common_tap = true;
  }
  if (common_tap) return Bond::None;  // where both were seen they were in different networks
  const bool common_address =
      std::any_of(a.addresses.begin(), a.addresses.end(), [&](const auto& address) {
        return !link_local(address) &&
               std::binary_search(b.addresses.begin(), b.addresses.end(), address);
      });
  return common_address ? Bond::Address : Bond::None;
}

/// Streams by segment: the number of the first stream in it.
class Segments {
 public:
  explicit Segments(const std::vector<Stream>& streams) : streams_(streams), of_(streams.size()) {
    std::iota(of_.begin(), of_.end(), std::size_t{0});
  }
  std::size_t operator[](std::size_t stream) const { return of_[stream]; }
  void join(std::size_t a, std::size_t b) {
    const std::size_t first = std::min(of_[a], of_[b]);
    const std::size_t second = std::max(of_[a], of_[b]);
    std::replace(of_.begin(), of_.end(), second, first);
  }
  /// Two streams of one source are in it.
  bool doubled(std::size_t segment) const {
    std::set<wire::IpAddress> sources;
    for (std::size_t i = 0; i < of_.size(); ++i) {
      if (of_[i] == segment && !sources.insert(streams_[i].source).second) return true;
    }
    return false;
  }

 private:
  const std::vector<Stream>& streams_;
  std::vector<std::size_t> of_;
};

}  // namespace

std::vector<std::vector<Stream>> segments_of(const std::vector<Stream>& streams) {
  std::vector<std::pair<std::size_t, std::size_t>> by_tap;
  std::vector<std::pair<std::size_t, std::size_t>> by_address;
  for (std::size_t i = 0; i < streams.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const Bond why = bond(streams[i], streams[j]);
      if (why == Bond::Tap) by_tap.emplace_back(j, i);
      if (why == Bond::Address) by_address.emplace_back(j, i);
    }
  }
  Segments segment(streams);
  for (const auto& [a, b] : by_tap) {
    if (segment[a] == segment[b]) continue;
    Segments trial = segment;
    trial.join(a, b);
    if (!trial.doubled(trial[a])) segment.join(a, b);
  }
  Segments wide = segment;
  for (const auto& [a, b] : by_address) wide.join(a, b);
  std::map<std::size_t, bool> doubled;
  for (const auto& [a, b] : by_address) {
    const auto [known, fresh] = doubled.emplace(wide[a], false);
    if (fresh) known->second = wide.doubled(wide[a]);
    if (!known->second) segment.join(a, b);
  }
  std::vector<std::vector<Stream>> out;
  for (std::size_t s = 0; s < streams.size(); ++s) {
    std::vector<Stream> members;
    for (std::size_t i = 0; i < streams.size(); ++i) {
      if (segment[i] == s) members.push_back(streams[i]);
    }
    if (!members.empty()) out.push_back(std::move(members));
  }
  return out;
}

}  // namespace alibi::investigate
