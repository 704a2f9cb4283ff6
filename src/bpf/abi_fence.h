/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The fence's share of the ABI: one record an instance in memory that the keeper and the programs
 * both write, the keys that lead to it, and the one rule that says whether it is closed. */
#ifndef ALIBI_BPF_ABI_FENCE_H
#define ALIBI_BPF_ABI_FENCE_H

#include "abi.h"

#ifdef __cplusplus
#define ALIBI_ASSERT_OFFSET(type, member, at) static_assert(offsetof(type, member) == (at), #member)
#else
#define ALIBI_ASSERT_OFFSET(type, member, at) \
  _Static_assert(__builtin_offsetof(type, member) == (at), #member)
#endif
#define ALIBI_READ(value) (*(const volatile __typeof__(value) *)&(value))

/* Compared by the loader with the constant compiled into the object. */
#define ALIBI_FENCE_ABI_VERSION 2

enum alibi_fence_mode {
  ALIBI_FENCE_TAKEOVER = 1,
  ALIBI_FENCE_LEASE = 2,     /* and silent when the last advert sent is old */
};

/* Why the address is silent; the first that holds, in the order of alibi_fence_why(). */
enum alibi_fence_reason {
  ALIBI_FENCE_OPEN = 0,
  ALIBI_FENCE_NOT_MASTER = 1,  /* the keeper has decided, the address is not off yet */
  ALIBI_FENCE_RESIGNED = 2,    /* priority 0 was sent in our name */
  ALIBI_FENCE_OVERTAKEN = 3,   /* unread: an advert of our rank or above */
  ALIBI_FENCE_LATE = 4,        /* unread: an advert, while our own is overdue */
  ALIBI_FENCE_LEASE_OVER = 5,  /* nothing sent for too long */
  ALIBI_FENCE_REASONS = 6,
};

enum alibi_fence_way { ALIBI_FENCE_IN = 0, ALIBI_FENCE_OUT = 1, ALIBI_FENCE_WAYS = 2 };

enum alibi_fence_kind {
  ALIBI_FENCE_ARP = 0,
  ALIBI_FENCE_ND = 1,
  ALIBI_FENCE_IPV4 = 2,
  ALIBI_FENCE_IPV6 = 3,
  ALIBI_FENCE_KINDS = 4,
};

struct alibi_fence {
  /* Written by the keeper (and, for a dead keeper, the supervisor) alone. */
  alibi_u64 settled;         /* how many of `seen` it has read and decided about */
  alibi_u64 fresh_ns;        /* own advert younger than this: alive */
  alibi_u64 lease_ns;
  alibi_u64 half_interval_ns;
  alibi_u32 mode;
  alibi_u8 armed;            /* the addresses are on, or about to be */
  alibi_u8 master;
  alibi_u8 priority;         /* effective */
  alibi_u8 unicast;
  alibi_u8 version;
  alibi_u8 auth_type;        /* version 2 */
  alibi_u8 interval_s;       /* version 2 */
  alibi_u8 guarded;          /* the programs are on every interface concerned */
  alibi_u8 pad0[4];
  alibi_u8 auth_data[8];
  alibi_u8 source[16];       /* ours; IPv4 in the first four */
  /* Written by the programs. */
  alibi_u64 seen;            /* valid foreign adverts, resignations aside */
  alibi_u64 overtaken;       /* the last of those of our rank or above, as a number of `seen` */
  alibi_u64 foreign_ns;
  alibi_u64 own_ns;          /* last own advert left */
  alibi_u32 own_since;       /* own adverts since the last foreign one, half an interval apart */
  alibi_u32 resigned;
  alibi_u64 closed_ns;       /* closed since; 0: open, as far as a packet has found out */
  alibi_u64 closed_count;
  alibi_u32 closed_why;      /* the last time */
  alibi_u32 foreign_priority;
  alibi_u8 foreign_source[16];
  alibi_u64 refused;         /* adverts for this router that are not valid */
  alibi_u64 dropped[ALIBI_FENCE_WAYS][ALIBI_FENCE_KINDS];
};
ALIBI_ASSERT_OFFSET(struct alibi_fence, source, 56);
ALIBI_ASSERT_OFFSET(struct alibi_fence, seen, 72);
ALIBI_ASSERT_OFFSET(struct alibi_fence, dropped, 160);
ALIBI_ASSERT_SIZE(struct alibi_fence, 224);

/* Which adverts on an interface belong to which record. */
struct alibi_fence_router_key {
  alibi_u32 ifindex;
  alibi_u8 vrid;
  alibi_u8 family;           /* 4 or 6 */
  alibi_u8 pad[2];
};
ALIBI_ASSERT_SIZE(struct alibi_fence_router_key, 8);

struct alibi_fence_router {
  alibi_u32 record;
  alibi_u8 hears;            /* the keeper's socket receives here */
  alibi_u8 speaks;           /* and its adverts leave here */
  alibi_u8 pad[2];
};
ALIBI_ASSERT_SIZE(struct alibi_fence_router, 8);

/* Which addresses on an interface; the value is the record's number, 32 bit. */
struct alibi_fence_address_key {
  alibi_u32 ifindex;
  alibi_u32 family;
  alibi_u8 address[16];
};
ALIBI_ASSERT_SIZE(struct alibi_fence_address_key, 24);

/* The rule. Pure, so that a packet, the keeper and a test all get the same answer. */
static inline alibi_u32 alibi_fence_why(const struct alibi_fence *f, alibi_u64 now_ns) {
  if (!ALIBI_READ(f->armed)) return ALIBI_FENCE_OPEN;
  if (!ALIBI_READ(f->master)) return ALIBI_FENCE_NOT_MASTER;
  if (ALIBI_READ(f->resigned)) return ALIBI_FENCE_RESIGNED;
  const alibi_u64 own_ns = ALIBI_READ(f->own_ns);
  const alibi_u64 settled = ALIBI_READ(f->settled);
  /* A keeper reads before it speaks: what it has spoken twice since, it has read. */
  if (ALIBI_READ(f->seen) > settled && ALIBI_READ(f->own_since) < 2) {
    if (ALIBI_READ(f->overtaken) > settled) return ALIBI_FENCE_OVERTAKEN;
    if (now_ns > own_ns + f->fresh_ns) return ALIBI_FENCE_LATE;
  }
  if (f->mode == ALIBI_FENCE_LEASE && now_ns > own_ns + f->lease_ns) return ALIBI_FENCE_LEASE_OVER;
  return ALIBI_FENCE_OPEN;
}

#endif
