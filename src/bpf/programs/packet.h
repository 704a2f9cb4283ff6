/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* What a traffic-control program is given (the kernel's stable user API, no relocation), numbers of
 * the protocols, and reading from the network header on, wherever the packet's memory lies. */
#ifndef ALIBI_BPF_PACKET_H
#define ALIBI_BPF_PACKET_H

#include "kernel.h"

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct __sk_buff {
  __u32 len;
  __u32 pkt_type;
  __u32 mark;
  __u32 queue_mapping;
  __u32 protocol;
  __u32 vlan_present;
  __u32 vlan_tci;
  __u32 vlan_proto;
  __u32 priority;
  __u32 ingress_ifindex;
  __u32 ifindex;
};

enum { TC_ACT_UNSPEC = -1, TC_ACT_SHOT = 2 }; /* ask the next program; drop */
enum { BPF_HDR_START_NET = 1 };
enum { BPF_F_MMAPABLE = 1U << 10, BPF_F_NO_PREALLOC = 1U };

enum {
  ETHERTYPE_IPV4 = 0x0800,
  ETHERTYPE_ARP = 0x0806,
  ETHERTYPE_IPV6 = 0x86dd,
  NEXT_HOP_BY_HOP = 0,
  NEXT_ROUTING = 43,
  NEXT_FRAGMENT = 44,
  NEXT_AUTHENTICATION = 51,
  NEXT_ICMPV6 = 58,
  NEXT_DESTINATION = 60,
  NEXT_VRRP = 112,
  ND_SOLICIT = 135,
  ND_ADVERTISE = 136,
};

struct ipv4_header {
  __u8 version_length;
  __u8 tos;
  __be16 total_length;
  __be16 id;
  __be16 fragment;
  __u8 ttl;
  __u8 protocol;
  __be16 checksum;
  __u8 source[4];
  __u8 destination[4];
};

struct ipv6_header {
  __u8 version_class;
  __u8 flow[3];
  __be16 payload_length;
  __u8 next;
  __u8 hop_limit;
  __u8 source[16];
  __u8 destination[16];
};

struct arp_message {
  __be16 hardware;
  __be16 protocol;
  __u8 hardware_size;
  __u8 protocol_size;
  __be16 operation;
  __u8 sender_mac[6];
  __u8 sender[4];
  __u8 target_mac[6];
  __u8 target[4];
};

/* False when the packet ends before. */
static __always_inline bool read_at(struct __sk_buff *skb, __u32 offset, void *to, __u32 size) {
  return bpf_skb_load_bytes_relative(skb, offset, to, size, BPF_HDR_START_NET) == 0;
}

/* A tag that the hardware or the VLAN device holds beside the packet: it belongs to another
 * interface, which has programs of its own. VLAN 0 marks priority only. */
static __always_inline bool of_another_vlan(const struct __sk_buff *skb) {
  return skb->vlan_present && (skb->vlan_tci & 0x0fff) != 0;
}

#endif
