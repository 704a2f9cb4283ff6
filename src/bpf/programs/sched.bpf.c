// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// Why a watched thread is not on a CPU: what it did when it left, who woke it, and who held the CPU
// that it waited for. Switches of other threads cost two hash misses and one array look-up.
#include "common.h"
#include "cpus.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1024);
  __type(key, __u32);
  __type(value, struct alibi_wait);
} waits SEC(".maps");

/* An interrupt runs in the name of whoever it hit. "In interrupt" is a per-CPU variable that many
 * kernels do not export, so this goes by what a wake-up by a task itself needs: it is in a system
 * call, or a kernel thread. An interrupt that hits a system call is still taken for its task. */
static __always_inline bool acts_itself(struct task_struct *task) {
  if (task->flags & PF_KTHREAD) return task->pid != 0;
  struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);
  return ALIBI_SYSCALL(regs) >= 0;
}

/* Since 6.18 the task itself says so, before that its run queue. */
static __always_inline bool is_throttled(const struct alibi_wait *wait) {
  struct task_struct *task = (struct task_struct *)wait->task;
  if (bpf_core_field_exists(task->throttled)) return BPF_CORE_READ(task, throttled);
  if (bpf_core_field_exists(task->se.cfs_rq) &&
      bpf_core_field_exists(((struct cfs_rq *)0)->throttle_count))
    return BPF_CORE_READ(task, se.cfs_rq, throttle_count) > 0;
  return false;
}

/* `cpu_since_ns` is when the wait came to its present CPU: what ran there before is no rival. */
static __always_inline void start_waiting(struct task_struct *task, __u32 cpu) {
  const __u32 tid = task->pid;
  struct alibi_cpu *here = bpf_map_lookup_elem(&cpus, &cpu);
  if (!here) return;
  static const struct alibi_wait zero;
  if (bpf_map_update_elem(&waits, &tid, &zero, BPF_NOEXIST)) return;  /* waits already */
  struct alibi_wait *wait = bpf_map_lookup_elem(&waits, &tid);
  if (!wait) return;
  wait->cpu = cpu;
  wait->task = (__u64)task;
  wait->cpu_since_ns = wait->since_ns = bpf_ktime_get_ns();
  wait->throttled = is_throttled(wait);
  /* Slots of one CPU change under its run queue lock, except for migrations: claim atomically. */
  for (__u32 i = 0; i < ALIBI_CPU_WAITERS; i++)
    if (__sync_val_compare_and_swap(&here->waiter[i], 0, tid) == 0) return;
}

static __always_inline void leave_cpu(__u32 tid, __u32 cpu) {
  struct alibi_cpu *there = bpf_map_lookup_elem(&cpus, &cpu);
  if (!there) return;
  for (__u32 i = 0; i < ALIBI_CPU_WAITERS; i++)
    __sync_val_compare_and_swap(&there->waiter[i], tid, 0);
}

/* A thread that leaves the CPU had it: whatever wait is on the books ended before. A wake-up of a
 * thread that runs begins one like any other (it may be on its way to sleep), and without this the
 * sleep that follows would count as a want of CPU. */
static __always_inline void forget_wait(struct task_struct *task) {
  const __u32 tid = task->pid;
  struct alibi_wait *wait = bpf_map_lookup_elem(&waits, &tid);
  if (!wait) return;
  leave_cpu(tid, wait->cpu);
  bpf_map_delete_elem(&waits, &tid);
}

/* The longest period of the quotas above `task`: a throttled task runs again at its end at the
 * latest, but for a debt. */
static __always_inline __u64 quota_period(struct task_struct *task) {
  enum { LEVELS = 8, DEFAULT_NS = 100 * 1000 * 1000 };  /* kernel/sched/fair.c: 100 ms */
  if (!bpf_core_field_exists(task->sched_task_group) ||
      !bpf_core_field_exists(((struct task_group *)0)->cfs_bandwidth))
    return DEFAULT_NS;
  struct task_group *group = BPF_CORE_READ(task, sched_task_group);
  __u64 longest = 0;
  for (int i = 0; i < LEVELS && group; i++) {
    const __u64 period = BPF_CORE_READ(group, cfs_bandwidth.period);
    if (BPF_CORE_READ(group, cfs_bandwidth.quota) != ~0ULL && period > longest) longest = period;
    group = BPF_CORE_READ(group, parent);
  }
  return longest ? longest : DEFAULT_NS;
}

