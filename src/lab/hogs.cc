// SPDX-License-Identifier: Apache-2.0
// Programs of ours that take from others what a fault is about: started in a group, by name.
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "lab/cgroups.h"
#include "lab/faults.h"
#include "os/fd.h"
#include "os/signals.h"

namespace alibi::lab {

// An orphan, so that whoever heals may end it.
Result<void> start_hog(const std::string& group, std::vector<std::string> words) {
  if (auto made = make_group(group); !made) return made;
  words.insert(words.begin(), {"alibi", "lab"});
  words.insert(words.end(), {"--owner", std::to_string(::getpid())});
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const pid_t child = ::fork();
  if (child < 0) return fail_errno("cannot fork a hog");
  if (child == 0) {
    if (!join_group(group, 0)) ::_exit(1);
    if (::fork() != 0) ::_exit(0);
    ::setsid();
    os::restore_default_signals();
    ::execv("/proc/self/exe", argv.data());
    ::_exit(127);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (status != 0) return fail("cannot start a hog in " + group);
  return {};
}

namespace {

constexpr std::size_t kChunk = 64U * 1024;

/// Reads `fd` in chunks past the page cache, one after the other from `first` on, round and round.
void read_for_ever(int fd, std::size_t first, std::size_t chunks) {
  void* memory = nullptr;
  if (::posix_memalign(&memory, 4096, kChunk) != 0) return;
  const std::unique_ptr<void, decltype(&std::free)> buffer(memory, &std::free);
  for (std::size_t at = first;; ++at) {
    const auto offset = static_cast<off_t>(at % chunks * kChunk);
    if (::pread(fd, buffer.get(), kChunk, offset) <= 0) return;
  }
}

}  // namespace

int read_disk(const std::string& file, int readers, int owner) {
  ::prctl(PR_SET_NAME, "disk-hog");
  const os::Fd fd(::open(file.c_str(), O_RDONLY | O_DIRECT | O_CLOEXEC));
  const off_t size = fd.valid() ? ::lseek(fd.get(), 0, SEEK_END) : 0;
  const std::size_t chunks = static_cast<std::size_t>(size) / kChunk;
  if (chunks == 0) return 1;
  for (int i = 0; i < readers; ++i) {
    std::thread(read_for_ever, fd.get(), static_cast<std::size_t>(i) * 7, chunks).detach();
  }
  // A lab that was killed heals nothing: its hogs must see for themselves that it is gone.
  while (::kill(owner, 0) == 0) ::usleep(100'000);
  ::_exit(0);
}

namespace {

constexpr std::size_t kPage = 4096;
// Each takes thirty-two pages of the group out of sight while it waits: less than half of them.
constexpr int kEaters = 30;

/// Makes `bytes` of the device's pages dirty, one by one, and starts writing them back.
bool dirty_pages(int fd, std::size_t bytes) {
  const std::vector<char> page(kPage, 'b');
  for (std::size_t at = 0; at < bytes; at += kPage) {
    if (::pwrite(fd, page.data(), kPage, static_cast<off_t>(at)) != ssize_t{kPage}) return false;
  }
  return ::sync_file_range(fd, 0, static_cast<off_t>(bytes), SYNC_FILE_RANGE_WRITE) == 0;
}

/// Once it is its turn, takes pages until there are none; then it waits, as all its group does.
void take_pages(const std::atomic<int>& turn, int mine, char* memory, std::size_t bytes) {
  while (turn.load() < mine) ::usleep(10'000);
  for (std::size_t at = 0; at < bytes; at += kPage) {
    std::atomic_ref<char>(memory[at]).store(1, std::memory_order_relaxed);
  }
}

}  // namespace

int fill_memory(const std::string& device, int mib, int owner) {
  ::prctl(PR_SET_NAME, "memory-hog");
  const std::size_t bytes = static_cast<std::size_t>(mib) << 20;
  const os::Fd fd(::open(device.c_str(), O_WRONLY | O_CLOEXEC));
  void* memory = ::mmap(nullptr, kEaters * bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (!fd.valid() || memory == MAP_FAILED) return 1;
  // All of them first: a thread costs memory, too, and this one is to see its owner go.
  static std::atomic<int> turn = 0;
  for (int i = 0; i < kEaters; ++i) {
    std::thread(take_pages, std::cref(turn), i + 1,
                static_cast<char*>(memory) + bytes * static_cast<std::size_t>(i), bytes)
        .detach();
  }
  if (!dirty_pages(fd.get(), bytes)) return 1;
  // One more each tenth of a second takes what was let go meanwhile.
  for (; ::kill(owner, 0) == 0; ++turn) ::usleep(100'000);
  ::_exit(0);
}

}  // namespace alibi::lab
