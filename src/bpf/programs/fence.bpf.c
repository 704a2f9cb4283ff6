/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The fence: two traffic-control programs, one for each way of an interface. They count valid
 * adverts of other nodes, note our own as they leave, and while the record of an address says so
 * (alibi_fence_why) drop what is for or from that address; nothing else, ever. */
#include "packet.h"

#include "../abi_fence.h"
#include "advert.h"

const volatile alibi_u32 abi_version = ALIBI_FENCE_ABI_VERSION;

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct alibi_fence);
} fences SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1);
  __type(key, struct alibi_fence_router_key);
  __type(value, struct alibi_fence_router);
} routers SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1);
  __type(key, struct alibi_fence_address_key);
  __type(value, __u32);
} addresses SEC(".maps");

/* ---- what the packet is ---- */

struct packet {
  __u32 family;            /* 4 or 6 */
  __u32 kind;              /* enum alibi_fence_kind */
  __u32 protocol;          /* above IP; of a later fragment: 0 */
  __u32 payload_at;        /* from the network header */
  __u32 payload_size;
  __u32 whole;             /* no fragment */
  __u32 ttl;
  __u8 source[16] __attribute__((aligned(8)));
  __u8 destination[16] __attribute__((aligned(8)));
};

static __always_inline bool parse_ipv4(struct __sk_buff *skb, struct packet *p) {
  struct ipv4_header ip;
  if (!read_at(skb, 0, &ip, sizeof ip) || ip.version_length >> 4 != 4) return false;
  const __u32 header = (ip.version_length & 0x0f) * 4;
  const __u32 total = bpf_ntohs(ip.total_length);
  const __u16 fragment = bpf_ntohs(ip.fragment);
  if (header < sizeof ip || total < header) return false;
  p->family = 4;
  p->kind = ALIBI_FENCE_IPV4;
  p->protocol = fragment & 0x1fff ? 0 : ip.protocol;
  p->whole = (fragment & 0x3fff) == 0;
  p->payload_at = header;
  p->payload_size = total - header;
  p->ttl = ip.ttl;
  __builtin_memcpy(p->source, ip.source, 4);
  __builtin_memcpy(p->destination, ip.destination, 4);
  return true;
}

enum { MAX_EXTENSIONS = 6 };

static __always_inline bool parse_ipv6(struct __sk_buff *skb, struct packet *p) {
  struct ipv6_header ip;
  if (!read_at(skb, 0, &ip, sizeof ip) || ip.version_class >> 4 != 6) return false;
  p->family = 6;
  p->kind = ALIBI_FENCE_IPV6;
  p->whole = true;
  p->ttl = ip.hop_limit;
  __builtin_memcpy(p->source, ip.source, 16);
  __builtin_memcpy(p->destination, ip.destination, 16);
  const __u32 end = sizeof ip + bpf_ntohs(ip.payload_length);
  __u32 at = sizeof ip;
  __u32 next = ip.next;
  for (int i = 0; i < MAX_EXTENSIONS; ++i) {
    __u8 extension[4] __attribute__((aligned(4)));
    if (next != NEXT_HOP_BY_HOP && next != NEXT_ROUTING && next != NEXT_DESTINATION &&
        next != NEXT_FRAGMENT) {
      break;
    }
    if (!read_at(skb, at, extension, sizeof extension)) break;
    if (next == NEXT_FRAGMENT) {
      const __u16 fragment = (__u16)(extension[2] << 8 | extension[3]);
      if (fragment & 0xfff9) p->whole = false;
      next = fragment & 0xfff8 ? NEXT_FRAGMENT : extension[0];
      at += 8;
      if (next == NEXT_FRAGMENT) break; /* a later one: no header is in it */
      continue;
    }
    next = extension[0];
    at += (extension[1] + 1) * 8;
  }
  p->protocol = next;
  p->payload_at = at;
  p->payload_size = end > at ? end - at : 0;
  return true;
}

