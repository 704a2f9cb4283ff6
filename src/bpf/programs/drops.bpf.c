// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// VRRP packets that the kernel dropped, and why. Other packets cost one read of a byte.
#include "common.h"
#include "../abi_host.h"

#include <bpf/bpf_endian.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Numbers move between kernels: this one is looked up when the program is loaded. */
enum skb_drop_reason {
  SKB_DROP_REASON_NOT_SPECIFIED = 2,
};

enum { IPV4 = 0x0800, IPV6 = 0x86dd, VRRP_PROTOCOL = 112 };

/* True when the packet is VRRP right behind its IP header. */
static __always_inline bool read_packet(struct sk_buff *skb, struct alibi_drop *drop) {
  const __u16 protocol = bpf_ntohs(BPF_CORE_READ(skb, protocol));
  const unsigned char *ip = BPF_CORE_READ(skb, head) + BPF_CORE_READ(skb, network_header);
  __u8 header[40] = {};
  __u32 length = 40;
  if (protocol == IPV4) {
    if (bpf_probe_read_kernel(header, 20, ip) || header[9] != VRRP_PROTOCOL) return false;
    length = (header[0] & 15) * 4;
    drop->family = 4;
    __builtin_memcpy(drop->source, header + 12, 4);
  } else if (protocol == IPV6) {
    if (bpf_probe_read_kernel(header, 40, ip) || header[6] != VRRP_PROTOCOL) return false;
    drop->family = 6;
    __builtin_memcpy(drop->source, header + 8, 16);
  } else {
    return false;
  }
  bpf_probe_read_kernel(&drop->vrid, 1, ip + length + 1);
  return true;
}

SEC("tp_btf/kfree_skb")
int BPF_PROG(on_drop, struct sk_buff *skb, void *location, unsigned int reason) {
  /* Every multicast frame through a bridge ends one of its copies so. */
  if (reason == bpf_core_enum_value(enum skb_drop_reason, SKB_DROP_REASON_NOT_SPECIFIED)) return 0;
  struct alibi_drop found = {};
  if (!read_packet(skb, &found)) return 0;
  struct alibi_drop *drop = bpf_ringbuf_reserve(&events, sizeof(*drop), 0);
  if (!drop) {
    count_lost(ALIBI_SOURCE_DROPS);
    return 0;
  }
  struct net_device *dev = BPF_CORE_READ(skb, dev);
  struct sock *sk = BPF_CORE_READ(skb, sk);
  found.header.ns = bpf_ktime_get_ns();
  found.header.kind = ALIBI_DROP;
  found.location = (__u64)location;
  found.reason = reason;
  found.outgoing = sk != 0;
  if (dev) {
    found.ifindex = BPF_CORE_READ(dev, ifindex);
    found.netns = BPF_CORE_READ(dev, nd_net.net, ns.inum);
  } else if (sk) {
    found.netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
  }
  *drop = found;
  count_sent(ALIBI_SOURCE_DROPS);
  bpf_ringbuf_submit(drop, quiet_flags());
  return 0;
}
