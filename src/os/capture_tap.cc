// SPDX-License-Identifier: Apache-2.0
// Opening and reopening of taps.
#include "os/capture_tap.h"

#include <net/if.h>
#include <unistd.h>

#include <atomic>
#include <utility>

#include "os/namespaces.h"

namespace alibi::os {
namespace {

constexpr Duration kBetweenLooks = 200ms;

/// "netns:NAME/IF"; a NAME that is a path has slashes of its own.
Result<std::pair<std::string, std::string>> split_name(const std::string& name) {
  const std::string prefix = "netns:";
  if (!name.starts_with(prefix)) return std::pair{std::string(), name};
  const std::size_t slash = name.rfind('/');
  if (slash == std::string::npos || slash <= prefix.size() || slash + 1 == name.size())
    return fail(name + ": expected netns:NAME/INTERFACE");
  return std::pair{name.substr(prefix.size(), slash - prefix.size()), name.substr(slash + 1)};
}

std::uint16_t new_fanout_group() {
  static std::atomic<unsigned> count{0};
  return static_cast<std::uint16_t>(static_cast<unsigned>(getpid()) * 7U + count++);
}

}  // namespace

Result<void> CaptureTap::open_rings() {
  request_.filter.interface = interface_;
  return inside_network_namespace(netns_, [this]() -> Result<void> {
    const auto filter = live_filter(request_.filter);
    if (!filter) return tl::unexpected(filter.error());
    if (!rings_.empty() || (link_type_ != 0 && filter->link_type != link_type_))
      return fail(name() + ": came back with another link type");
    link_type_ = filter->link_type;
    ifindex_ = filter->ifindex;
    request_.ring.cooked = filter->cooked;
    request_.ring.ifindex = filter->ifindex;
    request_.ring.filter = filter->program;
    if (request_.rings > 1) request_.ring.fanout = new_fanout_group();
    std::vector<CaptureRing> rings;
    CaptureRingOptions one = request_.ring;
    one.memory /= request_.rings;
    for (unsigned i = 0; i < request_.rings; ++i) {
      auto ring = CaptureRing::open(one);
      if (!ring) return fail(name() + ": " + ring.error().message, ring.error().os_errno);
      rings.push_back(std::move(*ring));
    }
    rings_ = std::move(rings);
    return {};
  });
}

Result<CaptureTap> CaptureTap::open(const TapRequest& request) {
  CaptureTap tap;
  tap.request_ = request;
  const auto parts = split_name(request.name);
  if (!parts) return tl::unexpected(parts.error());
  tap.interface_ = parts->second;
  auto netns = open_network_namespace(parts->first);
  if (!netns) return tl::unexpected(netns.error());
  tap.netns_ = std::move(*netns);
  if (auto opened = tap.open_rings(); !opened) return tl::unexpected(opened.error());
  return tap;
}

std::string CaptureTap::interface_name(std::uint32_t index) const {
  char name[IF_NAMESIZE] = {};
  (void)inside_network_namespace(netns_, [&]() -> Result<void> {
    if (if_indextoname(index, name) == nullptr) name[0] = 0;
    return {};
  });
  return name;
}

CaptureCounts CaptureTap::counts() const {
  CaptureCounts sum = closed_;
  for (const CaptureRing& ring : rings_) {
    sum.received += ring.counts().received;
    sum.read += ring.counts().read;
    sum.dropped += ring.counts().dropped;
  }
  return sum;
}

std::uint64_t CaptureTap::take_untold() { return std::exchange(untold_, 0); }

std::uint64_t CaptureTap::untold() const {
  std::uint64_t sum = untold_;
  for (const CaptureRing& ring : rings_) sum += ring.untold();
  return sum;
}

bool CaptureTap::interface_is_there() const {
  bool there = false;
  (void)inside_network_namespace(netns_, [&]() -> Result<void> {
    there = static_cast<int>(if_nametoindex(interface_.c_str())) == ifindex_;
    return {};
  });
  return there;
}

TapChange CaptureTap::look(Instant now) {
  if (ifindex_ == 0) return TapChange::None;  // any: comes and goes with nothing
  if (!present()) {
    if (now < next_look_) return TapChange::None;
    next_look_ = now + kBetweenLooks;
    return open_rings() ? TapChange::Returned : TapChange::None;
  }
  if (give_up_ == kNever) {
    bool trouble = false;
    for (CaptureRing& ring : rings_) trouble |= ring.take_error() != 0;
    if (!trouble || interface_is_there()) return TapChange::None;  // down: the ring waits for it
    give_up_ = now + std::chrono::milliseconds(request_.ring.retire_ms) + kBetweenLooks;
  }
  for (CaptureRing& ring : rings_) ring.take_counts();
  const CaptureCounts all = counts();
  if (all.received != all.read + all.dropped && now < give_up_) return TapChange::None;
  give_up_ = kNever;
  for (const CaptureRing& ring : rings_) untold_ += ring.untold();
  closed_ = counts();
  rings_.clear();
  next_look_ = now + kBetweenLooks;
  return TapChange::Vanished;
}

}  // namespace alibi::os
