// SPDX-License-Identifier: Apache-2.0
// The taps of one capture, read together: in the order of their stamps, as far as they wait.
#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <vector>

#include "cmd/capture_options.h"
#include "evidence/capture_file.h"
#include "os/capture_tap.h"

namespace alibi::cmd {

class CaptureTaps {
 public:
  /// False ends the reading.
  using Sink = std::function<bool(const evidence::CapturedFrame&)>;

  static Result<CaptureTaps> open(const CaptureOptions& options);

  const std::vector<os::CaptureTap>& all() const { return taps_; }
  /// At most so many waiting frames; how many it were.
  std::size_t drain(std::size_t at_most, const Sink& sink);
  /// Sleeps until a tap has something, one of `more_fds` is readable, or the time is up.
  void wait(std::initializer_list<int> more_fds, Duration at_most);
  void take_counts();
  /// Says on standard error which interface went away or came back; what came back is told by
  /// `returned`, by number.
  void look(Instant now, const std::function<void(std::size_t)>& returned);
  void stop();
  /// Has every frame that was received been read or counted as dropped?
  bool settled() const;
  os::CaptureCounts counts() const;
  Duration retire() const { return retire_; }
  /// Losses that no frame told of, of all rings of a tap.
  std::uint64_t untold(std::size_t tap) const;

 private:
  struct Head {
    std::size_t tap = 0;
    os::CaptureRing* ring = nullptr;
    os::CapturedBytes bytes;
    bool waiting = false;
  };
  void find_rings();
  bool hand_out(Head& head, const Sink& sink);

  std::vector<os::CaptureTap> taps_;
  std::vector<Head> heads_;
  std::vector<wire::LinkType> link_types_;
  Duration retire_{};
};

}  // namespace alibi::cmd
