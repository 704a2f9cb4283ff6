// SPDX-License-Identifier: Apache-2.0
// Faults of disks: a node's storage that completes nothing, a frozen file system.
#include <fmt/format.h>
#include <signal.h>

#include "lab/cgroups.h"
#include "lab/command.h"
#include "lab/disks.h"
#include "lab/faults.h"
#include "lab/host.h"
#include "lab/topology.h"

namespace alibi::lab {
namespace {

Result<Injected> freeze_place(const Lab& lab, const std::string& host, const std::string& place) {
  const HostState* state = lab.host(host);
  if (state == nullptr) return fail("lab " + lab.name + " has no host " + host);
  if (auto frozen = freeze(inside(*state, place)); !frozen) return tl::unexpected(frozen.error());
  return Injected{"file system of " + place + " on " + host + " frozen", {}};
}

}  // namespace

// The VM's disk is a file on this storage: its loop device takes requests and finishes none.
Result<Injected> stall_disk(Lab& lab, const std::string& host, Draw&) {
  const HostSpec* spec = find_host(lab, host);
  if (spec == nullptr || spec->node.empty()) return fail(host + " has no disk on a node");
  return freeze_place(lab, spec->node, "/mnt");
}

Result<Injected> freeze_filesystem(Lab& lab, const std::string& host, Draw&) {
  return freeze_place(lab, host, "/var/log");
}

namespace {

constexpr int kReaders = 400;
constexpr int kReadsPerSecond = 12;

std::string backup_group(const Lab& lab, const std::string& host) {
  return lab.name + "/" + host + "/backup/hogs";
}

std::string disk_of(const Lab& lab, const std::string& host) {
  for (const auto& loop : loops_of(lab.name)) {
    if (loop.host == host) return loop.device;
  }
  return {};
}

}  // namespace

// More reads than the disk has slots for, so that whoever wants one waits for a slot behind them;
// the node's storage serves this reader, and nobody else, slowly.
Result<Injected> crowd_disk(Lab& lab, const std::string& host, Draw&) {
  const HostSpec* spec = find_host(lab, host);
  const HostState* state = lab.host(host);
  if (spec == nullptr || spec->node.empty() || state == nullptr) {
    return fail(host + " has no disk on a node");
  }
  const std::string file = inside(*state, "/var/log/archive");
  if (auto put = put_file(file, std::string(24U << 20, 'a')); !put) {
    return tl::unexpected(put.error());
  }
  const std::string disk = disk_of(lab, host), group = backup_group(lab, host);
  auto set = make_group(group);
  if (set) set = pass_page_cache(disk, true);
  if (set) set = limit_reads(group, disk_of(lab, spec->node), kReadsPerSecond);
  if (set) set = start_hog(group, {"disk-hog", "--file", file, "--readers",
                                   std::to_string(kReaders)});
  if (!set) return tl::unexpected(set.error());
  return Injected{fmt::format("{} reads in flight on {}, {} a second served", kReaders, disk,
                              kReadsPerSecond),
                  {}};
}

void heal_disks(Lab& lab) {
  const Topology* topology = find_topology(lab.topology);
  if (topology == nullptr) return;
  for (const auto& spec : topology->hosts) {
    const HostState* state = lab.host(spec.name);
    if (state == nullptr || !state->init.alive()) continue;
    if (spec.storage) (void)thaw(inside(*state, "/mnt"));
    if (spec.node.empty()) continue;
    (void)thaw(inside(*state, "/var/log"));
    const std::string group = backup_group(lab, spec.name);
    if (members(group).empty()) continue;
    (void)limit_reads(group, disk_of(lab, spec.node), 0);
    for (const pid_t pid : members(group)) ::kill(pid, SIGKILL);
    (void)await_regardless(5s, [&] { return members(group).empty(); });
    (void)pass_page_cache(disk_of(lab, spec.name), false);
  }
}

}  // namespace alibi::lab
