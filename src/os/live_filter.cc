// SPDX-License-Identifier: Apache-2.0
// libpcap opens the interface for a moment, unread, and compiles.
#include "os/live_filter.h"

#include <linux/if_packet.h>
#include <net/if.h>
#include <pcap/pcap.h>
#include <pcap/sll.h>

#include <memory>

#include "os/capture_ring.h"

namespace alibi::os {
namespace {

using Handle = std::unique_ptr<pcap_t, void (*)(pcap_t*)>;

constexpr int kUnreadBuffer = 64 << 10;

std::string activation_error(const std::string& interface, pcap_t* handle, int status) {
  const std::string detail = pcap_geterr(handle);
  if (status == PCAP_ERROR) return interface + ": " + detail;
  const std::string what = interface + ": " + pcap_statustostr(status);
  return detail.empty() ? what : what + "\n(" + detail + ")";
}

Result<Handle> open_unread(const LiveFilterRequest& request) {
  char error[PCAP_ERRBUF_SIZE] = {};
  Handle handle(pcap_create(request.interface.c_str(), error), pcap_close);
  if (!handle) return fail(request.interface + ": " + error);
  pcap_set_snaplen(handle.get(), static_cast<int>(request.snap_length));
  pcap_set_buffer_size(handle.get(), kUnreadBuffer);
  const int status = pcap_activate(handle.get());
  if (status < 0) return fail(activation_error(request.interface, handle.get(), status));
  // SLL2 tells the interface of each packet, SLL does not.
  if (pcap_datalink(handle.get()) == DLT_LINUX_SLL) pcap_set_datalink(handle.get(), DLT_LINUX_SLL2);
  return handle;
}

bool loads_packet(const sock_filter& insn) {
  const unsigned kind = BPF_CLASS(insn.code);
  if (kind != BPF_LD && kind != BPF_LDX) return false;
  const unsigned mode = BPF_MODE(insn.code);
  return mode == BPF_ABS || mode == BPF_IND || mode == BPF_MSH;
}

}  // namespace

Result<void> fix_cooked_offsets(SocketFilter& program) {
  constexpr auto kAncillary = static_cast<std::uint32_t>(SKF_AD_OFF);
  for (sock_filter& insn : program) {
    if (!loads_packet(insn) || insn.k >= kAncillary) continue;
    if (insn.k >= kCookedHeader)
      insn.k -= static_cast<std::uint32_t>(kCookedHeader);
    else if (insn.k == 0)
      insn.k = kAncillary + SKF_AD_PROTOCOL;
    else if (insn.k == 4)
      insn.k = kAncillary + SKF_AD_IFINDEX;
    else if (insn.k == 8)
      insn.k = kAncillary + SKF_AD_HATYPE;
    else if (insn.k == 10)
      insn.k = kAncillary + SKF_AD_PKTTYPE;
    else
      return fail(
          "the filter looks at a part of the link header that the kernel hides here: "
          "name an interface instead of 'any', or leave that part out");
  }
  return {};
}

SocketFilter with_direction(const SocketFilter& program, CaptureDirection direction,
                            int loopback_index) {
  constexpr auto kAncillary = static_cast<std::uint32_t>(SKF_AD_OFF);
  constexpr auto kLoad = static_cast<std::uint16_t>(BPF_LD | BPF_W | BPF_ABS);
  constexpr auto kEqual = static_cast<std::uint16_t>(BPF_JMP | BPF_JEQ | BPF_K);
  const sock_filter drop{BPF_RET | BPF_K, 0, 0, 0};
  const sock_filter type{kLoad, 0, 0, kAncillary + SKF_AD_PKTTYPE};
  SocketFilter out{type};
  if (direction == CaptureDirection::In) {
    out.insert(out.end(), {{kEqual, 0, 1, PACKET_OUTGOING}, drop});
  } else {
    if (direction == CaptureDirection::Out)
      out.insert(out.end(), {{kEqual, 1, 0, PACKET_OUTGOING}, drop});
    out.insert(out.end(), {{kEqual, 0, 3, PACKET_OUTGOING},
                           {kLoad, 0, 0, kAncillary + SKF_AD_IFINDEX},
                           {kEqual, 0, 1, static_cast<std::uint32_t>(loopback_index)},
                           drop});
  }
  out.insert(out.end(), program.begin(), program.end());
  return out;
}

Result<LiveFilter> live_filter(const LiveFilterRequest& request) {
  auto handle = open_unread(request);
  if (!handle) return tl::unexpected(handle.error());
  LiveFilter out;
  out.link_type = pcap_datalink(handle->get());
  out.cooked = out.link_type == DLT_LINUX_SLL2;
  if (!out.cooked && out.link_type != DLT_EN10MB && out.link_type != DLT_RAW)
    return fail(request.interface + ": no capture on links of DLT " +
                std::to_string(out.link_type));
  if (request.interface != "any")
    out.ifindex = static_cast<int>(if_nametoindex(request.interface.c_str()));
  std::string expression = request.expression;
  if (!request.or_on_ethernet.empty() && out.link_type == DLT_EN10MB)
    expression = "(" + expression + ") or (" + request.or_on_ethernet + ")";
  bpf_program program{};
  if (pcap_compile(handle->get(), &program, expression.c_str(), request.optimize ? 1 : 0,
                   PCAP_NETMASK_UNKNOWN) != 0)
    return fail(pcap_geterr(handle->get()));
  for (unsigned i = 0; i < program.bf_len; ++i) {
    const bpf_insn& insn = program.bf_insns[i];
    out.program.push_back({insn.code, insn.jt, insn.jf, insn.k});
  }
  pcap_freecode(&program);
  if (out.program.empty()) out.program = {{BPF_RET | BPF_K, 0, 0, request.snap_length}};
  if (out.cooked)
    if (auto fixed = fix_cooked_offsets(out.program); !fixed) return tl::unexpected(fixed.error());
  out.program =
      with_direction(out.program, request.direction, static_cast<int>(if_nametoindex("lo")));
  return out;
}

}  // namespace alibi::os
