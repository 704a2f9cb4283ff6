// SPDX-License-Identifier: Apache-2.0
// sched_setscheduler(2) and mlockall(2).
#include "os/realtime.h"

#include <sched.h>
#include <sys/mman.h>

#include <cstddef>

namespace alibi::os {
namespace {

[[gnu::noinline]] void touch_stack() {
  constexpr std::size_t kStackBytes = 64UL * 1024;
  volatile unsigned char pages[kStackBytes];
  for (std::size_t i = 0; i < kStackBytes; i += 4096) pages[i] = 0;
  static_cast<void>(pages[0]);
}

}  // namespace

Result<void> schedule_realtime(int priority) {
  sched_param param{};
  param.sched_priority = priority;
  if (::sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &param) != 0) {
    return fail_errno("real-time scheduling refused (needs CAP_SYS_NICE or LimitRTPRIO=)");
  }
  return {};
}

Result<void> lock_memory() {
  if (::mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) != 0) {
    return fail_errno("memory not locked (needs CAP_IPC_LOCK or a higher LimitMEMLOCK=)");
  }
  touch_stack();
  return {};
}

}  // namespace alibi::os
