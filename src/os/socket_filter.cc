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
  const std::string six =
      "(ip6[68:2] = 0x0800 and ip6[79] = 112) or "
      "(ip6[68:2] = 0x86dd and ip6[76] = 112) or ip6[68:2] = 0x0806";
  return "ip proto 112 or ip6 proto 112 or arp or "
         "((udp dst port 4789 or udp dst port 8472) and ((ip and " +
         inside + ") or (ip6 and (" + six + "))))";
}

namespace {

/// VRRP in an IP header that begins `offset` octets (an expression) behind those of `header`.
std::string advert_at(const std::string& header, const std::string& offset, bool ipv6) {
  constexpr int kProtocol4 = 9;    // RFC 791 section 3.1
  constexpr int kNextHeader6 = 6;  // RFC 8200 section 3
  const std::string at = offset + " + " + std::to_string(ipv6 ? kNextHeader6 : kProtocol4);
  return header + "[" + at + "] = 112";
}

/// The same in an Ethernet frame there, with a tag or without.
std::string advert_in_frame(const std::string& header, const std::string& offset) {
  std::string out;
  for (const int type_at : {12, 16}) {
    const std::string at = offset + " + " + std::to_string(type_at);
    const std::string ip_at = offset + " + " + std::to_string(type_at + 2);
    const std::string type = header + "[(" + at + "):2] = ";
    const std::string tag = type_at == 12 ? "" : header + "[(" + offset + " + 12):2] = 0x8100 and ";
    for (const bool ipv6 : {false, true}) {
      out += (out.empty() ? "(" : " or (") + tag + type + (ipv6 ? "0x86dd" : "0x0800") + " and " +
             advert_at(header, ip_at, ipv6) + ")";
    }
  }
  return "(" + out + ")";
}

/// In tunnels over IP, whose payload begins `payload` octets into `header`.
std::string advert_in_tunnel(const std::string& header, int payload) {
  const auto from = [&](int octets) { return std::to_string(payload + octets); };
  const auto octet = [&](int at) { return header + "[" + from(at) + "]"; };
  // RFC 7348 section 5; 8472 is Linux' own port. RFC 8926 section 3.4: options of 4 octets.
  const std::string vxlan =
      "((udp dst port 4789 or udp dst port 8472) and " + advert_in_frame(header, from(16)) + ")";
  const std::string geneve =
      "(udp dst port 6081 and " +
      advert_in_frame(header, from(16) + " + ((" + octet(8) + " & 0x3f) << 2)") + ")";
  // RFC 2890 section 2: checksum, key and sequence number make the header longer.
  const std::string behind = from(4) + " + ((" + octet(0) + " & 0x80) >> 5) + ((" + octet(0) +
                             " & 0x20) >> 3) + ((" + octet(0) + " & 0x10) >> 2)";
  const std::string type = header + "[" + from(2) + ":2] = ";
  const std::string gre = "(proto 47 and ((" + type + "0x6558 and " +
                          advert_in_frame(header, behind) + ") or (" + type + "0x0800 and " +
                          advert_at(header, behind, false) + ") or (" + type + "0x86dd and " +
                          advert_at(header, behind, true) + ")))";
  return "(" + vxlan + " or " + geneve + " or " + gre + ")";
}

}  // namespace

std::string advert_expression() {
  // IP headers of tunnels have no options; IPv6's has 40 octets, and udp[] knows IPv4 alone.
  return "ip proto 112 or ip6 proto 112 or (ip and " + advert_in_tunnel("ip", 20) +
         ") or (ip6 and " + advert_in_tunnel("ip6", 40) + ")";
}

std::string twice_tagged_advert_expression() {
  const std::string tag = "(ether[12:2] = 0x8100 or ether[12:2] = 0x88a8)";
  return tag + " and ((ether[16:2] = 0x0800 and " + advert_at("ether", "18", false) +
         ") or (ether[16:2] = 0x86dd and " + advert_at("ether", "18", true) + "))";
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
