// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// When a watched thread has to reclaim memory itself. Reclaim runs on the CPU, so that nothing but
// these events tells it from the thread's own work. They fire in reclaim only: an idle host pays
// nothing for them.
#include "common.h"
#include "../abi_memory_io.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct reclaim {
  __u64 begin_ns;
  __u64 throttled_ns;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1024);
  __type(key, __u32);
  __type(value, struct reclaim);
} reclaims SEC(".maps");

static __always_inline bool current_is_watched(void) {
  return scheduling_wanted(role_of(bpf_get_current_pid_tgid() >> 32));
}

static __always_inline int begin(void) {
  if (!current_is_watched()) return 0;
  const __u32 tid = (__u32)bpf_get_current_pid_tgid();
  const struct reclaim fresh = {.begin_ns = bpf_ktime_get_ns()};
  if (bpf_map_update_elem(&reclaims, &tid, &fresh, BPF_ANY)) count_lost(ALIBI_SOURCE_MEMORY);
  return 0;
}

static __always_inline int end(__u32 group, unsigned long pages) {
  const __u64 ids = bpf_get_current_pid_tgid();
  const __u32 tid = (__u32)ids;
  const struct reclaim *was = bpf_map_lookup_elem(&reclaims, &tid);
  if (!was) return 0;
  struct alibi_reclaim *told = bpf_ringbuf_reserve(&events, sizeof(*told), 0);
  if (told) {
    fill_header(&told->header, ALIBI_RECLAIM, ids >> 32, tid);
    told->begin_ns = was->begin_ns;
    told->throttled_ns = was->throttled_ns;
    told->pages = pages;
    told->group = group;
    told->pad = 0;
    count_sent(ALIBI_SOURCE_MEMORY);
    bpf_ringbuf_submit(told, quiet_flags());
  } else {
    count_lost(ALIBI_SOURCE_MEMORY);
  }
  bpf_map_delete_elem(&reclaims, &tid);
  return 0;
}

SEC("tp_btf/mm_vmscan_direct_reclaim_begin")
int BPF_PROG(on_direct_begin) { return begin(); }

SEC("tp_btf/mm_vmscan_direct_reclaim_end")
int BPF_PROG(on_direct_end, unsigned long pages) { return end(0, pages); }

SEC("tp_btf/mm_vmscan_memcg_reclaim_begin")
int BPF_PROG(on_group_begin) { return begin(); }

SEC("tp_btf/mm_vmscan_memcg_reclaim_end")
int BPF_PROG(on_group_end, unsigned long pages) { return end(1, pages); }

SEC("tp_btf/mm_vmscan_throttled")
int BPF_PROG(on_throttled, int node, int usec_timeout, int usec_delayed) {
  const __u32 tid = (__u32)bpf_get_current_pid_tgid();
  struct reclaim *was = bpf_map_lookup_elem(&reclaims, &tid);
  if (was && usec_delayed > 0) was->throttled_ns += (__u64)usec_delayed * 1000;
  return 0;
}
