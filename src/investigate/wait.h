// SPDX-License-Identifier: Apache-2.0
// How a wait is to be read: state letter, kernel functions on the stack, system call, and what
// /proc says of the descriptor. The one place that knows kernel function names.
#pragma once

#include <string>

#include "evidence/event.h"
#include "investigate/timeline.h"

namespace alibi::investigate {

Doing classify_wait(const evidence::WaitTarget& target);

/// Does a /proc sample say more than the scheduler event about a wait in this state?
bool refines(const evidence::WaitTarget& target, Doing doing);
Doing refined(const evidence::WaitTarget& target, Doing doing);

/// Running, or Spinning where it waits in the kernel for another CPU.
Doing classify_run(const evidence::ThreadRan& ran);

/// One phrase for the account: "in sendto(2), unix_wait_for_peer".
std::string wait_text(const evidence::ThreadOff& off);
std::string wait_text(const evidence::WaitTarget& target);
std::string wait_text(const evidence::ProcessExit& exit);

/// "in its own code", "in sendmsg(2)", "in the kernel"; with the function that it spins in.
std::string run_text(const evidence::ThreadRan& ran);

/// "SIGKILL", "SIGTERM", "signal 42".
std::string signal_name(int signal);

}  // namespace alibi::investigate
