// SPDX-License-Identifier: Apache-2.0
// An upgrade: the program on disk is asked, in a child, whether it could go on from here; then the
// supervisor becomes that program, keeps its children, and reloads, so that every child is replaced
// by one of the new program, the keeper by a hand-over. A program that fails or does not answer as
// an alibi of a fitting version changes nothing.
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "daemon/keeper_schedule.h"
#include "daemon/resume.h"
#include "daemon/supervisor_process.h"
#include "os/process.h"
#include "os/realtime.h"

namespace alibi::daemon {
namespace {

constexpr Duration kAnswerPatience = 30s;

/// Returns only when it could not be executed.
void execute(const std::string& program, std::vector<std::string> arguments, const os::Fd& memory) {
  ::setenv(kResumeVariable, std::to_string(memory.get()).c_str(), 1);
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  ::execv(program.c_str(), argv.data());
  ::unsetenv(kResumeVariable);
}

}  // namespace

void Supervisor::check_program() {
  if (step_ != Step::None || previous_) {
    voice().say_daemon("Upgrade refused: a reload is under way, ask again when it is complete", 1);
    return;
  }
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
    return voice().say_daemon("Upgrade failed: " + fail_errno("no pipe").value().message, 2);
  }
  answer_ = os::Fd(ends[0]);
  const os::Fd question(ends[1]);
  asked_ = os::monotonic_now();
  voice().say_daemon("Upgrading to " + options_.program);
  step_ = Step::Checking;
  upgrading_ = true;
  checker_ = {"alibi-check",
              [this, &question] {
                const auto memory = leave_generation(*current_);
                if (!memory) return 1;
                ::dup2(question.get(), STDOUT_FILENO);
                ::dup2(question.get(), STDERR_FILENO);
                os::restore_default_signals();
                auto arguments = options_.arguments;
                arguments.emplace_back(kHandshakeOption);
                execute(options_.program, std::move(arguments), *memory);
                ::dprintf(STDOUT_FILENO, "cannot be executed: %s\n", std::strerror(errno));
                return 127;
              },
              Duration(0)};
  start(checker_);
  checker_.body = nullptr;
  if (checker_.pid == 0) return refuse_program("");
  checker_.kill_at = asked_ + kAnswerPatience;
}

void Supervisor::program_checked(int status) {
  std::array<char, 512> buffer{};
  const ssize_t got = ::read(answer_.get(), buffer.data(), buffer.size());
  const std::string answer(buffer.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
  answer_.reset();
  if (stopping_) return;
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    const std::string said = answer.substr(0, answer.find('\n'));
    return refuse_program("it " + os::exit_text(status) + (said.empty() ? "" : ": " + said));
  }
  if (answer != handshake_text()) {
    return refuse_program("it does not answer as a program would that can go on from this one: "
                          "restart to change to it");
  }
  const auto memory = leave_generation(*current_);
  if (memory) {
    static_cast<void>(os::schedule_nice(0));  // a program starts up with more than its share
    execute(options_.program, options_.arguments, *memory);
    schedule_supervisor();
  }
  unleave_generation(*current_);
  refuse_program(memory ? fail_errno("it cannot be executed").value().message
                        : memory.error().message);
}

void Supervisor::refuse_program(const std::string& why) {
  voice().say_daemon("Upgrade refused, " + options_.program + " is not run" +
                         (why.empty() ? "" : ": " + why) + "; carrying on as before",
                     2);
  step_ = Step::None;
  if (again_) reload();
}

/// In the new program: the children are still of the old one.
void Supervisor::finish_upgrade() {
  voice().say_daemon("Upgraded: the supervisor runs " + options_.program +
                     " now, the others follow");
  resumed_ = true;
  reap();  // who ended while nobody was looking
  reload();
}

}  // namespace alibi::daemon
