/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Of abi.h: reclaim of memory, and who uses which disk. */
#ifndef ALIBI_BPF_ABI_MEMORY_IO_H
#define ALIBI_BPF_ABI_MEMORY_IO_H

#include "abi.h"

struct alibi_reclaim {
  struct alibi_header header;  /* at its end */
  alibi_u64 begin_ns;
  alibi_u64 throttled_ns;
  alibi_u64 pages;
  alibi_u32 group;         /* 1: for a cgroup's limit */
  alibi_u32 pad;
};
ALIBI_ASSERT_SIZE(struct alibi_reclaim, 56);

/* Who used which disk while that was counted. */
struct alibi_use_key {
  alibi_u32 major;
  alibi_u32 minor;
  alibi_s32 pid;           /* thread group */
  alibi_u32 pad;
};
ALIBI_ASSERT_SIZE(struct alibi_use_key, 16);

struct alibi_use {
  alibi_u64 requests;      /* completed */
  alibi_u64 bytes;
  alibi_u64 flight_ns;
  alibi_u64 in_flight;
  alibi_u32 kernel_thread;
  alibi_u32 pad;
  char comm[ALIBI_COMM];
  char group[ALIBI_GROUP];
};
ALIBI_ASSERT_SIZE(struct alibi_use, 40 + 48);

#endif
