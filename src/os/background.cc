// SPDX-License-Identifier: Apache-2.0
// Forks twice: the child in between is waited for, and init inherits the program.
#include "os/background.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "os/signals.h"

namespace alibi::os {
namespace {

constexpr int kLowest = 19;

[[noreturn]] void become(char* const* argv) {
  restore_default_signals();
  (void)::setpriority(PRIO_PROCESS, 0, kLowest);
  ::execvp(argv[0], argv);
  const char* const why = ::strerrordesc_np(errno);
  for (const char* part : {"alibi: cannot run ", const_cast<const char*>(argv[0]), ": ", why, "\n"})
    (void)!::write(STDERR_FILENO, part, std::strlen(part));
  ::_exit(127);
}

}  // namespace

Result<void> run_in_background(const std::vector<std::string>& argv) {
  std::vector<char*> words;
  for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  const pid_t between = ::fork();
  if (between < 0) return fail_errno("cannot run " + argv.front());
  if (between == 0) {
    const pid_t program = ::fork();
    if (program == 0) become(words.data());
    ::_exit(program < 0 ? 1 : 0);
  }
  int status = 0;
  while (::waitpid(between, &status, 0) < 0 && errno == EINTR) {
  }
  if (status != 0) return fail("cannot run " + argv.front() + ": no process for it");
  return {};
}

}  // namespace alibi::os
