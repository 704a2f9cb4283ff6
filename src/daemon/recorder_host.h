// SPDX-License-Identifier: Apache-2.0
// Samples of the machine as a whole: stolen time, pressure, receive backlogs, and clocks that do
// not go together any more.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/recorder_log.h"
#include "os/fd.h"
#include "os/proc_fs_host.h"

namespace alibi::daemon {

class HostSampler {
 public:
  explicit HostSampler(RecorderLog& log);

  /// Call every 100 ms, at `now` of CLOCK_MONOTONIC with REALTIME so far ahead of it.
  void sample(Instant now, std::int64_t realtime_minus_monotonic_ns);
  /// A CPU took no timer interrupts for a while: the next sample tells the stolen time of all, also
  /// where it did not move.
  void cpu_was_silent() { tells_all_steal_ = true; }
  /// Sources that this machine does not have.
  const std::vector<evidence::SourceLoss>& losses() const { return losses_; }

 private:
  struct PressureFile {
    const char* resource;
    os::Fd file;
    std::optional<os::PressureTotals> told;
  };
  struct Offset {
    std::int64_t ns = 0;
    Instant at;
  };
  void sample_steal(Instant now);
  void sample_pressure(Instant now);
  void sample_softnet(Instant now);
  void sample_rtc(Instant now, std::int64_t realtime_ns);
  void compare(Instant now, const char* clock, std::int64_t offset_ns,
               std::optional<Offset>& before);

  RecorderLog& log_;
  os::Fd stat_, softnet_, rtc_;
  std::array<PressureFile, 3> pressures_;
  std::map<std::int32_t, std::uint64_t> stolen_;      ///< ticks by CPU, as told
  std::map<std::int32_t, os::Softnet> softnet_told_;  ///< by CPU
  std::optional<Offset> realtime_, boottime_, rtc_offset_;
  std::int64_t tick_ms_;
  bool tells_all_steal_ = false;
  Instant next_slow_, next_rtc_;
  std::vector<evidence::SourceLoss> losses_;
};

}  // namespace alibi::daemon