/* Version 2 with auth_type AH: its header stands in front of the message, and is taken on trust. */
static __always_inline void skip_authentication(struct __sk_buff *skb, struct packet *p) {
  __u8 header[4] __attribute__((aligned(4)));
  if (p->protocol != NEXT_AUTHENTICATION) return;
  if (!read_at(skb, p->payload_at, header, sizeof header) || header[0] != NEXT_VRRP) return;
  const __u32 size = (header[1] + 2) * 4;
  if (p->payload_size < size) return;
  p->protocol = NEXT_VRRP;
  p->payload_at += size;
  p->payload_size -= size;
}

/* ---- adverts ---- */

static __always_inline bool is_ours(const struct alibi_fence *f, const struct packet *p) {
  const __u64 *a = (const __u64 *)f->source;
  const __u64 *b = (const __u64 *)p->source;
  return a[0] == b[0] && a[1] == b[1];
}

static __always_inline bool to_group(const struct packet *p) {
  return p->family == 4 ? (p->destination[0] & 0xf0) == 0xe0 : p->destination[0] == 0xff;
}

/* What the keeper would take for an advert of another router (vrrp/acceptance.cc). Of a fragment
 * its first part is judged: the keeper, who is given the whole, settles it. */
static __always_inline bool valid(struct __sk_buff *skb, const struct packet *p,
                                  const struct alibi_fence *f, const struct advert *a) {
  const bool group = to_group(p);
  if (group ? p->ttl != 255 || f->unicast : !f->unicast) return false;
  if (a->version_type != (f->version << 4 | 1)) return false;
  const __u32 size = advert_size(a, p->family);
  if (p->whole && size > p->payload_size) return false;
  if (f->version == 2) {
    if (a->auth_type != f->auth_type || a->interval != f->interval_s) return false;
    __u8 data[8] __attribute__((aligned(8)));
    if (f->auth_type == 1 && p->whole) {
      if (size + 8 > p->payload_size || !read_at(skb, p->payload_at + size, data, 8)) return false;
      if (*(__u64 *)data != *(const __u64 *)f->auth_data) return false;
    }
  } else if (((a->auth_type & 0x0f) | a->interval) == 0) {
    return false;
  }
  return !p->whole ||
         advert_sum_holds(skb, p->payload_at, p->payload_size, size, f->version == 2, p->family,
                          p->source, p->destination);
}

static __always_inline void note_closed(struct alibi_fence *f, __u32 why, __u64 now) {
  if (f->closed_ns != 0) return;
  f->closed_ns = now;
  f->closed_why = why;
  __sync_fetch_and_add(&f->closed_count, 1);
}

static __always_inline void hear(struct __sk_buff *skb, const struct packet *p,
                                 struct alibi_fence *f, const struct advert *a) {
  if (is_ours(f, p)) return; /* looped back */
  if (!valid(skb, p, f, a)) {
    __sync_fetch_and_add(&f->refused, 1);
    return;
  }
  if (a->priority == 0) return; /* a resignation takes nothing over */
  const __u64 now = bpf_ktime_get_ns();
  const __u64 number = ALIBI_READ(f->seen) + 1;
  f->foreign_ns = now;
  f->foreign_priority = a->priority;
  __builtin_memcpy(f->foreign_source, p->source, 16);
  f->own_since = 0;
  if (a->priority >= f->priority) f->overtaken = number;
  *(volatile __u64 *)&f->seen = number; /* last: the others are read when this has grown */
  const __u32 why = alibi_fence_why(f, now);
  if (why != ALIBI_FENCE_OPEN) note_closed(f, why, now);
}

static __always_inline void speak(const struct packet *p, struct alibi_fence *f,
                                  const struct advert *a) {
  if (!is_ours(f, p)) return; /* forwarded */
  if (a->priority == 0) {
    f->resigned = 1;
    return;
  }
  const __u64 now = bpf_ktime_get_ns();
  if (now - f->own_ns > f->half_interval_ns) f->own_since += 1;
  f->own_ns = now;
  f->resigned = 0;
}

static __always_inline void advert(struct __sk_buff *skb, const struct packet *p, int way) {
  struct advert a;
  if (!read_at(skb, p->payload_at, &a, sizeof a)) return;
  const struct alibi_fence_router_key key = {
      .ifindex = skb->ifindex, .vrid = a.vrid, .family = (__u8)p->family};
  const struct alibi_fence_router *router = bpf_map_lookup_elem(&routers, &key);
  if (!router) return;
  const __u32 record = router->record;
  struct alibi_fence *f = bpf_map_lookup_elem(&fences, &record);
  if (!f) return;
  if (way == ALIBI_FENCE_IN) {
    if (router->hears) hear(skb, p, f, &a);
  } else if (router->speaks) {
    speak(p, f, &a);
  }
}

