// SPDX-License-Identifier: Apache-2.0
// A client that fetches a page through the virtual address all the time and measures every
// interruption. Runs inside the client host.
#pragma once

#include <cstdint>
#include <string>

#include "base/instant.h"

namespace alibi::lab {

/// Connects, sends a GET and waits for "HTTP/1.x 200"; true when that all came within `limit`.
bool fetch(const std::string& address, std::uint16_t port, Duration limit);

struct ProbeOptions {
  std::string address;
  std::uint16_t port = 80;
  std::string log;  ///< JSON lines: one an interruption, and the totals in LOG.totals
};
/// Fetches every 100 ms until it is killed.
int client_probe(const ProbeOptions& options);

}  // namespace alibi::lab
