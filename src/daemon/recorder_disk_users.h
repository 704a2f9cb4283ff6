// SPDX-License-Identifier: Apache-2.0
// Who uses the disks, while a watched thread is stuck in an uninterruptible sleep: the probes count
// from the first sign of that until a while after the last.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "bpf/loader.h"
#include "daemon/recorder_log.h"

namespace alibi::daemon {

class DiskUserSampler {
 public:
  DiskUserSampler(bpf::Probes& probes, RecorderLog& log) : probes_(probes), log_(log) {}
  /// Call every 100 ms. `stuck`: when a watched thread was last seen so.
  void sample(Instant now, Instant stuck);

 private:
  static constexpr Duration kLinger = 12s;
  const std::string& name_of(std::uint32_t major, std::uint32_t minor);
  void tell(Instant now);

  bpf::Probes& probes_;
  RecorderLog& log_;
  bool counting_ = false;
  Instant since_;
  std::map<std::pair<std::string, std::int32_t>, evidence::DeviceUse> told_;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::string> names_;
};

}  // namespace alibi::daemon
