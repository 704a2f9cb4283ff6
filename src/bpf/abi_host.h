/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Of abi.h: what the timer interrupts of the CPUs tell, and packets that the kernel dropped. */
#ifndef ALIBI_BPF_ABI_HOST_H
#define ALIBI_BPF_ABI_HOST_H

#include "abi.h"

/* A CPU's timer interrupt came, and the one before it was at `since_ns`: pid and tid are 0. */
struct alibi_silent {
  struct alibi_header header;
  alibi_u64 since_ns;
};
ALIBI_ASSERT_SIZE(struct alibi_silent, 32);

/* A timer interrupt met this thread on the CPU, and so did the one before it: a watched one, or one
 * that held a CPU for which a watched one waited. */
struct alibi_ran {
  struct alibi_header header;
  alibi_s32 syscall;       /* -1: none */
  alibi_s32 stack_bytes;   /* <= 0: it was not in the kernel */
  alibi_u64 stack[ALIBI_STACK];
};
ALIBI_ASSERT_SIZE(struct alibi_ran, 32 + 8 * ALIBI_STACK);

/* pid, tid and cpu are 0: whom the softirq hit says nothing, and equal records pack well. */
struct alibi_drop {
  struct alibi_header header;
  alibi_u64 location;      /* in the kernel */
  alibi_u32 netns;         /* inode */
  alibi_s32 ifindex;       /* 0: none yet */
  alibi_u32 reason;        /* enum skb_drop_reason of the running kernel */
  alibi_u8 family;         /* 4 or 6 */
  alibi_u8 vrid;           /* 0: not read */
  alibi_u8 outgoing;
  alibi_u8 pad;
  alibi_u8 source[16];
};
ALIBI_ASSERT_SIZE(struct alibi_drop, 24 + 24 + 16);

#endif
