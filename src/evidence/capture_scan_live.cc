// SPDX-License-Identifier: Apache-2.0
// Taps that are captured while they are looked at: one chain, which no file goes on with.
#include <algorithm>
#include <utility>

#include "evidence/capture_scan.h"
#include "evidence/ticks.h"

namespace alibi::evidence {

void CaptureScan::begin(std::vector<Tap> live, PortName name) {
  port_name_ = std::move(name);
  Chain& chain = chains_.emplace_back();
  chain.files = {"live"};
  for (std::uint32_t i = 0; i < live.size(); ++i) tap_of(0, i);
  taps = std::move(live);
}

void CaptureScan::feed(const CapturedFrame& frame, const Sink& sink) {
  const Instant at{minus(frame.unix_ns, frame.clock_set_ns)};
  const std::uint32_t port = port_of(frame);
  Tap& tap = taps[frame.interface];
  TapSpan& span = spans[frame.interface];
  tap.dropped += frame.dropped_before;
  tap.written += port == 0 ? 1U : 0U;
  tap.received = tap.written + tap.dropped;
  span.first = span.timed ? std::min(span.first, at) : at;
  span.last = span.timed ? std::max(span.last, at) : at;
  span.final = at;
  span.timed = true;
  if (port != 0) return take_cooked(0, port, at, frame, sink);
  sink({static_cast<TapId>(frame.interface), at, direction_of(frame), frame});
}

void CaptureScan::name_port(TapId tap, TapId whole, std::uint32_t port) {
  const std::string name = port_name_(whole, port);
  taps[tap].label = taps[whole].label + ":" + (name.empty() ? "if " + std::to_string(port) : name);
  taps[tap].interface = taps[whole].interface;
  taps[tap].ifindex = static_cast<int>(port & INT32_MAX);
}

std::uint64_t CaptureScan::lost_since(TapId tap) const {
  const Home& home = homes_[tap];
  if (home.port == 0) return 0;
  const Chain& chain = chains_[home.chain];
  const auto port = chain.ports.find({home.interface, home.port});
  if (port == chain.ports.end()) return 0;
  return chain.losses[home.interface].frames - port->second.heard.frames;
}

void CaptureScan::close_ports() {
  for (const auto& [place, port] : chains_[0].ports) {
    taps[port.tap].received = taps[port.tap].written;
    spans[port.tap] = spans[chains_[0].taps[place.first]];
  }
}

}  // namespace alibi::evidence
