// SPDX-License-Identifier: Apache-2.0
// Files in memory stand at all three descriptors: neither side can wait for the other.
#include "os/filter_program.h"

#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "os/fd.h"
#include "os/process.h"

namespace alibi::os {
namespace {

Result<void> write_all(int fd, std::string_view octets) {
  while (!octets.empty()) {
    const ssize_t done = ::write(fd, octets.data(), octets.size());
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return fail_errno("cannot keep what a program is to read");
    octets.remove_prefix(static_cast<std::size_t>(done));
  }
  ::lseek(fd, 0, SEEK_SET);
  return {};
}

std::string all_of(int fd) {
  std::string out;
  std::array<char, 65536> buffer{};
  ::lseek(fd, 0, SEEK_SET);
  for (;;) {
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return out;
    out.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace

Result<std::string> filter_program(const std::vector<std::string>& argv, std::string_view input) {
  std::array<Fd, 3> files;
  for (Fd& file : files) {
    file = Fd(::memfd_create("alibi", MFD_CLOEXEC));
    if (!file.valid()) return fail_errno("cannot make a file in memory");
  }
  if (auto kept = write_all(files[0].get(), input); !kept) return tl::unexpected(kept.error());
  posix_spawn_file_actions_t actions{};
  posix_spawn_file_actions_init(&actions);
  for (int i = 0; i < 3; ++i) {
    posix_spawn_file_actions_adddup2(&actions, files[static_cast<std::size_t>(i)].get(), i);
  }
  std::vector<char*> words;
  for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  pid_t pid = 0;
  const int failed =
      ::posix_spawnp(&pid, argv.front().c_str(), &actions, nullptr, words.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) {
    errno = failed;
    return fail_errno("cannot run " + argv.front());
  }
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (status == 0) return all_of(files[1].get());
  std::string said = all_of(files[2].get());
  while (!said.empty() && said.back() == '\n') said.pop_back();
  return fail(argv.front() + " " + exit_text(status) + (said.empty() ? "" : ": " + said));
}

}  // namespace alibi::os
