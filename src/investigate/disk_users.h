// SPDX-License-Identifier: Apache-2.0
// Behind whose requests a thread waited: what each process had of a disk in a span of time.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "evidence/recording.h"

namespace alibi::investigate {

struct DiskUser {
  std::int32_t pid = 0;
  std::string comm;
  std::string group;  ///< the cgroup that is charged, last part; may be empty
  bool kernel_thread = false;
  std::uint64_t requests = 0;  ///< completed in the span
  std::uint64_t bytes = 0;
  std::uint32_t in_flight = 0;  ///< at its end
  Duration occupied{0};         ///< times in flight added up, of what is not completed as well
};

/// Users of the disk that `device` (a disk or a partition of it) is on, in [a, b], most first.
std::vector<DiskUser> disk_users(const evidence::Recording& recording, std::string_view device,
                                 Instant a, Instant b);

/// Does `device` name `disk` or one of its partitions ("sda1", "nvme0n1p2")?
bool is_on_disk(std::string_view device, std::string_view disk);

/// "dd (pid 77): 312 requests, 1.2 GB"; writeback is told by the cgroup it is for.
std::string user_text(const DiskUser& user);

/// Who had half of the disk or more, all users counted; nullptr: nobody, or one that works for
/// somebody unknown (a journal, a driver's thread) or the process `except` itself.
const DiskUser* main_user(const std::vector<DiskUser>& users, std::int32_t except);

}  // namespace alibi::investigate
