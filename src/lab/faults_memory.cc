// SPDX-License-Identifier: Apache-2.0
// Faults of memory: a keeper whose memory was swapped out, and a swap device that is slow.
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/sysmacros.h>

#include <fstream>

#include "lab/cgroups.h"
#include "lab/command.h"
#include "lab/disks.h"
#include "lab/faults.h"

namespace alibi::lab {
namespace {

constexpr std::uint64_t kSwapBytes = 32ULL << 20;
constexpr const char* kSwapHost = "swap";  // in the tag of its loop device

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

}  // namespace

Result<void> limit_reads(const std::string& group, const std::string& device, int per_second) {
  struct stat st {};
  if (::stat(device.c_str(), &st) != 0) return fail_errno("cannot look at " + device);
  const auto file = v1_file("blkio", group, "blkio.throttle.read_iops_device");
  if (!file) return fail("the blkio controller (cgroup v1) is not mounted here");
  return write_file(*file,
                    fmt::format("{}:{} {}", major(st.st_rdev), minor(st.st_rdev), per_second));
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

void heal_memory(const std::string& lab_name) {
  for (const auto& loop : loops_of(lab_name)) {
    if (loop.host != kSwapHost) continue;
    for (const char* host : {"loadbalancer01", "loadbalancer02"}) {
      (void)limit_reads(keeper_group(lab_name, host), loop.device, 0);
    }
    (void)::swapoff(loop.device.c_str());
    detach_loop(loop.device);
  }
}

}  // namespace alibi::lab