static __always_inline void name_rival(struct alibi_rival *rival, struct task_struct *runner,
                                       __s32 pid, __u64 ns) {
  rival->pid = pid;
  rival->ns = ns;
  rival->policy = BPF_CORE_READ(runner, policy);
  rival->rt_priority = BPF_CORE_READ(runner, rt_priority);
  read_comm(rival->comm, runner);
}

/* `pid` held the CPU for `ns` while the thread of `wait` waited for it; `runner` tells the rest.
 * Where all slots are taken, the one that had least of it gives its name up, so that many short
 * runs hide no long one; what was nobody's, idle or without quota, is never among the others. */
static __always_inline void add_time(struct alibi_wait *wait, struct task_struct *runner, __s32 pid,
                                     __u64 ns) {
  __u32 least = 0;
  __u64 least_ns = ~0ULL;
  for (__u32 i = 0; i < ALIBI_RIVALS - 1; i++) {
    struct alibi_rival *rival = &wait->rival[i];
    if (i >= wait->rivals) {
      name_rival(rival, runner, pid, ns);
      wait->rivals = i + 1;
      return;
    }
    if (rival->pid == pid) {
      rival->ns += ns;
      return;
    }
    if (rival->pid <= 0 || rival->ns >= least_ns) continue;
    least = i;
    least_ns = rival->ns;
  }
  struct alibi_rival *others = &wait->rival[ALIBI_RIVALS - 1];
  struct alibi_rival *smallest = &wait->rival[least & (ALIBI_RIVALS - 1)];
  others->pid = ALIBI_RIVAL_OTHERS;
  wait->rivals = ALIBI_RIVALS;
  if (pid > 0 && ns <= least_ns) {
    others->ns += ns;
    return;
  }
  others->ns += smallest->ns;
  name_rival(smallest, runner, pid, ns);
}

/* How much of a slice of `ns` the thread was out of quota, and so without a rival however busy the
 * CPU. Nothing tells when a quota comes back. Out of quota at the end of the slice: all of it. At
 * its beginning only: until the end of the period, or all of it on an idle CPU, because that takes
 * a task that may run at once. */
static __always_inline __u64 throttled_time(struct alibi_wait *wait, __s32 runner, __u64 ns) {
  const bool throttled = is_throttled(wait);
  const bool before = wait->throttled;
  wait->throttled = throttled;
  if (throttled) return ns;
  if (!before) return 0;
  if (runner == 0) return ns;
  const __u64 period = quota_period((struct task_struct *)wait->task);
  return period < ns ? period : ns;
}

/* What the task on this CPU had of it since its switch-in or since `wait` came here, the later. A
 * global function: the verifier judges it once, for any arguments. Judged anew at each slot of a CPU
 * it is more than the million instructions that Linux 6.1 is willing to look at. */
__noinline int add_slice(struct alibi_wait *wait, const struct alibi_cpu *here, __u64 now) {
  if (!wait || !here) return 0;
  struct task_struct *runner = (struct task_struct *)here->runner;
  const __u64 began = here->last_switch_ns;
  const __u64 from = wait->cpu_since_ns > began ? wait->cpu_since_ns : began;
  /* 0: no switch was seen on this CPU yet, so that nobody knows since when its task runs. */
  if (!began || now <= from) return 0;
  const __s32 tgid = BPF_CORE_READ(runner, tgid);
  const __u64 without = throttled_time(wait, tgid, now - from);
  if (without) add_time(wait, runner, ALIBI_RIVAL_THROTTLED, without);
  if (without < now - from) add_time(wait, runner, tgid, now - from - without);
  return 0;
}

/* `runner` is about to leave this CPU. */
static __always_inline void account(const struct alibi_cpu *here, const struct task_struct *runner,
                                    __u64 now) {
  for (__u32 i = 0; i < ALIBI_CPU_WAITERS; i++) {
    const __u32 tid = here->waiter[i];
    if (!tid || tid == (__u32)runner->pid) continue;
    struct alibi_wait *wait = bpf_map_lookup_elem(&waits, &tid);
    if (!wait || !wait->since_ns) continue;
    add_slice(wait, here, now);
  }
}

