// SPDX-License-Identifier: Apache-2.0
// Disks of the lab: ext4 in sparse files behind loop devices, and freezing of file systems. A VM's
// disk is a file on its node's disk, so that a frozen node leaves the VM's requests uncompleted.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "os/fd.h"

namespace alibi::lab {

/// Makes `path` a sparse file of `bytes` with an ext4 in it.
Result<void> make_ext4(const std::string& path, std::uint64_t bytes);

struct Loop {
  std::string device;  ///< "/dev/loop3"
  os::Fd hold;         ///< keep until the device is mounted: it detaches itself with its last user
};
/// A loop device over `path`, tagged "alibi-lab/NAME/HOST" so that it can be found again.
Result<Loop> attach_loop(const std::string& path, const std::string& tag);

/// Whether a loop device reads and writes its file past the page cache (LOOP_SET_DIRECT_IO).
Result<void> pass_page_cache(const std::string& device, bool on);

struct AttachedLoop {
  std::string device;
  std::string host;  ///< whose disk it is
};
/// Loop devices of a lab, by their tags.
std::vector<AttachedLoop> loops_of(const std::string& lab_name);
void detach_loop(const std::string& device);

/// FIFREEZE / FITHAW of the file system that `path` is on.
Result<void> freeze(const std::string& path);
/// Thawing what is not frozen is no error.
Result<void> thaw(const std::string& path);
/// Thaws the file systems on `devices` when no mount of them can be reached any more: mounts each
/// once more for that. A frozen file system outlives its last mount.
void thaw_devices(const std::vector<std::string>& devices);

}  // namespace alibi::lab
