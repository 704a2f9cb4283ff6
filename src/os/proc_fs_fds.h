// SPDX-License-Identifier: Apache-2.0
// What the descriptors of processes point to, by their links alone: never through them.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace alibi::os {

struct OpenDescriptor {
  std::int32_t pid = 0;
  std::int32_t fd = -1;
  std::string target;   ///< "/var/log/x", "pipe:[12]", "socket:[34]"
  bool readable = false, writable = false;   ///< how it was opened
};

/// All descriptors of one process.
std::vector<OpenDescriptor> descriptors_of(std::int32_t pid);
/// One descriptor; target empty when it is gone.
OpenDescriptor descriptor(std::int32_t pid, std::int32_t fd);
/// The descriptors of all processes whose target is exactly `target`, e.g. "pipe:[12]".
std::vector<OpenDescriptor> holders_of(const std::string& target);
/// Who holds any of these sockets; of one process one entry. Processes of `netns` are tried first.
std::vector<OpenDescriptor> socket_holders(const std::vector<std::uint64_t>& inodes,
                                           std::uint64_t netns);

}  // namespace alibi::os
