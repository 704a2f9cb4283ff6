// SPDX-License-Identifier: Apache-2.0
// signalfd(2) behind SignalQueue.
#include "os/signals.h"

#include <signal.h>
#include <sys/signalfd.h>

namespace alibi::os {

Result<SignalQueue> SignalQueue::create(std::initializer_list<int> signals) {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : signals) ::sigaddset(&set, signal);
  // SIG_SETMASK: what the parent process blocked for its own loop must not stay blocked here.
  if (::sigprocmask(SIG_SETMASK, &set, nullptr) != 0) return fail_errno("cannot block signals");
  Fd fd(::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
  if (!fd.valid()) return fail_errno("cannot create a signal descriptor");
  return SignalQueue(std::move(fd));
}

int SignalQueue::next() const {
  signalfd_siginfo info{};
  if (::read(fd_.get(), &info, sizeof info) != sizeof info) return 0;
  return static_cast<int>(info.ssi_signo);
}

void restore_default_signals() {
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) ::sigaction(signal, &action, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

}  // namespace alibi::os
