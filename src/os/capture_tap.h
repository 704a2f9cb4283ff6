// SPDX-License-Identifier: Apache-2.0
// A point where packets are captured: an interface (or all of them) in a network namespace, with
// its ring, or several rings that share the frames. Comes back when the interface does; its counts
// go on over that.
#pragma once

#include <string>
#include <vector>

#include "base/instant.h"
#include "os/capture_ring.h"
#include "os/live_filter.h"

namespace alibi::os {

struct TapRequest {
  std::string name;          ///< "eth0", "any", "netns:NAME/eth0"; NAME as open_network_namespace()
  LiveFilterRequest filter;  ///< its interface is filled in from the name
  CaptureRingOptions ring;   ///< its interface, link and filter are filled in
  unsigned rings = 1;        ///< more than one: fanout by flow
};

enum class TapChange : std::uint8_t { None, Vanished, Returned };

class CaptureTap {
 public:
  static Result<CaptureTap> open(const TapRequest& request);

  const std::string& name() const { return request_.name; }
  int link_type() const { return link_type_; }
  std::vector<CaptureRing>& rings() { return rings_; }
  bool present() const { return !rings_.empty(); }
  /// In its namespace; empty: there is none.
  std::string interface_name(std::uint32_t index) const;
  CaptureCounts counts() const;
  /// Losses of rings that are gone and that no frame has told of; told once.
  std::uint64_t take_untold();
  /// All losses that no frame has told of.
  std::uint64_t untold() const;
  /// Whether the interface went away or is back. Its rings are kept until what was in them is read.
  /// `now` limits how often is looked.
  TapChange look(Instant now);

 private:
  Result<void> open_rings();
  bool interface_is_there() const;

  TapRequest request_;
  std::string interface_;
  Fd netns_;
  int link_type_ = 0;
  int ifindex_ = 0;
  std::vector<CaptureRing> rings_;
  CaptureCounts closed_;  ///< of rings that are gone
  std::uint64_t untold_ = 0;
  Instant next_look_{};
  Instant give_up_ = kNever;  ///< the interface is gone: when its rings are closed at the latest
};

}  // namespace alibi::os