static __always_inline void fill_off(struct alibi_off *off, struct task_struct *prev,
                                     bool preempted, __u32 state) {
  fill_header(&off->header, ALIBI_OFF, prev->tgid, prev->pid);
  off->prev_state = state;
  off->preempted = preempted;
  off->io_wait = BPF_CORE_READ_BITFIELD(prev, in_iowait);
  off->memory_stall = bpf_core_field_exists(prev->in_memstall)
                          ? BPF_CORE_READ_BITFIELD(prev, in_memstall) : 0;
  off->pad = 0;
  off->stack_bytes = 0;
  off->syscall = -1;
  off->arguments[0] = off->arguments[1] = off->arguments[2] = 0;
  /* prev is still the current task here, and its user registers tell the system call. */
  struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(bpf_get_current_task_btf());
  const alibi_s32 number = ALIBI_SYSCALL(regs);
  if (number < 0) return;
  off->syscall = number;
  off->arguments[0] = ALIBI_ARG0(regs);
  off->arguments[1] = ALIBI_ARG1(regs);
  off->arguments[2] = ALIBI_ARG2(regs);
}

static __always_inline void send_off(void *ctx, struct task_struct *prev, bool preempted,
                                     __u32 state) {
  if (preempted) {
    struct alibi_off *brief = bpf_ringbuf_reserve(&events, ALIBI_OFF_SHORT, 0);
    if (!brief) return count_lost(ALIBI_SOURCE_SCHED);
    fill_off(brief, prev, true, state);
    count_sent(ALIBI_SOURCE_SCHED);
    return bpf_ringbuf_submit(brief, quiet_flags());
  }
  struct alibi_off *off = bpf_ringbuf_reserve(&events, sizeof(*off), 0);
  if (!off) return count_lost(ALIBI_SOURCE_SCHED);
  fill_off(off, prev, false, state);
  off->stack_bytes = (alibi_s32)bpf_get_stack(ctx, off->stack, sizeof(off->stack), 0);
  count_sent(ALIBI_SOURCE_SCHED);
  bpf_ringbuf_submit(off, quiet_flags());
}

/* `on` has room for `rival_bytes` of rivals. */
static __always_inline void send_waited(struct alibi_on *on, struct task_struct *next,
                                        const struct alibi_wait *wait, __u64 now,
                                        const __u64 rival_bytes) {
  fill_header(&on->header, ALIBI_ON, next->tgid, next->pid);
  on->waited_ns = now > wait->since_ns ? now - wait->since_ns : 0;
  on->rivals = wait->rivals;
  on->pad = 0;
  __builtin_memcpy(on->rival, wait->rival, rival_bytes);
  count_sent(ALIBI_SOURCE_SCHED);
  bpf_ringbuf_submit(on, quiet_flags());
}

static __always_inline void send_on(struct task_struct *next, __u64 now) {
  const __u32 tid = next->pid;
  struct alibi_wait *wait = bpf_map_lookup_elem(&waits, &tid);
  if (!wait) {
    struct alibi_on *brief = bpf_ringbuf_reserve(&events, ALIBI_ON_SHORT, 0);
    if (!brief) return count_lost(ALIBI_SOURCE_SCHED);
    fill_header(&brief->header, ALIBI_ON, next->tgid, tid);
    brief->waited_ns = 0;
    brief->rivals = 0;
    brief->pad = 0;
    count_sent(ALIBI_SOURCE_SCHED);
    return bpf_ringbuf_submit(brief, quiet_flags());
  }
  leave_cpu(tid, wait->cpu);
  /* Most waits have one rival or two: the size of a record must be known to the verifier. */
  if (wait->rivals <= ALIBI_RIVALS_FEW) {
    struct alibi_on *few = bpf_ringbuf_reserve(&events, ALIBI_ON_FEW, 0);
    if (few) send_waited(few, next, wait, now, ALIBI_RIVALS_FEW * sizeof(struct alibi_rival));
    else count_lost(ALIBI_SOURCE_SCHED);
  } else {
    struct alibi_on *on = bpf_ringbuf_reserve(&events, sizeof(*on), 0);
    if (on) send_waited(on, next, wait, now, sizeof(on->rival));
    else count_lost(ALIBI_SOURCE_SCHED);
  }
  bpf_map_delete_elem(&waits, &tid);
}

