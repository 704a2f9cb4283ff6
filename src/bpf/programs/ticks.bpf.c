// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// A timer interrupt on each CPU: its lateness (tick.h), and where it meets the same thread twice in a
// row, a watched one or one whose CPU a watched one waits for, where that thread is. Needs BTF.
#include "tick.h"
#include "cpus.h"
#include "../abi_host.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* The stack is that of the interrupted code: bpf_get_stack() of a perf event begins there. */
static __always_inline void tell_where(void *context, struct task_struct *task) {
  struct alibi_ran *ran = bpf_ringbuf_reserve(&events, sizeof(*ran), 0);
  if (!ran) return count_lost(ALIBI_SOURCE_TICKS);
  fill_header(&ran->header, ALIBI_RAN, task->tgid, task->pid);
  struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);
  const alibi_s32 number = ALIBI_SYSCALL(regs);
  ran->syscall = number < 0 || (task->flags & PF_KTHREAD) ? -1 : number;
  ran->stack_bytes = (alibi_s32)bpf_get_stack(context, ran->stack, sizeof(ran->stack), 0);
  count_sent(ALIBI_SOURCE_TICKS);
  bpf_ringbuf_submit(ran, quiet_flags());
}

static __always_inline bool is_waited_for(__u32 cpu) {
  const struct alibi_cpu *here = bpf_map_lookup_elem(&cpus, &cpu);
  if (!here) return false;
  for (__u32 i = 0; i < ALIBI_CPU_WAITERS; i++)
    if (here->waiter[i]) return true;
  return false;
}

SEC("perf_event")
int on_tick(void *context) {
  struct tick *last = take_tick();
  if (!last) return 0;
  struct task_struct *task = bpf_get_current_task_btf();
  const __u32 before = last->tid;
  const bool matters =
      scheduling_wanted(role_of(task->tgid)) || is_waited_for(bpf_get_smp_processor_id());
  last->tid = matters ? task->pid : 0;
  if (last->tid && last->tid == before) tell_where(context, task);
  return 0;
}
