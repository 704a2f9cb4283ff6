// SPDX-License-Identifier: Apache-2.0
// Writes the dump files from a thread of its own, so that a disk that answers nothing holds up the
// dumps and nothing else. Requests for the same file that come while it is busy are one.
#pragma once

#include <array>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "daemon/channels.h"
#include "daemon/shared_page.h"

namespace alibi::daemon {

enum class DumpKind : std::uint8_t { Data, Stats, Json, StatsAndClear };
inline constexpr std::size_t kDumpKinds = 4;

/// Where the dump goes: the configured file, that of the data with the instance's name
/// in it if asked for (data_use_instance: keepalived.NAME.data).
std::string dump_path(const config::Settings& settings, DumpKind kind);

/// Writes a file that is seen whole or not at all: a temporary one beside it, then a rename, which
/// replaces whatever stands there, a symbolic link included.
Result<void> write_whole(const std::string& path, const std::string& text, unsigned mode);

class DumpWriter {
 public:
  DumpWriter(const config::Settings& settings, const RunOptions& options, const SharedPage& page);
  ~DumpWriter();
  DumpWriter(const DumpWriter&) = delete;
  DumpWriter& operator=(const DumpWriter&) = delete;

  void request(DumpKind kind);
  /// Errors since the last call, for the log.
  std::vector<std::string> errors();
  /// Readable when there are errors to take.
  int news_fd() const;

 private:
  struct Shared;
  static void work(const std::shared_ptr<Shared>& shared);

  std::shared_ptr<Shared> shared_;
  std::thread thread_;
};

}  // namespace alibi::daemon
