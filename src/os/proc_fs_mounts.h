// SPDX-License-Identifier: Apache-2.0
// File systems and block devices, from tables that never block: /proc/PID/mountinfo, fdinfo,
// /proc/diskstats and sysfs. No file system is asked anything.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace alibi::os {

/// A line of /proc/PID/mountinfo.
struct Mount {
  std::uint64_t id = 0;
  std::string device_number;   ///< "254:0"
  std::string root;            ///< of the mount within its file system
  std::string mount_point;
  std::string type;            ///< "ext4"
  std::string source;          ///< "/dev/loop3", "server:/export"
  std::string super_options;
};
std::vector<Mount> parse_mounts(std::string_view text);
std::vector<Mount> mounts_of(std::int32_t pid);
/// The mount that holds `path`, null when there is none.
const Mount* mount_holding(const std::vector<Mount>& mounts, std::string_view path);

/// Where the file behind a descriptor lives; all empty when unknown.
struct FilePlace {
  std::string filesystem;
  std::string device;          ///< "loop3" when there is a block device, else the mount's source
  std::string mount_point;
};
FilePlace place_of(const Mount& mount);
FilePlace place_of_descriptor(std::int32_t pid, std::int32_t fd);

/// "loop3" for "7:3" from /sys/dev/block; empty when it is no block device.
std::string block_device_name(const std::string& device_number);

/// A line of /proc/diskstats.
struct DiskStats {
  std::string device;
  std::uint64_t reads = 0, writes = 0;   ///< completed
  std::uint32_t in_flight = 0;
  std::uint64_t io_ticks_ms = 0;
  std::uint64_t read_sectors = 0, write_sectors = 0;
  std::uint64_t read_ms = 0, write_ms = 0;   ///< of the completed
  std::uint64_t queue_ms = 0;                ///< in flight, summed over time
};
std::vector<DiskStats> parse_disk_stats(std::string_view text);

/// "/srv/disk.img on vda" for a loop device; empty for others.
std::string loop_backing(const std::string& device);

}  // namespace alibi::os
