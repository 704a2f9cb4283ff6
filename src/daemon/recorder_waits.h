// SPDX-License-Identifier: Apache-2.0
// Every 100 ms: what a watched thread that is off the CPU waits for, and whom. From /proc only, and
// never through the file, pipe or socket itself.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "daemon/recorder_log.h"
#include "daemon/recorder_watch.h"
#include "os/fd.h"
#include "os/proc_fs_fds.h"
#include "os/proc_fs_unix.h"

namespace alibi::daemon {

/// Says what a descriptor is and who is at its other end.
class WaitDescriber {
 public:
  explicit WaitDescriber(const std::vector<RecorderTaps::Namespace>& namespaces);

  /// Fills in everything about thread `tid` of `pid` as it is now.
  evidence::WaitTarget describe(Instant now, std::int32_t pid, std::int32_t tid, char state);
  /// Who reads what process `pid` may log to: watched before anything waits for them, their own
  /// waits for a CPU are known from the start. Call every second or so.
  std::vector<std::int32_t> log_readers(Instant now, std::int32_t pid);

 private:
  using Kind = evidence::WaitTarget::Kind;
  struct Reader {
    Instant until;
    std::int32_t pid = 0;
    std::string peer_path;
  };

  /// A descriptor that may be a log, and who was found to read it.
  struct Log {
    bool is_log = false;
    std::int32_t reader = 0;
    Instant asked;
    Instant seen;
  };

  void describe_descriptor(Instant now, evidence::WaitTarget& target);
  void describe_reader(evidence::WaitTarget& target) const;
  const Reader& reader_of(Instant now, const evidence::WaitTarget& target);
  Reader find_reader(const evidence::WaitTarget& target) const;
  Reader find_socket_reader(std::uint64_t peer) const;

  std::vector<os::UnixDiag> diags_;
  std::map<std::string, Log> logs_;         ///< by descriptor target
  std::map<std::string, Reader> readers_;   ///< by descriptor target
};

class WaitSampler {
 public:
  WaitSampler(WatchList& watch, const std::vector<RecorderTaps::Namespace>& namespaces,
              RecorderLog& log, bool has_probes)
      : watch_(watch), describer_(namespaces), log_(log), has_probes_(has_probes) {}

  /// Call every 100 ms.
  void sample(Instant now);
  /// When a thread was last found in an uninterruptible sleep; 0: never.
  Instant stuck() const { return stuck_; }

 private:
  struct Seen {
    os::Fd stat, schedstat;       ///< kept open: they are read all the time
    std::uint64_t switches = 0;   ///< times it was given a CPU
    bool idle = false;            ///< and was found waiting for work since
    Instant at;
  };
  void list_threads(Instant now);
  void sample_thread(Instant now, std::int32_t pid, std::int32_t tid);

  WatchList& watch_;
  WaitDescriber describer_;
  RecorderLog& log_;
  bool has_probes_;
  struct Thread {
    std::int32_t pid = 0, tid = 0;
  };
  std::vector<Thread> threads_;         ///< looked up again every second
  Instant threads_until_;
  Instant stuck_;
  std::uint64_t watched_ = 0;           ///< WatchList::changes() of that look
  std::map<std::int32_t, Seen> seen_;   ///< by tid
};

}  // namespace alibi::daemon
