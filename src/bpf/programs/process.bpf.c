// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// Forks, execs and ends of watched processes. What a watched daemon forks is watched too; of what
// was asked for by name, whatever has that name, from its exec on.
#include "common.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

enum { SIGNAL_GROUP_EXIT = 4 };

/* Command names that were asked for, padded with NUL. */
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 256);
  __type(key, char[ALIBI_COMM]);
  __type(value, __u32);
} names SEC(".maps");

static __always_inline bool is_asked_for(struct task_struct *task) {
  char comm[ALIBI_COMM] = {};  /* before 5.17 what is behind the NUL may be anything */
  bpf_probe_read_kernel_str(comm, sizeof(comm), task->comm);
  return bpf_map_lookup_elem(&names, comm) != 0;
}

static __always_inline void watch(__u32 tgid, __u32 role) {
  if (bpf_map_update_elem(&watched, &tgid, &role, BPF_ANY)) count_lost(ALIBI_SOURCE_PROCESS);
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(on_fork, struct task_struct *parent, struct task_struct *child) {
  if (parent->tgid == child->tgid) return 0;  /* a thread */
  __u32 role = role_of(parent->tgid);
  if (!scheduling_wanted(role)) return 0;
  if (role != ALIBI_ROLE_WATCHED) role = ALIBI_ROLE_CHILD;
  else if (!is_asked_for(child)) role = 0;
  if (role) watch(child->tgid, role);
  /* Compared with NULL once: Linux 6.1 forgets at the second time that it is not. */
  struct alibi_fork *forked = bpf_ringbuf_reserve(&events, sizeof(*forked), 0);
  if (!forked) {
    count_lost(ALIBI_SOURCE_PROCESS);
    return 0;
  }
  fill_header(&forked->header, ALIBI_FORK, parent->tgid, parent->pid);
  forked->child = child->tgid;
  forked->role = role;
  count_sent(ALIBI_SOURCE_PROCESS);
  bpf_ringbuf_submit(forked, 0);
  return 0;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(on_exec, struct task_struct *task) {
  __u32 role = role_of(task->tgid);
  if (!role) {
    if (!is_asked_for(task)) return 0;
    role = ALIBI_ROLE_WATCHED;
    watch(task->tgid, role);
  }
  struct alibi_exec *exec = bpf_ringbuf_reserve(&events, sizeof(*exec), 0);
  if (!exec) {
    count_lost(ALIBI_SOURCE_PROCESS);
    return 0;
  }
  fill_header(&exec->header, ALIBI_EXEC, task->tgid, task->pid);
  exec->role = role;
  exec->args_bytes = 0;
  read_comm(exec->comm, task);
  __builtin_memset(exec->args, 0, sizeof(exec->args));
  /* The new program's arguments were written a moment ago: the pages are there. */
  const unsigned long start = BPF_CORE_READ(task, mm, arg_start);
  unsigned long size = BPF_CORE_READ(task, mm, arg_end) - start;
  if (size > ALIBI_ARGS) size = ALIBI_ARGS;
  if (size && !bpf_probe_read_user(exec->args, size & (2 * ALIBI_ARGS - 1), (void *)start))
    exec->args_bytes = size;
  count_sent(ALIBI_SOURCE_PROCESS);
  bpf_ringbuf_submit(exec, 0);
  return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(on_exit, struct task_struct *task) {
  const __u32 tgid = task->tgid;
  if (!role_of(tgid)) return 0;
  if (BPF_CORE_READ(task, signal, live.counter) > 0) return 0;  /* other threads go on */
  struct alibi_exit *end = bpf_ringbuf_reserve(&events, sizeof(*end), 0);
  bpf_map_delete_elem(&watched, &tgid);
  if (!end) {
    count_lost(ALIBI_SOURCE_PROCESS);
    return 0;
  }
  fill_header(&end->header, ALIBI_EXIT, tgid, task->pid);
  const bool group = BPF_CORE_READ(task, signal, flags) & SIGNAL_GROUP_EXIT;
  end->exit_code = group ? BPF_CORE_READ(task, signal, group_exit_code) : task->exit_code;
  end->oom_victim = BPF_CORE_READ(task, signal, oom_mm) != 0;
  read_comm(end->comm, task->group_leader);
  count_sent(ALIBI_SOURCE_PROCESS);
  bpf_ringbuf_submit(end, 0);
  return 0;
}
