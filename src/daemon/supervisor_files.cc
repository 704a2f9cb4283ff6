// SPDX-License-Identifier: Apache-2.0
// What the supervisor leaves for others: pid files, and which processes run; and the scripts that
// surround its life.
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "daemon/supervisor_process.h"

namespace alibi::daemon {

void prepare_files(const RunOptions& options) {
  std::error_code ignored;  // what the folder is for fails later, and says so
  std::filesystem::create_directories(options.run_folder, ignored);
  ::umask(static_cast<mode_t>(options.umask));  // also of files that scripts make, as keepalived's
}

void Supervisor::publish(const Generation& generation, std::size_t role) {
  const Child& child = generation.children.at(role);
  const auto age = os::monotonic_now() - child.started;
  auto& shared = generation.channels.page.household();
  shared.supervisor_pid.store(::getpid());
  shared.processes.at(role).publish(
      {child.pid, child.starts == 0 ? 0 : child.starts - 1, os::realtime_now_ns() - age.count()});
  const bool named = role == kKeeper && child.pid != 0 && &generation == current_.get();
  if (named) static_cast<void>(keeper_pid_.set(child.pid));
}

void Supervisor::run_script(const char* what, const config::Command& command, Duration timeout) {
  if (command.empty()) return;
  script_.emplace(what, timeout);
  const auto started = script_->start(current_->settings, command, os::monotonic_now());
  if (!started) {
    voice().say_daemon(started.error().message, 2);
    return;
  }
  while (script_->running()) {
    loop_.set_deadline(script_->deadline());
    if (!loop_.wait()) return;
    script_->step(os::monotonic_now());
  }
  if (!script_->outcome().empty()) voice().say_daemon(script_->outcome(), 1);
}

/// A file that another alibi holds is left alone: it may run in another network namespace.
void Supervisor::write_pids() {
  const auto take = [&](PidFile& file, const std::string& given, const char* name, pid_t pid) {
    auto made = PidFile::create(given.empty() ? options_.run_folder + "/" + name : given, pid);
    if (made) {
      file = std::move(*made);
    } else {
      voice().say_daemon("no pid file: " + made.error().message, 1);
    }
    return made.has_value();
  };
  if (!take(own_pid_, options_.pid_file, "alibi.pid", ::getpid())) return;
  take(keeper_pid_, options_.keeper_pid_file, "keeper.pid",
       current_->children[kKeeper].pid);
}

}  // namespace alibi::daemon
