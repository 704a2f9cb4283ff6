// SPDX-License-Identifier: Apache-2.0
#include "investigate/segments.h"

#include <algorithm>
#include <numeric>

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

bool joined(const Stream& a, const Stream& b) {
  bool common_tap = false;
  for (const TapBeats& beats : a.taps) {
    const TapBeats* there = b.at_tap(beats.tap);
    if (there == nullptr) continue;
    if (seen_together(beats, *there)) return true;
    common_tap = true;
  }
  if (common_tap) return false;  // where both were seen they were in different networks
  return std::any_of(a.addresses.begin(), a.addresses.end(), [&](const auto& address) {
    return !link_local(address) &&
           std::binary_search(b.addresses.begin(), b.addresses.end(), address);
  });
}

}  // namespace

std::vector<std::vector<Stream>> segments_of(const std::vector<Stream>& streams) {
  std::vector<std::size_t> segment(streams.size());
  std::iota(segment.begin(), segment.end(), 0U);
  for (std::size_t i = 0; i < streams.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (segment[i] == segment[j] || !joined(streams[i], streams[j])) continue;
      std::replace(segment.begin(), segment.end(), segment[i], segment[j]);
    }
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
