// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// A timer interrupt on each CPU whose lateness tells that the CPU itself did not run: no task can
// put it off, of whatever priority, only a kernel that holds interrupts off can.
#include "common.h"
#include "../abi_host.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Longer than this between two interrupts is told. */
const volatile __u64 silence_ns = 100000000;

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, __u64);
} last_tick SEC(".maps");

SEC("perf_event")
int on_tick(void *context) {
  const __u32 key = 0;
  __u64 *last = bpf_map_lookup_elem(&last_tick, &key);
  if (!last) return 0;
  const __u64 now = bpf_ktime_get_ns();
  const __u64 since = *last;
  *last = now;
  if (since == 0 || now - since <= silence_ns) return 0;
  struct alibi_silent *silent = bpf_ringbuf_reserve(&events, sizeof(*silent), 0);
  if (!silent) {
    count_lost(ALIBI_SOURCE_TICKS);
    return 0;
  }
  fill_header(&silent->header, ALIBI_SILENT, 0, 0);
  silent->since_ns = since;
  count_sent(ALIBI_SOURCE_TICKS);
  bpf_ringbuf_submit(silent, 0);
  return 0;
}
