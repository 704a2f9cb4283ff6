// SPDX-License-Identifier: Apache-2.0
// fork(2), execvp(3), waitpid(2), and the user database.
#include "os/process.h"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "os/signals.h"

namespace alibi::os {
namespace {

std::optional<unsigned> number(const std::string& text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::vector<gid_t> groups_of(const char* user, gid_t gid) {
  std::vector<gid_t> groups(64);
  int count = static_cast<int>(groups.size());
  if (::getgrouplist(user, gid, groups.data(), &count) < 0) {
    groups.resize(static_cast<std::size_t>(count));
    if (::getgrouplist(user, gid, groups.data(), &count) < 0) return {gid};
  }
  groups.resize(static_cast<std::size_t>(count));
  return groups;
}

// Only async-signal-safe calls from here: the process may have had threads.
void become(const Identity& identity) {
  if (identity.uid == ::geteuid() && identity.gid == ::getegid()) return;
  if (::setgroups(identity.groups.size(), identity.groups.data()) != 0 ||
      ::setgid(identity.gid) != 0 || ::setuid(identity.uid) != 0) {
    ::_exit(126);
  }
}

void die_with(pid_t parent, int signal) {
  ::prctl(PR_SET_PDEATHSIG, signal);
  if (::getppid() != parent) ::_exit(128 + signal);  // it died before prctl
}

[[noreturn]] void exec_child(pid_t parent, const Identity& identity, int output,
                             char* const* argv, char* const* environment) {
  ::setpgid(0, 0);
  restore_default_signals();
  const int null = ::open("/dev/null", O_RDWR);
  for (int fd = 0; fd <= 2; ++fd) ::dup2(fd > 0 && output > 2 ? output : null, fd);
  if (null > 2) ::close(null);
  become(identity);
  die_with(parent, SIGKILL);  // after setuid, which clears it
  ::execvpe(argv[0], argv, environment);
  ::_exit(errno == ENOENT ? 127 : 126);
}

}  // namespace

Result<Identity> find_identity(const std::string& user, const std::string& group) {
  const auto uid = number(user);
  const passwd* entry = uid ? ::getpwuid(*uid) : ::getpwnam(user.c_str());
  if (entry == nullptr && !uid) return fail("user '" + user + "' does not exist: create it");
  Identity identity;
  identity.name = entry != nullptr ? entry->pw_name : user;
  identity.uid = entry != nullptr ? entry->pw_uid : *uid;
  identity.gid = entry != nullptr ? entry->pw_gid : static_cast<gid_t>(identity.uid);
  if (!group.empty()) {
    const auto gid = number(group);
    const struct group* found = gid ? ::getgrgid(*gid) : ::getgrnam(group.c_str());
    if (found == nullptr && !gid) return fail("group '" + group + "' does not exist: create it");
    identity.gid = found != nullptr ? found->gr_gid : *gid;
  }
  identity.groups = groups_of(identity.name.c_str(), identity.gid);
  return identity;
}

Identity current_identity() {
  Identity identity;
  identity.uid = ::geteuid();
  identity.gid = ::getegid();
  const passwd* entry = ::getpwuid(identity.uid);
  identity.name = entry != nullptr ? entry->pw_name : std::to_string(identity.uid);
  return identity;
}

Result<pid_t> fork_child(const std::string& name, const std::function<int()>& body) {
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return fail_errno("cannot fork the " + name);
  if (pid > 0) return pid;
  die_with(parent, SIGTERM);
  ::prctl(PR_SET_NAME, name.c_str());
  ::_exit(body());
}

Result<pid_t> spawn(const Program& program) {
  if (program.argv.empty()) return fail("no program to run");
  std::vector<char*> argv;
  for (const auto& word : program.argv) argv.push_back(const_cast<char*>(word.c_str()));
  for (const auto& word : program.extra_arguments) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  std::vector<char*> environment;
  for (char** word = environ; *word != nullptr; ++word) environment.push_back(*word);
  for (const auto& word : program.environment) {
    environment.push_back(const_cast<char*>(word.c_str()));
  }
  environment.push_back(nullptr);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return fail_errno("cannot fork to run " + program.argv[0]);
  if (pid == 0) {
    exec_child(parent, program.identity, program.output, argv.data(), environment.data());
  }
  ::setpgid(pid, pid);  // both sides: whoever comes first; a kill of the group must find it
  return pid;
}

std::optional<Exited> reap() {
  int status = 0;
  const pid_t pid = ::waitpid(-1, &status, WNOHANG);
  if (pid <= 0) return std::nullopt;
  return Exited{pid, status};
}

Fd watch_process(pid_t pid) {
  if (pid <= 0) return {};
  return Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

bool has_ended(const Fd& watched) {
  pollfd waiting{watched.get(), POLLIN, 0};
  return ::poll(&waiting, 1, 0) > 0;
}

std::string exit_text(int status) {
  if (WIFSIGNALED(status)) {
    const int signal = WTERMSIG(status);
    return "killed by signal " + std::to_string(signal) + " (" + ::strsignal(signal) + ")";
  }
  return "exited with status " + std::to_string(WEXITSTATUS(status));
}

}  // namespace alibi::os
