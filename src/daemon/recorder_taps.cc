// SPDX-License-Identifier: Apache-2.0
// Counts: `totals` since the start, Tap's own for what is in the window. Kernel drops happen when
// the ring is full, so they lie after the frames that were in it: the next frame tells of them.
#include "daemon/recorder_taps.h"

#include <net/if.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "os/namespaces.h"

namespace alibi::daemon {

Result<os::PacketRing> RecorderTaps::open_ring(const Port& port) const {
  Result<os::PacketRing> ring = fail("not opened");
  const auto entered =
      os::inside_network_namespace(namespaces_[port.netns].fd, [&]() -> Result<void> {
        ring = os::PacketRing::open(port.spec.interface, filter_);
        return {};
      });
  if (!entered) return tl::unexpected(entered.error());
  return ring;
}

Result<RecorderTaps> RecorderTaps::open(const std::vector<TapSpec>& specs) {
  RecorderTaps taps;
  auto filter = os::compile_filter(os::heartbeat_expression(), os::PacketRing::kSnapLength);
  if (!filter) return tl::unexpected(filter.error());
  taps.filter_ = std::move(*filter);
  for (const TapSpec& spec : specs) {
    auto netns = os::open_network_namespace(spec.netns);
    if (!netns) return tl::unexpected(netns.error());
    const auto inode = os::namespace_inode(*netns);
    if (!inode) return tl::unexpected(inode.error());
    auto known = std::find_if(taps.namespaces_.begin(), taps.namespaces_.end(),
                              [&](const Namespace& ns) { return ns.inode == *inode; });
    if (known == taps.namespaces_.end()) {
      taps.namespaces_.push_back({*inode, std::move(*netns), spec.netns});
      known = taps.namespaces_.end() - 1;
    }
    Port port;
    port.spec = spec;
    port.netns = static_cast<std::size_t>(known - taps.namespaces_.begin());
    auto ring = taps.open_ring(port);
    if (!ring && ring.error().os_errno == EPERM) {
      taps.losses_.push_back({"tap " + spec.label, 0, ring.error().message});
      ring = os::PacketRing();
    }
    if (!ring)
      return fail("tap " + spec.label + ": " + ring.error().message, ring.error().os_errno);
    evidence::Tap tap;
    tap.label = spec.label;
    tap.host = spec.host;
    tap.netns = *inode;
    tap.interface = spec.interface;
    tap.ifindex = ring->ifindex();
    port.ring = std::move(*ring);
    taps.taps_.push_back(std::move(tap));
    taps.ports_.push_back(std::move(port));
    taps.totals_.emplace_back();
  }
  return taps;
}

std::size_t RecorderTaps::drain(Instant now, const os::ClockOffsets& offsets,
                                RecorderLog& log) {
  std::size_t fullest = 0;
  for (std::size_t i = 0; i < ports_.size(); ++i) {
    Port& port = ports_[i];
    evidence::Tap& tap = taps_[i];
    TapTotals& total = totals_[i];
    port.ring.drain([&](const os::RingFrame& frame) {
      KeptFrame& kept = frame_;
      kept.at = offsets.monotonic(frame.realtime_ns, last_drain_, now);
      kept.realtime_ns = frame.realtime_ns;
      kept.tap = static_cast<evidence::TapId>(i);
      kept.direction = frame.outgoing ? evidence::Direction::Out : evidence::Direction::In;
      kept.original_length = frame.original_length;
      kept.dropped_before = std::exchange(port.pending_drops, 0);
      kept.bytes.assign(frame.bytes.begin(), frame.bytes.end());
      log.add_frame(kept);
      ++total.written;
      ++tap.written;
    });
    fullest = std::max<std::size_t>(fullest, port.ring.counts().read - port.booked.read);
    const std::uint64_t dropped = port.ring.counts().dropped - port.booked.dropped;
    port.booked = port.ring.counts();
    port.pending_drops += dropped;
    total.dropped += dropped;
    tap.dropped += dropped;
    // What still waits in the ring is neither written nor dropped yet, and so not counted yet;
    // disagreements() compares with the kernel's own count at the end.
    total.received = total.written + total.dropped;
    tap.received = tap.written + tap.dropped;
  }
  last_drain_ = now;
  return fullest;
}

void RecorderTaps::forget(evidence::TapId id, const PackedFrames::TapShare& share, bool memory) {
  evidence::Tap& tap = taps_[id];
  tap.written -= share.frames;
  (memory ? totals_[id].evicted : totals_[id].aged) += share.frames;
  if (memory) {
    tap.dropped += share.frames;
  } else {
    tap.dropped -= std::min(tap.dropped, share.dropped_before);
    tap.received = tap.written + tap.dropped;
  }
}

void RecorderTaps::stop() {
  for (Port& port : ports_) port.ring.stop();
}

void RecorderTaps::reopen_lost() {
  for (std::size_t i = 0; i < ports_.size(); ++i) {
    Port& port = ports_[i];
    const int error = port.ring.take_error();
    if (error == ENODEV || error == ENETDOWN) port.lost = true;
    if (!port.lost) continue;
    unsigned index = 0;
    const auto looked = os::inside_network_namespace(namespaces_[port.netns].fd, [&] {
      index = if_nametoindex(port.spec.interface.c_str());
      return Result<void>();
    });
    if (!looked || index == 0) continue;
    // The same interface that was only down is still bound; a new one of that name is not.
    if (static_cast<int>(index) == port.ring.ifindex()) {
      port.lost = false;
      continue;
    }
    auto ring = open_ring(port);
    if (!ring) continue;
    port.before_received += port.ring.counts().received;
    port.ring = std::move(*ring);
    port.booked = {};
    taps_[i].ifindex = port.ring.ifindex();
    port.lost = false;
  }
}

std::vector<int> RecorderTaps::fds() const {
  std::vector<int> fds;
  for (const Port& port : ports_) fds.push_back(port.ring.fd());
  return fds;
}

std::vector<evidence::SourceLoss> RecorderTaps::disagreements() const {
  std::vector<evidence::SourceLoss> found;
  for (std::size_t i = 0; i < ports_.size(); ++i) {
    const std::uint64_t kernel = ports_[i].before_received + ports_[i].ring.counts().received;
    if (kernel == totals_[i].received) continue;
    const std::uint64_t missing =
        kernel > totals_[i].received ? kernel - totals_[i].received : 0;
    found.push_back({"tap " + taps_[i].label, missing,
                     "the kernel passed " + std::to_string(kernel) + " frames, " +
                         std::to_string(totals_[i].received) + " were seen"});
  }
  return found;
}

}  // namespace alibi::daemon