/* ---- what is for or from an address ---- */

static __always_inline int judge(const struct __sk_buff *skb, __u32 family, const __u8 *address,
                                 __u32 kind, int way) {
  struct alibi_fence_address_key key = {.ifindex = skb->ifindex, .family = family};
  __builtin_memcpy(key.address, address, 16);
  const __u32 *record = bpf_map_lookup_elem(&addresses, &key);
  if (!record) return TC_ACT_UNSPEC;
  struct alibi_fence *f = bpf_map_lookup_elem(&fences, record);
  if (!f || !f->armed) return TC_ACT_UNSPEC;
  const __u64 now = bpf_ktime_get_ns();
  const __u32 why = alibi_fence_why(f, now);
  if (why == ALIBI_FENCE_OPEN) return TC_ACT_UNSPEC;
  note_closed(f, why, now);
  if (kind < ALIBI_FENCE_KINDS) __sync_fetch_and_add(&f->dropped[way][kind], 1);
  return TC_ACT_SHOT;
}

static __always_inline int judge_arp(struct __sk_buff *skb, int way) {
  struct arp_message arp;
  if (!read_at(skb, 0, &arp, sizeof arp)) return TC_ACT_UNSPEC;
  if (arp.protocol != bpf_htons(ETHERTYPE_IPV4) || arp.hardware_size != 6 ||
      arp.protocol_size != 4) {
    return TC_ACT_UNSPEC;
  }
  __u8 address[16] __attribute__((aligned(8))) = {};
  __builtin_memcpy(address, way == ALIBI_FENCE_IN ? arp.target : arp.sender, 4);
  return judge(skb, 4, address, ALIBI_FENCE_ARP, way);
}

/* Neighbour discovery names the address in its body. Advertisements of others are let in: they are
 * no question. */
static __always_inline int judge_nd(struct __sk_buff *skb, const struct packet *p, int way) {
  __u8 nd[24] __attribute__((aligned(8)));
  if (!read_at(skb, p->payload_at, nd, sizeof nd)) return TC_ACT_UNSPEC;
  if (nd[0] != ND_SOLICIT && (nd[0] != ND_ADVERTISE || way == ALIBI_FENCE_IN)) return TC_ACT_UNSPEC;
  return judge(skb, 6, nd + 8, ALIBI_FENCE_ND, way);
}

static __always_inline int filter(struct __sk_buff *skb, int way) {
  struct packet p = {};
  if (of_another_vlan(skb)) return TC_ACT_UNSPEC;
  if (skb->protocol == bpf_htons(ETHERTYPE_ARP)) return judge_arp(skb, way);
  if (skb->protocol == bpf_htons(ETHERTYPE_IPV4)) {
    if (!parse_ipv4(skb, &p)) return TC_ACT_UNSPEC;
  } else if (skb->protocol == bpf_htons(ETHERTYPE_IPV6)) {
    if (!parse_ipv6(skb, &p)) return TC_ACT_UNSPEC;
  } else {
    return TC_ACT_UNSPEC;
  }
  skip_authentication(skb, &p);
  if (p.protocol == NEXT_VRRP) {
    advert(skb, &p, way);
    return TC_ACT_UNSPEC; /* whoever is fenced can still be heard, and hear */
  }
  if (p.protocol == NEXT_ICMPV6 && p.family == 6) {
    const int verdict = judge_nd(skb, &p, way);
    if (verdict != TC_ACT_UNSPEC) return verdict;
  }
  return judge(skb, p.family, way == ALIBI_FENCE_IN ? p.destination : p.source, p.kind, way);
}

SEC("tc")
int alibi_fence_in(struct __sk_buff *skb) { return filter(skb, ALIBI_FENCE_IN); }

SEC("tc")
int alibi_fence_out(struct __sk_buff *skb) { return filter(skb, ALIBI_FENCE_OUT); }

char LICENSE[] SEC("license") = "Dual BSD/GPL";
