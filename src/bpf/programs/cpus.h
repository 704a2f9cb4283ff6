/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Which watched threads wait for which CPU: written by sched.bpf.c, read by ticks.bpf.c as well. */
#ifndef ALIBI_BPF_CPUS_H
#define ALIBI_BPF_CPUS_H

#include "common.h"

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, ALIBI_CPUS);
  __type(key, __u32);
  __type(value, struct alibi_cpu);
} cpus SEC(".maps");

#endif
