// SPDX-License-Identifier: Apache-2.0
// Opens the taps of -i and merges what waits in their rings.
#include "cmd/capture_taps.h"

#include <poll.h>

#include <cstdio>
#include <utility>

#include "os/capture_devices.h"

namespace alibi::cmd {
namespace {

// A block that is not full is handed over after so long. Lines want to be seen at once and use
// slots; a file can wait, and each block that is handed over early is one less for a stall.
constexpr unsigned kRetireMs = 1000;

os::TapRequest request_for(const CaptureOptions& options, const std::string& name) {
  os::TapRequest request;
  request.name = name;
  request.filter.expression = options.filter;
  request.filter.or_on_ethernet = options.ethernet_filter;
  request.filter.snap_length = options.snap_length;
  request.filter.optimize = !options.no_optimizer;
  if (options.direction == "in") request.filter.direction = os::CaptureDirection::In;
  if (options.direction == "out") request.filter.direction = os::CaptureDirection::Out;
  const bool slots = options.immediate || options.write_file.empty();
  request.ring.layout = slots ? os::RingLayout::Slots : os::RingLayout::Blocks;
  request.ring.retire_ms = slots ? 0 : kRetireMs;
  request.ring.snap_length = options.snap_length;
  if (options.buffer_kib != 0) request.ring.memory = std::size_t{options.buffer_kib} << 10U;
  request.ring.promiscuous = !options.not_promiscuous;
  request.rings = options.rings;
  return request;
}

}  // namespace

Result<CaptureTaps> CaptureTaps::open(const CaptureOptions& options) {
  CaptureTaps out;
  for (const std::string& name : options.interfaces) {
    const os::TapRequest request = request_for(options, name);
    auto tap = os::CaptureTap::open(request);
    if (!tap) return tl::unexpected(tap.error());
    out.retire_ = std::chrono::milliseconds(request.ring.retire_ms);
    out.link_types_.push_back(static_cast<wire::LinkType>(os::linktype_of_dlt(tap->link_type())));
    out.taps_.push_back(std::move(*tap));
  }
  return out;
}

void CaptureTaps::find_rings() {
  std::size_t count = 0;
  for (os::CaptureTap& tap : taps_) count += tap.rings().size();
  heads_.reserve(count);
  for (std::size_t i = 0; i < taps_.size(); ++i)
    for (os::CaptureRing& ring : taps_[i].rings()) heads_.push_back({i, &ring, {}, false});
}

bool CaptureTaps::hand_out(Head& head, const Sink& sink) {
  evidence::CapturedFrame frame;
  frame.unix_ns = head.bytes.realtime_ns;
  frame.interface = static_cast<std::uint32_t>(head.tap);
  frame.link_type = link_types_[head.tap];
  frame.original_length = head.bytes.original_length;
  frame.direction = head.bytes.outgoing ? evidence::Direction::Out : evidence::Direction::In;
  frame.dropped_before = head.bytes.dropped_before + taps_[head.tap].take_untold();
  frame.bytes = head.bytes.bytes;
  return sink(frame);
}

std::size_t CaptureTaps::drain(std::size_t at_most, const Sink& sink) {
  if (heads_.empty()) find_rings();
  std::size_t done = 0;
  while (done < at_most) {
    Head* oldest = nullptr;
    for (Head& head : heads_) {
      if (!head.waiting) head.waiting = head.ring->next(head.bytes);
      if (head.waiting && (oldest == nullptr || head.bytes.realtime_ns < oldest->bytes.realtime_ns))
        oldest = &head;
    }
    if (oldest == nullptr) break;
    oldest->waiting = false;
    ++done;
    const bool more = hand_out(*oldest, sink);
    oldest->ring->release();
    if (!more) break;
  }
  return done;
}

void CaptureTaps::wait(std::initializer_list<int> more_fds, Duration at_most) {
  std::vector<pollfd> fds;
  for (const int fd : more_fds) fds.push_back({fd, POLLIN, 0});
  for (os::CaptureTap& tap : taps_)
    for (const os::CaptureRing& ring : tap.rings()) fds.push_back({ring.fd(), POLLIN, 0});
  constexpr auto kMs = std::chrono::milliseconds(1);
  poll(fds.data(), fds.size(), static_cast<int>(at_most / kMs));
  // An interface that is down keeps its socket in error: sleeping is then up to us.
  bool error = false;
  for (const pollfd& fd : fds) error |= (fd.revents & (POLLERR | POLLNVAL)) != 0;
  if (error) poll(fds.data(), more_fds.size(), 20);
}

void CaptureTaps::take_counts() {
  for (os::CaptureTap& tap : taps_)
    for (os::CaptureRing& ring : tap.rings()) ring.take_counts();
}

void CaptureTaps::look(Instant now, const std::function<void(std::size_t)>& returned) {
  for (std::size_t i = 0; i < taps_.size(); ++i) {
    // Its rings may be closed now: nothing may be held that points into them.
    for (const Head& head : heads_)
      if (head.waiting) return;
    const os::TapChange change = taps_[i].look(now);
    if (change == os::TapChange::None) continue;
    heads_.clear();
    const bool back = change == os::TapChange::Returned;
    std::fprintf(stderr, "alibi: %s: the interface %s\n", taps_[i].name().c_str(),
                 back ? "is back" : "went away; waiting for it");
    if (back) returned(i);
  }
}

void CaptureTaps::stop() {
  for (os::CaptureTap& tap : taps_)
    for (os::CaptureRing& ring : tap.rings()) ring.stop();
}

bool CaptureTaps::settled() const {
  const os::CaptureCounts sum = counts();
  return sum.received == sum.read + sum.dropped;
}

os::CaptureCounts CaptureTaps::counts() const {
  os::CaptureCounts sum;
  for (const os::CaptureTap& tap : taps_) {
    const os::CaptureCounts one = tap.counts();
    sum.received += one.received;
    sum.read += one.read;
    sum.dropped += one.dropped;
  }
  return sum;
}

std::uint64_t CaptureTaps::untold(std::size_t tap) const { return taps_[tap].untold(); }

}  // namespace alibi::cmd