/* A log reader may switch ten thousand times a second; what counts of it is a long want of CPU,
 * because the writer waits for it, too. */
enum { LONG_WAIT_NS = 50 * 1000 * 1000 };

static __always_inline void reader_on(struct task_struct *next, __u64 now) {
  const __u32 tid = next->pid;
  struct alibi_wait *wait = bpf_map_lookup_elem(&waits, &tid);
  if (!wait) return;
  if (now > wait->since_ns + LONG_WAIT_NS) return send_on(next, now);
  leave_cpu(tid, wait->cpu);
  bpf_map_delete_elem(&waits, &tid);
}

SEC("tp_btf/sched_switch")
int BPF_PROG(on_switch, bool preempt, struct task_struct *prev, struct task_struct *next,
             unsigned int prev_state) {
  const __u64 now = bpf_ktime_get_ns();
  const __u32 cpu = bpf_get_smp_processor_id();
  struct alibi_cpu *here = bpf_map_lookup_elem(&cpus, &cpu);
  if (here) {
    account(here, prev, now);
    here->last_switch_ns = now;
    here->runner = (__u64)next;
  }
  const bool runnable = preempt || prev_state == 0;
  const __u32 prev_role = role_of(prev->tgid);
  if (waits_wanted(prev_role)) forget_wait(prev);
  if (scheduling_wanted(prev_role)) send_off(ctx, prev, runnable, prev_state);
  if (runnable && waits_wanted(prev_role)) start_waiting(prev, cpu);
  const __u32 next_role = role_of(next->tgid);
  if (scheduling_wanted(next_role)) send_on(next, now);
  if (next_role == ALIBI_ROLE_READER) reader_on(next, now);
  return 0;
}

SEC("tp_btf/sched_waking")
int BPF_PROG(on_waking, struct task_struct *task) {
  if (!scheduling_wanted(role_of(task->tgid))) return 0;
  struct alibi_woken *woken = bpf_ringbuf_reserve(&events, sizeof(*woken), 0);
  if (!woken) {
    count_lost(ALIBI_SOURCE_SCHED);
    return 0;
  }
  fill_header(&woken->header, ALIBI_WOKEN, task->tgid, task->pid);
  __builtin_memset(woken->waker_comm, 0, sizeof(woken->waker_comm));
  woken->waker_pid = 0;
  woken->pad = 0;
  struct task_struct *waker = bpf_get_current_task_btf();
  if (acts_itself(waker)) {
    woken->waker_pid = waker->tgid;
    read_comm(woken->waker_comm, waker);
  }
  count_sent(ALIBI_SOURCE_SCHED);
  bpf_ringbuf_submit(woken, quiet_flags());
  return 0;
}

/* Fires when the thread is on a run queue: only now its CPU is decided. */
SEC("tp_btf/sched_wakeup")
int BPF_PROG(on_wakeup, struct task_struct *task) {
  if (waits_wanted(role_of(task->tgid))) start_waiting(task, task->thread_info.cpu);
  return 0;
}

SEC("tp_btf/sched_migrate_task")
int BPF_PROG(on_migrate, struct task_struct *task, int to) {
  const __u32 tid = task->pid;
  struct alibi_wait *wait = bpf_map_lookup_elem(&waits, &tid);
  if (!wait) return 0;
  /* The queue it leaves is locked, so its current task stays while this settles with it. */
  const __u64 now = bpf_ktime_get_ns();
  const __u32 old = wait->cpu;
  struct alibi_cpu *left = bpf_map_lookup_elem(&cpus, &old);
  if (left && left->runner) add_slice(wait, left, now);
  leave_cpu(tid, old);
  const __u32 cpu = to;
  wait->cpu = cpu;
  wait->cpu_since_ns = now;
  struct alibi_cpu *there = bpf_map_lookup_elem(&cpus, &cpu);
  if (!there) return 0;
  for (__u32 i = 0; i < ALIBI_CPU_WAITERS; i++)
    if (__sync_val_compare_and_swap(&there->waiter[i], 0, tid) == 0) break;
  return 0;
}
