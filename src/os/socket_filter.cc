// SPDX-License-Identifier: Apache-2.0
// libpcap compiles and, in tests, interprets; the structures are the kernel's.
#include "os/socket_filter.h"

#include <pcap/pcap.h>
#include <sys/socket.h>

#include <memory>

namespace alibi::os {

static_assert(sizeof(bpf_insn) == sizeof(sock_filter));

Result<SocketFilter> compile_filter(const std::string& expression, std::uint32_t snap_length) {
  const std::unique_ptr<pcap_t, void (*)(pcap_t*)> handle(
      pcap_open_dead(DLT_EN10MB, static_cast<int>(snap_length)), pcap_close);
  if (!handle) return fail("libpcap: out of memory");
  bpf_program program{};
  if (pcap_compile(handle.get(), &program, expression.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0)
    return fail("capture filter '" + expression + "': " + pcap_geterr(handle.get()));
  SocketFilter filter;
  for (unsigned i = 0; i < program.bf_len; ++i) {
    const bpf_insn& insn = program.bf_insns[i];
    filter.push_back({insn.code, insn.jt, insn.jf, insn.k});
  }
  pcap_freecode(&program);
  return filter;
}

std::string heartbeat_expression() {
  // Inner headers by offset: UDP 8, VXLAN 8, then Ethernet 14 (its type at 28), then IP.
  const std::string inner4 = "(udp[28:2] = 0x0800 and udp[39] = 112)";
  const std::string inner6 = "(udp[28:2] = 0x86dd and udp[36] = 112)";
  const std::string inner_arp = "udp[28:2] = 0x0806";
  const std::string inside = "(" + inner4 + " or " + inner6 + " or " + inner_arp + ")";
  // The same under an IPv6 outer header of 40 octets, where udp[] cannot be used.
  const std::string six = "(ip6[68:2] = 0x0800 and ip6[79] = 112) or "
                          "(ip6[68:2] = 0x86dd and ip6[76] = 112) or ip6[68:2] = 0x0806";
  return "ip proto 112 or ip6 proto 112 or arp or "
         "((udp dst port 4789 or udp dst port 8472) and ((ip and " + inside + ") or (ip6 and (" +
         six + "))))";
}

bool filter_passes(const SocketFilter& filter, const std::uint8_t* bytes, std::uint32_t size) {
  std::vector<bpf_insn> program;
  for (const sock_filter& insn : filter) program.push_back({insn.code, insn.jt, insn.jf, insn.k});
  return bpf_filter(program.data(), bytes, size, size) != 0;
}

Result<void> attach_filter(int socket, const SocketFilter& filter) {
  SocketFilter nothing = {{BPF_RET | BPF_K, 0, 0, 0}};
  const SocketFilter& used = filter.empty() ? nothing : filter;
  const sock_fprog program{static_cast<unsigned short>(used.size()),
                           const_cast<sock_filter*>(used.data())};
  if (setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0)
    return fail_errno("the kernel refused the capture filter");
  return {};
}

}  // namespace alibi::os
