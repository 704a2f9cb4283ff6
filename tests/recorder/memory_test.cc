// SPDX-License-Identifier: Apache-2.0
// A heartbeat process in a cgroup that is too small for it: its reclaim is seen, on the CPU and
// all, with the limit that it met; reclaim of others is not.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "recorder/watching.h"

namespace alibi::testing {
namespace {

constexpr std::size_t kFileBytes = 48U << 20;

/// A cgroup (version 1) of 16 MiB, and a file that does not fit into it.
class SmallMemory {
 public:
  SmallMemory()
      : group_("/sys/fs/cgroup/memory/alibi-test-" + std::to_string(getpid())),
        file_("/var/tmp/alibi-memory-" + std::to_string(getpid())) {
    ready_ = mkdir(group_.c_str(), 0755) == 0 &&
             write_file(group_ + "/memory.limit_in_bytes", std::to_string(16U << 20)) &&
             run_program({"dd", "if=/dev/zero", "of=" + file_, "bs=1M", "count=48", "conv=fsync",
                          "status=none"});
  }
  ~SmallMemory() {
    unlink(file_.c_str());
    for (int i = 0; i < 100 && rmdir(group_.c_str()) != 0 && errno == EBUSY; ++i) usleep(20'000);
  }
  bool ready() const { return ready_; }
  /// How often the group met its limit so far.
  std::uint64_t times_at_limit() const {
    std::uint64_t times = 0;
    std::ifstream(group_ + "/memory.failcnt") >> times;
    return times;
  }
  /// In the process that is to be short of memory: joins, then reads the mapped file for ever.
  void squeeze() const {
    if (!write_file(group_ + "/cgroup.procs", std::to_string(getpid()))) _exit(1);
    const int fd = open(file_.c_str(), O_RDONLY | O_CLOEXEC);
    // Out of the cache first, where it is clean: pages of others are charged to others.
    posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    void* map = mmap(nullptr, kFileBytes, PROT_READ, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED) _exit(1);
    const auto* octets = static_cast<const volatile unsigned char*>(map);
    unsigned sum = 0;
    while (true) {
      for (std::size_t at = 0; at < kFileBytes; at += 4096) sum += octets[at];
      usleep(10'000);
    }
  }

 private:
  std::string group_, file_;
  bool ready_ = false;
};

class RecorderMemory : public Watching {
 protected:
  void start_with_memory() {
    start_recorder();
    if (IsSkipped()) return;
    for (const auto& loss : recorder_->losses())
      if (loss.source == "memory") GTEST_SKIP() << "BPF: " << loss.source << ": " << loss.why;
  }
};

TEST_F(RecorderMemory, ReclaimForTheLimitOfItsGroupIsSeen) {
  const SmallMemory memory;
  if (!memory.ready()) GTEST_SKIP() << "no memory controller of cgroup version 1 here";
  Subject subject = Subject::start_heartbeat(network_->pid(), [&memory] { memory.squeeze(); });
  start_with_memory();
  if (IsSkipped()) return;
  ASSERT_TRUE(await_found(subject.pid(), evidence::ProcessFound::Role::Heartbeat));
  const auto* limit = await<evidence::MemoryLimit>([](const evidence::MemoryLimit& fact) {
    return fact.at_limit > 0 && fact.limit == 16 << 20;
  });
  EXPECT_NE(limit, nullptr);
  const auto* seen = await<evidence::MemoryReclaimed>([&](const evidence::MemoryReclaimed& fact) {
    return fact.pid == subject.pid() && fact.group && fact.pages > 0;
  });
  ASSERT_NE(seen, nullptr);
  for (const evidence::Event& event : recording_.events)
    if (const auto* fact = std::get_if<evidence::MemoryReclaimed>(&event.fact)) {
      EXPECT_LE(fact->begin_ns, event.at.ns);
    }
}

TEST_F(RecorderMemory, ReclaimOfOthersIsNoEvidence) {
  const SmallMemory memory;
  if (!memory.ready()) GTEST_SKIP() << "no memory controller of cgroup version 1 here";
  Subject other = Subject::start(0, [&memory] { memory.squeeze(); });
  Subject subject = Subject::start_heartbeat(network_->pid(), [] {
    while (true) usleep(10'000);
  });
  start_with_memory();
  if (IsSkipped()) return;
  ASSERT_TRUE(await_found(subject.pid(), evidence::ProcessFound::Role::Heartbeat));
  // vmstat counts reclaim of the whole machine only: the group itself says that it went on.
  const std::uint64_t before = memory.times_at_limit();
  const auto* moved = await<evidence::ThreadOn>(
      [&](const evidence::ThreadOn&) { return memory.times_at_limit() > before + 1000; });
  ASSERT_NE(moved, nullptr) << "the other one met its limit " << memory.times_at_limit() - before
                            << " times";
  for (const evidence::Event& event : recording_.events)
    EXPECT_EQ(std::get_if<evidence::MemoryReclaimed>(&event.fact), nullptr);
}

}  // namespace
}  // namespace alibi::testing
