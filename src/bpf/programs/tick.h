/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The timer interrupt of a CPU. Its lateness tells that the CPU itself did not run: no task can put
 * it off, of whatever priority, only a kernel that holds interrupts off can. */
#ifndef ALIBI_BPF_TICK_H
#define ALIBI_BPF_TICK_H

#include "common.h"
#include "../abi_host.h"

/* Longer than this between two interrupts is told. */
const volatile __u64 silence_ns = 100000000;

struct tick {
  __u64 ns;
  __u32 tid;               /* of the thread that it met, if that matters; 0: none */
  __u32 pad;
};

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct tick);
} last_tick SEC(".maps");

static __always_inline void tell_silence(__u64 since) {
  struct alibi_silent *silent = bpf_ringbuf_reserve(&events, sizeof(*silent), 0);
  if (!silent) return count_lost(ALIBI_SOURCE_TICKS);
  fill_header(&silent->header, ALIBI_SILENT, 0, 0);
  silent->since_ns = since;
  count_sent(ALIBI_SOURCE_TICKS);
  bpf_ringbuf_submit(silent, 0);
}

/* Of this CPU, its time being now; NULL: there is none. */
static __always_inline struct tick *take_tick(void) {
  const __u32 key = 0;
  struct tick *last = bpf_map_lookup_elem(&last_tick, &key);
  if (!last) return last;
  const __u64 now = bpf_ktime_get_ns();
  const __u64 since = last->ns;
  last->ns = now;
  if (since && now - since > silence_ns) tell_silence(since);
  return last;
}

#endif
