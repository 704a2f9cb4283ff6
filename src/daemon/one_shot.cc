// SPDX-License-Identifier: Apache-2.0
// The run and its two deadlines.
#include "daemon/one_shot.h"

#include <signal.h>

#include "daemon/script_user.h"

namespace alibi::daemon {

Result<void> OneShot::start(const config::Settings& settings, const config::Command& command,
                            Instant now) {
  auto user = runner_of(settings, command);
  const auto pid = user ? os::spawn({command.words, std::move(user->identity), {}})
                        : Result<pid_t>(tl::unexpected(user.error()));
  if (!pid) return fail(what_ + " not run: " + pid.error().message);
  pid_ = *pid;
  deadline_ = now + timeout_;
  return {};
}

void OneShot::step(Instant now) {
  if (pid_ == 0 || now < deadline_) return;
  ::kill(-pid_, overdue_ ? SIGKILL : SIGTERM);
  deadline_ = overdue_ ? kNever : now + 1s;
  overdue_ = true;
}

void OneShot::ended(const os::Exited& exited) {
  if (pid_ == 0 || exited.pid != pid_) return;
  pid_ = 0;
  deadline_ = kNever;
  if (overdue_) {
    outcome_ = what_ + " ended after its " + seconds_text(timeout_, 0) + " were over";
  } else if (exited.status != 0) {
    outcome_ = what_ + " " + os::exit_text(exited.status);
  }
}

}  // namespace alibi::daemon
