/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Maps that all program groups share (created by the loader, one instance) and small readers. */
#ifndef ALIBI_BPF_COMMON_H
#define ALIBI_BPF_COMMON_H

#include "kernel.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#include "../abi.h"

enum { PF_KTHREAD = 0x00200000 };

const volatile __u32 abi_version = ALIBI_ABI_VERSION;

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 4096);
  __type(key, __u32);
  __type(value, __u32);
} watched SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 2 * 1024 * 1024);
} events SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, ALIBI_SOURCES);
  __type(key, __u32);
  __type(value, __u64);
} lost SEC(".maps");

/* Records that went into the ring; those of the block group: requests that were booked. */
struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, ALIBI_SOURCES);
  __type(key, __u32);
  __type(value, __u64);
} sent SEC(".maps");

static __always_inline __u32 role_of(__u32 tgid) {
  const __u32 *role = bpf_map_lookup_elem(&watched, &tgid);
  return role ? *role : 0;
}

/* Services and log readers are many-threaded and busy: of those only signals and ends count. */
static __always_inline bool scheduling_wanted(__u32 role) {
  return (role >= ALIBI_ROLE_HEARTBEAT && role <= ALIBI_ROLE_CHILD) || role == ALIBI_ROLE_WATCHED;
}

static __always_inline bool waits_wanted(__u32 role) {
  return scheduling_wanted(role) || role == ALIBI_ROLE_READER;
}

static __always_inline void count_lost(__u32 source) {
  __u64 *count = bpf_map_lookup_elem(&lost, &source);
  if (count) ++*count;
}

static __always_inline void count_sent(__u32 source) {
  __u64 *count = bpf_map_lookup_elem(&sent, &source);
  if (count) ++*count;
}

/* The reader comes by every 100 ms; it is woken earlier only when the ring is half full. */
static __always_inline __u64 quiet_flags(void) {
  return bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA) > 1024 * 1024 ? BPF_RB_FORCE_WAKEUP
                                                                         : BPF_RB_NO_WAKEUP;
}

static __always_inline void fill_header(struct alibi_header *header, __u32 kind, __s32 pid,
                                        __s32 tid) {
  header->ns = bpf_ktime_get_ns();
  header->kind = kind;
  header->cpu = bpf_get_smp_processor_id();
  header->pid = pid;
  header->tid = tid;
}

static __always_inline void read_comm(char *to, struct task_struct *task) {
  bpf_probe_read_kernel(to, ALIBI_COMM, task->comm);
}

#endif
