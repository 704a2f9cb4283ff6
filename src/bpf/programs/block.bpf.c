// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// Whose requests a block device serves. Counted while `armed` only, which is while a watched thread
// is stuck: else a request costs one look at a variable. Where the kernel has block_io_start, the
// current task is the one that submitted; block_rq_issue may be in the name of another.
#include "common.h"
#include "kernel_block.h"
#include "../abi_memory_io.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

__u32 armed = 0;

struct request_seen {
  __u64 since_ns;
  struct alibi_use_key key;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 16384);
  __type(key, __u64);
  __type(value, struct request_seen);
} requests SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1024);
  __type(key, struct alibi_use_key);
  __type(value, struct alibi_use);
} uses SEC(".maps");

static __always_inline void read_group(char *to, struct request *rq) {
  struct bio *bio = BPF_CORE_READ(rq, bio);
  if (!bio || !bpf_core_field_exists(bio->bi_blkg)) return;
  const char *name = BPF_CORE_READ(bio, bi_blkg, blkcg, css.cgroup, kn, name);
  if (name) bpf_probe_read_kernel_str(to, ALIBI_GROUP, name);
}

static __always_inline struct alibi_use *use_of(const struct alibi_use_key *key,
                                                struct task_struct *task, struct request *rq) {
  struct alibi_use *use = bpf_map_lookup_elem(&uses, key);
  if (use) return use;
  struct alibi_use fresh = {};
  read_comm(fresh.comm, task);
  fresh.kernel_thread = (task->flags & PF_KTHREAD) != 0;
  read_group(fresh.group, rq);
  bpf_map_update_elem(&uses, key, &fresh, BPF_NOEXIST);
  return bpf_map_lookup_elem(&uses, key);
}

static __always_inline int started(struct request *rq) {
  if (!armed) return 0;
  struct gendisk *disk = BPF_CORE_READ(rq, q, disk);
  if (!disk) return 0;
  struct task_struct *task = bpf_get_current_task_btf();
  struct request_seen seen = {.since_ns = bpf_ktime_get_ns()};
  seen.key.major = BPF_CORE_READ(disk, major);
  seen.key.minor = BPF_CORE_READ(disk, first_minor);
  seen.key.pid = task->tgid;
  struct alibi_use *use = use_of(&seen.key, task, rq);
  const __u64 id = (__u64)rq;
  if (!use || bpf_map_update_elem(&requests, &id, &seen, BPF_ANY)) {
    count_lost(ALIBI_SOURCE_BLOCK);
    return 0;
  }
  __sync_fetch_and_add(&use->in_flight, 1);
  count_sent(ALIBI_SOURCE_BLOCK);
  return 0;
}

SEC("tp_btf/block_io_start")
int BPF_PROG(on_io_start, struct request *rq) { return started(rq); }

SEC("tp_btf/block_rq_issue")
int BPF_PROG(on_issue, struct request *rq) { return started(rq); }

/* Fires for each part that completes; with the last one nothing is left of the request. */
SEC("tp_btf/block_rq_complete")
int BPF_PROG(on_complete, struct request *rq, int error, unsigned int bytes) {
  if (!armed) return 0;
  const __u64 id = (__u64)rq;
  const struct request_seen *seen = bpf_map_lookup_elem(&requests, &id);
  if (!seen) return 0;
  struct alibi_use *use = bpf_map_lookup_elem(&uses, &seen->key);
  if (use) __sync_fetch_and_add(&use->bytes, bytes);
  if (bytes < BPF_CORE_READ(rq, __data_len)) return 0;
  if (use) {
    __sync_fetch_and_add(&use->requests, 1);
    __sync_fetch_and_add(&use->flight_ns, bpf_ktime_get_ns() - seen->since_ns);
    __sync_fetch_and_add(&use->in_flight, -1);
  }
  bpf_map_delete_elem(&requests, &id);
  return 0;
}
