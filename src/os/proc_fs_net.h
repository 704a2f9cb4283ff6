// SPDX-License-Identifier: Apache-2.0
// Sockets and interfaces from the tables below /proc/net.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "os/fd.h"

namespace alibi::os {

/// A line of /proc/net/raw or raw6.
struct RawSocket {
  std::uint32_t protocol = 0;
  std::uint64_t inode = 0;
  std::uint64_t drops = 0;
};
std::vector<RawSocket> parse_raw_sockets(std::string_view text);

/// A line of /proc/net/dev.
struct InterfaceLine {
  std::string name;
  std::uint64_t rx_packets = 0, rx_dropped = 0, tx_packets = 0, tx_dropped = 0;
};
std::vector<InterfaceLine> parse_interfaces(std::string_view text);

/// A line of /proc/net/unix that has a path.
struct UnixSocketPath {
  std::uint64_t inode = 0;
  std::string path;
};
std::vector<UnixSocketPath> parse_unix_sockets(std::string_view text);

/// The tables of one network namespace, held open so that no process in it is needed.
class NetTables {
 public:
  static Result<NetTables> open(const Fd& netns);
  std::vector<RawSocket> raw_sockets() const;  ///< both families
  std::vector<InterfaceLine> interfaces() const;
  std::vector<UnixSocketPath> unix_sockets() const;

 private:
  Fd raw_, raw6_, dev_, unix_;
};

}  // namespace alibi::os
