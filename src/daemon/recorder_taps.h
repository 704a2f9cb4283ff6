// SPDX-License-Identifier: Apache-2.0
// The taps of a recorder: one packet ring each, in its own network namespace, and the counts that
// must add up. A tap whose interface goes away stays in the list and is opened again with it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "daemon/recorder_log.h"
#include "evidence/recording.h"
#include "os/clocks.h"
#include "os/packet_ring.h"

namespace alibi::daemon {

/// Where to capture. netns as os::open_network_namespace takes it.
struct TapSpec {
  std::string label;
  std::string interface;
  std::string netns;
  std::string host;
};

/// Since the tap was opened: received = written + dropped. Of `written`, `aged` are older than the
/// window and `evicted` were forced out by the memory bound.
struct TapTotals {
  std::uint64_t received = 0, written = 0, dropped = 0;
  std::uint64_t aged = 0, evicted = 0;
};

class RecorderTaps {
 public:
  /// A tap that cannot be opened at the start is a mistake in the command; one that this user may
  /// not open stays empty, and losses() says so.
  static Result<RecorderTaps> open(const std::vector<TapSpec>& specs);

  /// Reads every ring into the log. Call with the same offsets all the time. How many frames the
  /// fullest ring held.
  std::size_t drain(Instant now, const os::ClockOffsets& offsets, RecorderLog& log);
  /// Frames left the log: takes them out of the window's counts, or books them as dropped.
  void forget(evidence::TapId tap, const PackedFrames::TapShare& share, bool memory);
  /// Captures no more; after the next drain() the counts are final.
  void stop();
  /// Opens taps again whose interface is back.
  void reopen_lost();

  const std::vector<evidence::Tap>& taps() const { return taps_; }
  const std::vector<TapTotals>& totals() const { return totals_; }
  /// Distinct namespaces of the taps, by inode, with a descriptor that stays open.
  struct Namespace {
    std::uint64_t inode = 0;
    os::Fd fd;
    std::string name;
  };
  const std::vector<Namespace>& namespaces() const { return namespaces_; }
  std::vector<int> fds() const;
  /// Taps that this user may not open, with what would be needed.
  const std::vector<evidence::SourceLoss>& losses() const { return losses_; }
  /// Where the kernel's own count and ours differ after stop(), by tap; empty when all agree.
  std::vector<evidence::SourceLoss> disagreements() const;

 private:
  struct Port {
    TapSpec spec;
    std::size_t netns = 0;   ///< index into namespaces_
    os::PacketRing ring;
    os::RingCounts booked;   ///< as of the last drain
    std::uint64_t pending_drops = 0;   ///< to be told with the next frame
    bool lost = false;       ///< interface gone
    std::uint64_t before_received = 0;  ///< kernel's count of rings that are closed
  };

  Result<os::PacketRing> open_ring(const Port& port) const;

  os::SocketFilter filter_;
  std::vector<Namespace> namespaces_;
  std::vector<Port> ports_;
  std::vector<evidence::Tap> taps_;
  std::vector<TapTotals> totals_;
  std::vector<evidence::SourceLoss> losses_;
  Instant last_drain_;
  KeptFrame frame_;   ///< its memory is used again
};

}  // namespace alibi::daemon
