// SPDX-License-Identifier: Apache-2.0
// Faults of memory: a keeper whose memory was swapped out to a slow device; a control group that a
// backup fills with what its volume does not take.
#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/sysmacros.h>

#include <fstream>
#include <sstream>

#include "lab/cgroups.h"
#include "lab/command.h"
#include "lab/disks.h"
#include "lab/faults.h"

namespace alibi::lab {
namespace {

constexpr std::uint64_t kSwapBytes = 32ULL << 20;
constexpr const char* kSwapHost = "swap";      // in the tag of its loop device
constexpr const char* kVolumeHost = "volume";  // the same
// What the backup has room for: most of it unwritten, the rest memory of its own, to the last page.
constexpr std::uint64_t kRoomBytes = 16ULL << 20;
constexpr int kUnwrittenMiB = 10;
constexpr const char* kWriteLimit = "blkio.throttle.write_bps_device";

std::string keeper_group(const std::string& lab_name, const std::string& host) {
  return lab_name + "/" + host + "/keeper";
}

Result<void> make_swap(const std::string& path) {
  // No holes: swapon refuses them.
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  const std::string zeros(1 << 20, '\0');
  for (std::uint64_t done = 0; done < kSwapBytes; done += zeros.size()) file << zeros;
  file.close();
  if (!file) return fail("cannot write the swap file " + path);
  auto made = run_command({"mkswap", path});
  if (!made) return tl::unexpected(made.error());
  return {};
}

Result<void> limit_device(const std::string& group, const char* name, const std::string& device,
                          int per_second) {
  struct stat st {};
  if (::stat(device.c_str(), &st) != 0) return fail_errno("cannot look at " + device);
  const auto file = v1_file("blkio", group, name);
  if (!file) return fail("the blkio controller (cgroup v1) is not mounted here");
  return write_file(*file,
                    fmt::format("{}:{} {}", major(st.st_rdev), minor(st.st_rdev), per_second));
}

}  // namespace

Result<void> limit_reads(const std::string& group, const std::string& device, int per_second) {
  return limit_device(group, "blkio.throttle.read_iops_device", device, per_second);
}

Result<void> limit_writes(const std::string& group, const std::string& device, int per_second) {
  return limit_device(group, kWriteLimit, device, per_second);
}

// Everything that the keeper has in memory of its own goes to swap; with its next heartbeat it
// needs some twenty pages of it, at three reads a second.
Result<Injected> swap_out(Lab& lab, const std::string& host, Draw&) {
  const std::string group = keeper_group(lab.name, host);
  const auto empty = v1_file("memory", group, "memory.force_empty");
  if (!empty) return fail("the memory controller (cgroup v1) is not mounted here");
  const std::string path = lab.dir + "/swap";
  if (auto made = make_swap(path); !made) return tl::unexpected(made.error());
  auto loop = attach_loop(path, "alibi-lab/" + lab.name + "/" + kSwapHost);
  if (!loop) return tl::unexpected(loop.error());
  if (auto slow = limit_reads(group, loop->device, 3); !slow) {
    return tl::unexpected(slow.error());
  }
  if (::swapon(loop->device.c_str(), 0) != 0) return fail_errno("cannot swap on " + loop->device);
  if (auto out = write_file(*empty, "0"); !out) return tl::unexpected(out.error());
  return Injected{"memory of " + group + " swapped out to " + loop->device + ", 3 reads a second",
                  {}};
}

namespace {

Result<void> set_memory(const std::string& group, const char* file, const std::string& value) {
  const auto path = v1_file("memory", group, file);
  if (!path) return fail("the memory controller (cgroup v1) is not mounted here");
  return write_file(*path, value);
}

std::string memory_value(const std::string& group, const char* file) {
  const auto path = v1_file("memory", group, file);
  return path ? read_small_file(*path) : "";
}

std::string backup_group(const std::string& keeper) { return keeper + "/backup"; }

Result<void> limit_memory(const std::string& group) {
  const std::string usage = memory_value(group, "memory.usage_in_bytes");
  if (usage.empty()) return fail("the memory controller (cgroup v1) does not tell what is used");
  const std::uint64_t limit = std::stoull(usage) + kRoomBytes;
  // Where the machine has swap: what is wanted here is reclaim of files.
  auto set = set_memory(group, "memory.swappiness", "0");
  if (set) set = set_memory(group, "memory.limit_in_bytes", std::to_string(limit));
  return set;
}

}  // namespace

// Whoever of the group needs a page more, and be it to start a script, looks for one to free, finds
// pages that are being written, and waits until one of them is: so does reclaim for a group of
// version 1 (mm/vmscan.c, shrink_folio_list()).
Result<Injected> fill_group(Lab& lab, const std::string& host, Draw&) {
  const std::string group = keeper_group(lab.name, host);
  const std::string path = lab.dir + "/volume";
  if (auto put = put_file(path, std::string(kUnwrittenMiB << 20, '\0')); !put) {
    return tl::unexpected(put.error());
  }
  auto loop = attach_loop(path, "alibi-lab/" + lab.name + "/" + kVolumeHost);
  if (!loop) return tl::unexpected(loop.error());
  const std::string backup = backup_group(group);
  auto set = limit_memory(group);
  if (set) set = make_group(backup);
  if (set) set = limit_writes(backup, loop->device, 4096);
  const std::string mib = std::to_string(kUnwrittenMiB);
  if (set) set = start_hog(backup, {"memory-hog", "--device", loop->device, "--mib", mib});
  if (!set) return tl::unexpected(set.error());
  const auto full = [&] { return memory_value(group, "memory.failcnt") != "0\n"; };
  if (!await(5s, full)) return fail("the memory of " + group + " does not get full");
  return Injected{
      fmt::format("memory of {} full: {} MiB on their way to {}, limited to 4 KiB a second", group,
                  kUnwrittenMiB, loop->device),
      {}};
}

namespace {

// Without a look at the device: to open it may wait behind a sync(2) that waits for its pages.
void lift_writes(const std::string& group) {
  const auto file = v1_file("blkio", group, kWriteLimit);
  if (!file) return;
  std::istringstream rules(read_small_file(*file));
  for (std::string device, bytes; rules >> device >> bytes;) {
    (void)write_file(*file, device + " 0");
  }
}

void empty_group(const std::string& group) {
  const std::string backup = backup_group(group);
  // Killed first, or it would eat what comes free; but it dies only once its pages are written.
  for (const pid_t pid : members(backup)) ::kill(pid, SIGKILL);
  lift_writes(backup);
  (void)set_memory(group, "memory.limit_in_bytes", "-1");
  (void)set_memory(group, "memory.failcnt", "0");
  (void)await_regardless(5s, [&] { return members(backup).empty(); });
  remove_group(backup);
  const std::string above = memory_value(group + "/..", "memory.swappiness");
  if (!above.empty()) (void)set_memory(group, "memory.swappiness", above);
}

}  // namespace

void heal_memory(const std::string& lab_name) {
  for (const char* host : {"loadbalancer01", "loadbalancer02"}) {
    empty_group(keeper_group(lab_name, host));
  }
  for (const auto& loop : loops_of(lab_name)) {
    if (loop.host == kVolumeHost) detach_loop(loop.device);
    if (loop.host != kSwapHost) continue;
    for (const char* host : {"loadbalancer01", "loadbalancer02"}) {
      (void)limit_reads(keeper_group(lab_name, host), loop.device, 0);
    }
    (void)::swapoff(loop.device.c_str());
    detach_loop(loop.device);
  }
}

}  // namespace alibi::lab
