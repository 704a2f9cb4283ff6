// SPDX-License-Identifier: Apache-2.0
#include "evidence/capture_pieces.h"

#include <algorithm>
#include <cctype>

#include "evidence/block_source.h"
#include "evidence/ticks.h"

namespace alibi::evidence {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

/// The path without what rotation changes in it: a number at the end, long numbers (counters of
/// dumpcap, dates) and what stands between those, and what compressed it.
std::string stem(const std::string& path) {
  constexpr std::size_t kLongNumber = 4;
  std::string name = path;
  for (const std::string packed : {".gz", ".zst"}) {
    const bool ends = name.size() > packed.size() &&
                      name.compare(name.size() - packed.size(), packed.size(), packed) == 0;
    if (ends) name.resize(name.size() - packed.size());
  }
  const auto digit = [](unsigned char c) { return std::isdigit(c) != 0; };
  std::string out;
  for (auto at = name.begin(); at != name.end();) {
    const auto end = std::find_if_not(at, name.end(), digit);
    const auto length = static_cast<std::size_t>(end - at);
    if (length < kLongNumber && end != name.end()) out.append(at, end);
    at = end;
    if (at != name.end()) out += *at++;
  }
  std::erase_if(out, [](char c) { return c == '_' || c == '-' || c == ':'; });
  return out;
}

std::size_t common_prefix(const std::string& a, const std::string& b) {
  const auto differ = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  return static_cast<std::size_t>(differ.first - a.begin());
}

bool share_a_router(const CaptureHead& a, const CaptureHead& b) {
  return std::any_of(a.routers.begin(), a.routers.end(),
                     [&](std::uint32_t router) { return b.routers.count(router) != 0; });
}

/// A source is this host's own in the one, and another's in the other.
bool other_station(const CaptureHead& a, const CaptureHead& b) {
  return std::any_of(a.ways.begin(), a.ways.end(), [&](const auto& way) {
    const auto there = b.ways.find(way.first);
    return there != b.ways.end() && there->second != way.second &&
           there->second != Direction::Unknown && way.second != Direction::Unknown;
  });
}

bool named(const CaptureHead& head) {
  return !head.interfaces.empty() &&
         std::all_of(head.interfaces.begin(), head.interfaces.end(),
                     [](const auto& interface) { return !interface.name.empty(); });
}

bool goes_on(const PieceChain& chain, const CaptureHead& head, Continuation& out) {
  constexpr std::int64_t kOverlap = kSecond / 20;  // of several queues
  constexpr std::int64_t kManyPackets = 20;
  if (head.interfaces != chain.all.interfaces || other_station(chain.all, head)) return false;
  const std::int64_t overlap = head.interfaces.size() > 1 ? kSecond : kOverlap;
  const auto begins_after = [&](std::int64_t ahead) {
    out.clock_set_ns = ahead;
    out.between_ns = minus(minus(*head.first_ns, ahead), chain.last_ns);
    return out.between_ns >= -overlap;
  };
  const std::int64_t ahead = head.clock_offset && chain.all.clock_offset
                                 ? minus(*head.clock_offset, *chain.all.clock_offset)
                                 : 0;
  // After a start of the machine the offsets are of another monotonic clock.
  if (!begins_after(ahead) && (ahead == 0 || !begins_after(0))) return false;
  const bool shared = share_a_router(chain.all, head);
  const bool nothing_heard = chain.all.routers.empty() || head.routers.empty();
  if (!shared && !nothing_heard) return false;
  const auto frames =
      static_cast<std::int64_t>(std::clamp<std::uint64_t>(chain.frames, 1, 1U << 30U));
  const std::int64_t apart = minus(chain.last_ns, chain.first_ns) / frames;
  out.unseen_between = out.between_ns / kManyPackets > std::max(apart, kSecond / kManyPackets);
  if (!out.unseen_between) return true;
  return shared && (named(head) || stem(head.path) == stem(chain.all.path));
}

}  // namespace

