// SPDX-License-Identifier: Apache-2.0
// Making, ending and reaping processes: our own children by fork, scripts by exec as a user.
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "os/fd.h"

namespace alibi::os {

/// Whom a script runs as; groups are looked up beforehand, since a fork must not.
struct Identity {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;
};
/// By user name and, if not empty, group name (or their numbers). An unknown name is an error.
Result<Identity> find_identity(const std::string& user, const std::string& group);
/// Who we are: no change of user is made for it.
Identity current_identity();

/// A child of ours that runs `body` and exits with its value. It gets SIGTERM when its parent dies,
/// however that happens. `name` is what ps shows as its comm.
Result<pid_t> fork_child(const std::string& name, const std::function<int()>& body);

struct Program {
  std::vector<std::string> argv;  ///< argv[0] is looked up in PATH
  Identity identity;
  std::vector<std::string> extra_arguments;
  std::vector<std::string> environment{};  ///< NAME=value, added to our own
  int output = -1;  ///< descriptor for what it prints (both streams); -1: /dev/null
};
/// Starts a program in a process group of its own, standard descriptors on /dev/null. It dies with
/// its parent. 127 / 126 are its exit codes when it cannot be found / executed, as in a shell.
Result<pid_t> spawn(const Program& program);

struct Exited {
  pid_t pid = 0;
  int status = 0;  ///< as wait(2) encodes it
};
/// The next child that has ended, if any; does not wait.
std::optional<Exited> reap();

/// A descriptor that is readable when the process, anybody's child, has ended; invalid: it has, or
/// the kernel does not know how.
Fd watch_process(pid_t pid);
bool has_ended(const Fd& watched);

/// "exited with status 1", "killed by signal 9 (Killed)".
std::string exit_text(int status);

}  // namespace alibi::os
