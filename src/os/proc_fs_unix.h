// SPDX-License-Identifier: Apache-2.0
// Unix sockets by inode: what they are connected to (NETLINK_SOCK_DIAG).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "os/fd.h"

namespace alibi::os {

struct UnixSocket {
  std::uint64_t inode = 0;
  std::uint64_t peer = 0;    ///< inode of the other end; 0: not connected
  std::string path;          ///< its own address; abstract ones begin with '@'
};

/// Asks about the unix sockets of one network namespace.
class UnixDiag {
 public:
  static Result<UnixDiag> open(const Fd& netns);
  /// Nothing when no unix socket of this namespace has that inode.
  std::optional<UnixSocket> find(std::uint64_t inode) const;

 private:
  explicit UnixDiag(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

}  // namespace alibi::os