// Packet type 4 of the cooked headers is PACKET_OUTGOING.
// Protocol (2), reserved (2), interface index (4), ...
std::uint32_t port_of(const CapturedFrame& frame) {
  if (frame.link_type != wire::LinkType::LinuxSll2 || frame.bytes.size() < 20) return 0;
  std::uint32_t out = 0;
  for (std::size_t i = 4; i < 8; ++i) out = out << 8U | frame.bytes[i];
  return out;
}

Direction direction_of(const CapturedFrame& frame) {
  using wire::LinkType;
  constexpr std::uint8_t kOutgoing = 4;
  if (frame.direction != Direction::Unknown) return frame.direction;
  std::optional<std::uint8_t> type;
  if (frame.link_type == LinkType::LinuxSll && frame.bytes.size() >= 16) type = frame.bytes[1];
  if (frame.link_type == LinkType::LinuxSll2 && frame.bytes.size() >= 20) type = frame.bytes[10];
  if (!type) return Direction::Unknown;
  return *type == kOutgoing ? Direction::Out : Direction::In;
}

void CaptureHead::hear(const wire::VrrpPacket& packet, Direction direction) {
  if (packet.decoded.defect != wire::VrrpDefect::None) return;
  const wire::Advertisement& advert = packet.decoded.advertisement;
  const unsigned family = packet.source.family == wire::Family::V4 ? 4 : 6;
  routers.insert(static_cast<std::uint32_t>(advert.vrid.value << 16U | advert.version << 8U) |
                 family);
  constexpr std::size_t kMostSources = 65'536;
  if (ways.size() == kMostSources) return;
  const auto [way, fresh] = ways.emplace(packet.source, direction);
  if (!fresh && way->second != direction) way->second = Direction::Unknown;
}

std::optional<CaptureHead> read_head(const std::string& path) {
  constexpr std::size_t kHead = 256U << 10U;
  if (path == "-") return std::nullopt;
  auto source = BlockSource::open(path);
  if (!source) return std::nullopt;
  const std::span<const std::uint8_t> octets = source->peek(kHead);
  CaptureHead head;
  head.path = path;
  const auto summary = read_capture_bytes(
      octets.first(std::min(octets.size(), kHead)), path, wire::Interest::Heartbeats,
      [&](const CapturedFrame& frame) {
        const wire::Frame decoded = wire::decode_frame(frame.bytes, frame.link_type);
        if (decoded.vrrp) head.hear(*decoded.vrrp, direction_of(frame));
      });
  if (!summary) return std::nullopt;
  for (const CaptureInterface& interface : summary->interfaces) {
    head.interfaces.push_back({interface.name, interface.link_type});
    if (!interface.timed) continue;
    head.first_ns = std::min(head.first_ns.value_or(INT64_MAX), interface.first_ns);
  }
  if (!summary->interfaces.empty()) head.clock_offset = summary->interfaces.front().clock_offset;
  return head;
}

Continuation find_chain(std::span<const PieceChain> chains, const CaptureHead& head) {
  std::vector<std::pair<std::size_t, Continuation>> found;
  if (!head.first_ns) return {};
  for (std::size_t i = 0; i < chains.size(); ++i) {
    Continuation one;
    if (!goes_on(chains[i], head, one)) continue;
    one.chain = i;
    found.emplace_back(common_prefix(stem(head.path), stem(chains[i].all.path)), one);
  }
  if (found.empty()) return {};
  std::stable_sort(found.begin(), found.end(), [&](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first
                              : a.second.unseen_between < b.second.unseen_between;
  });
  const bool clear = found.size() == 1 || found[1].first < found[0].first ||
                     found[1].second.unseen_between != found[0].second.unseen_between;
  if (clear) return found.front().second;
  Continuation unclear;
  for (const auto& [prefix, one] : found) unclear.rivals.push_back(*one.chain);
  return unclear;
}

}  // namespace alibi::evidence
