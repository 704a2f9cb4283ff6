// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// Signals to watched processes, and who sent them.
#include "common.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

enum { SI_KERNEL = 0x80, SIGSTOP_ = 19 };

SEC("tp_btf/signal_generate")
int BPF_PROG(on_signal, int number, struct kernel_siginfo *info, struct task_struct *target) {
  if (!role_of(target->tgid)) return 0;
  struct alibi_signal *sent = bpf_ringbuf_reserve(&events, sizeof(*sent), 0);
  if (!sent) {
    count_lost(ALIBI_SOURCE_SIGNAL);
    return 0;
  }
  fill_header(&sent->header, ALIBI_SIGNAL, target->tgid, target->pid);
  __builtin_memset(sent->sender_comm, 0, sizeof(sent->sender_comm));
  __builtin_memset(sent->sender_parent_comm, 0, sizeof(sent->sender_parent_comm));
  sent->signal = number;
  sent->sender_pid = 0;
  sent->sender_parent_pid = 0;
  read_comm(sent->target_comm, target);
  /* 0 and 1 are no pointers: SEND_SIG_NOINFO (a user) and SEND_SIG_PRIV (the kernel). */
  if ((unsigned long)info == 0)
    sent->code = 0;
  else if ((unsigned long)info == 1)
    sent->code = SI_KERNEL;
  else
    sent->code = BPF_CORE_READ(info, si_code);
  struct task_struct *sender = bpf_get_current_task_btf();
  /* A SIGSTOP of the kernel's own is PTRACE_ATTACH's (kernel/ptrace.c), sent by the tracer's call. */
  bool attached = sent->code == SI_KERNEL && number == SIGSTOP_ && sender->tgid != target->tgid;
  if (sent->code <= 0 || attached) {  /* SI_FROMUSER */
    struct task_struct *parent = BPF_CORE_READ(sender, real_parent);
    sent->sender_pid = sender->tgid;
    read_comm(sent->sender_comm, sender);
    sent->sender_parent_pid = BPF_CORE_READ(parent, tgid);
    BPF_CORE_READ_INTO(&sent->sender_parent_comm, parent, comm);
  }
  count_sent(ALIBI_SOURCE_SIGNAL);
  bpf_ringbuf_submit(sent, 0);
  return 0;
}
