/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The VRRP message (RFC 3768 section 5.1, RFC 9568 section 5.1) and its checksum. */
#ifndef ALIBI_BPF_ADVERT_H
#define ALIBI_BPF_ADVERT_H

#include "packet.h"

struct advert {
  __u8 version_type;
  __u8 vrid;
  __u8 priority;
  __u8 count;
  __u8 auth_type;          /* version 3: the upper four bits of the interval */
  __u8 interval;
  __be16 checksum;
};

/* Without version 2's authentication data. */
static __always_inline __u32 advert_size(const struct advert *a, __u32 family) {
  return sizeof *a + a->count * (family == 4 ? 4U : 16U);
}

/* 255 IPv6 addresses, and a trailer. */
enum { SUM_CHUNK = 64, SUM_CHUNKS = 66 };

static __always_inline __u32 folded(__u64 sum) {
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return (__u32)((sum & 0xffff) + (sum >> 16));
}

/* Ones' complement sum of `size` bytes; 0, which no valid message has, when they are not there. Not
 * static: the verifier then looks at it once, not at every call with all that is known there. */
__noinline __u32 sum_at(struct __sk_buff *skb, __u32 at, __u32 size) {
  __u64 sum = 0;
  for (__u32 i = 0; i < SUM_CHUNKS; ++i) {
    __u8 chunk[SUM_CHUNK] __attribute__((aligned(8))) = {};
    __u32 left = size - i * SUM_CHUNK;
    if (i * SUM_CHUNK >= size) return folded(sum);
    if (left > SUM_CHUNK) left = SUM_CHUNK;
    /* 1 to SUM_CHUNK by arithmetic: from `!= 0` the verifier of Linux 6.1 does not learn it. */
    __u64 last = left - 1;
    asm volatile("" : "+r"(last));
    last &= SUM_CHUNK - 1;
    if (!read_at(skb, at + i * SUM_CHUNK, chunk, (__u32)last + 1)) return 0;
    sum += (__u32)bpf_csum_diff(0, 0, (__be32 *)chunk, sizeof chunk, 0);
  }
  return 0;
}

/* As wire/vrrp.cc decides it: over the message, or over all that came; version 3 with the pseudo
 * header or, on IPv4, without. */
static __always_inline bool advert_sum_holds(struct __sk_buff *skb, __u32 at, __u32 payload,
                                             __u32 size, bool version2, __u32 family,
                                             const __u8 *source, const __u8 *destination) {
  if (version2 && size + 8 <= payload) size += 8;
  for (int whole = 0; whole < 2; ++whole) {
    if (whole && size == payload) return false;
    const __u32 length = whole ? payload : size;
    const __u32 sum = sum_at(skb, at, length);
    if (sum == 0) return false;
    if (sum == 0xffff && (version2 || family == 4)) return true;
    if (version2) continue;
    __u64 pseudo = sum + bpf_htons((__u16)length) + bpf_htons(NEXT_VRRP);
    pseudo += (__u32)bpf_csum_diff(0, 0, (__be32 *)source, 16, 0);
    pseudo += (__u32)bpf_csum_diff(0, 0, (__be32 *)destination, 16, 0);
    if (folded(pseudo) == 0xffff) return true;
  }
  return false;
}

#endif
