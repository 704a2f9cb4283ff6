// SPDX-License-Identifier: Apache-2.0
// The status socket: a Unix stream socket of mode 0600 in the run folder. A client sends one line,
// gets one document, and the connection ends. A thread of its own serves one client after another,
// each for a second at most; all it reads is the shared page, so nobody is slowed by being asked
// about.
#pragma once

#include <cstdint>
#include <string>
#include <thread>

#include "base/result.h"
#include "daemon/channels.h"
#include "os/fd.h"

namespace alibi::daemon {

std::string status_socket_path(const std::string& run_folder);  ///< .../alibi.sock

class StatusServer {
 public:
  /// Takes the path over from a server that is not there any more; one that answers is an error.
  static Result<StatusServer> create(const config::Settings& settings, const RunOptions& options,
                                     const Channels& channels);
  StatusServer(StatusServer&&) = default;
  StatusServer& operator=(StatusServer&&) = delete;
  ~StatusServer();

 private:
  StatusServer() = default;
  static void serve(int listener, int stop, const config::Settings& settings,
                    const RunOptions& options, const Channels& channels);

  std::string path_;
  std::uint64_t inode_ = 0;  ///< of our socket: another one's is not ours to remove
  os::Fd stop_;
  std::thread thread_;
};

}  // namespace alibi::daemon
