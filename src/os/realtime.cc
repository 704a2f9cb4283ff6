// SPDX-License-Identifier: Apache-2.0
// sched_setattr(2), sched_setscheduler(2), setrlimit(2) and mlockall(2).
#include "os/realtime.h"

#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

namespace alibi::os {
namespace {

[[gnu::noinline]] void touch_stack() {
  constexpr std::size_t kStackBytes = 64UL * 1024;
  volatile unsigned char pages[kStackBytes];
  for (std::size_t i = 0; i < kStackBytes; i += 4096) pages[i] = 0;
  static_cast<void>(pages[0]);
}

// linux/sched/types.h and linux/sched.h; glibc 2.36 wraps neither, and the header clashes with
// <sched.h>. This is the layout of SCHED_ATTR_SIZE_VER0.
struct SchedAttr {
  std::uint32_t size = sizeof(SchedAttr);
  std::uint32_t policy = 0;
  std::uint64_t flags = 0;
  std::int32_t nice = 0;
  std::uint32_t priority = 0;
  std::uint64_t runtime_ns = 0;
  std::uint64_t deadline_ns = 0;
  std::uint64_t period_ns = 0;
};
static_assert(sizeof(SchedAttr) == 48);
constexpr std::uint32_t kSchedDeadline = 6;
constexpr std::uint64_t kFlagResetOnFork = 0x01;
constexpr std::uint64_t kFlagReclaim = 0x02;

}  // namespace

Result<void> schedule_deadline(Duration runtime, Duration period) {
  SchedAttr attr;
  attr.policy = kSchedDeadline;
  attr.flags = kFlagResetOnFork | kFlagReclaim;
  attr.runtime_ns = static_cast<std::uint64_t>(runtime.count());
  attr.deadline_ns = attr.period_ns = static_cast<std::uint64_t>(period.count());
  if (::syscall(SYS_sched_setattr, 0, &attr, 0U) != 0) {
    return fail_errno("deadline scheduling refused");
  }
  return {};
}

Result<void> schedule_nice(int nice) {
  if (::setpriority(PRIO_PROCESS, 0, nice) != 0) return fail_errno("nice value refused");
  return {};
}

Result<void> bind_to_cpus(std::span<const int> cpus) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int cpu : cpus) {
    if (cpu < 0 || cpu >= CPU_SETSIZE) return fail("there is no CPU " + std::to_string(cpu));
    CPU_SET(static_cast<std::size_t>(cpu), &set);
  }
  if (::sched_setaffinity(0, sizeof set, &set) != 0) return fail_errno("CPU affinity refused");
  return {};
}

Result<void> limit_realtime(Duration limit) {
  const auto us =
      static_cast<rlim_t>(std::chrono::duration_cast<std::chrono::microseconds>(limit).count());
  const rlimit value{us / 2, us};
  if (::setrlimit(RLIMIT_RTTIME, &value) != 0) return fail_errno("RLIMIT_RTTIME refused");
  return {};
}

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

void release_free_memory() { ::malloc_trim(0); }

void release_unused_stack() {
  pthread_attr_t attributes;
  if (::pthread_getattr_np(::pthread_self(), &attributes) != 0) return;
  void* lowest = nullptr;
  std::size_t size = 0;
  const bool known = ::pthread_attr_getstack(&attributes, &lowest, &size) == 0;
  ::pthread_attr_destroy(&attributes);
  if (!known) return;
  // What madvise(2) itself calls and the red zone lie below this frame: a page is left for them.
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  const auto frame = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
  const std::uintptr_t end = (frame & ~(page - 1)) - page;
  const auto begin = reinterpret_cast<std::uintptr_t>(lowest);
  // A stack that never grew that far is not mapped below: the kernel says so, and does the rest.
  if (begin < end) static_cast<void>(::madvise(lowest, end - begin, MADV_DONTNEED));
}

}  // namespace alibi::os
