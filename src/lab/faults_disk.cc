// SPDX-License-Identifier: Apache-2.0
// Faults of disks: a node's storage that completes nothing, a frozen file system.
#include "lab/cgroups.h"
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

void heal_disks(Lab& lab) {
  const Topology* topology = find_topology(lab.topology);
  if (topology == nullptr) return;
  for (const auto& spec : topology->hosts) {
    const HostState* state = lab.host(spec.name);
    if (state == nullptr || !state->init.alive()) continue;
    if (spec.storage) (void)thaw(inside(*state, "/mnt"));
    if (!spec.node.empty()) (void)thaw(inside(*state, "/var/log"));
  }
}

}  // namespace alibi::lab
