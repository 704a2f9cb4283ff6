// SPDX-License-Identifier: Apache-2.0
// A dead pcap handle gives the compiler its link type and snap length.
#include "evidence/packet_filter.h"

#include <pcap/pcap.h>

#include <utility>

namespace alibi::evidence {

struct PacketFilter::Program {
  bpf_program code{};
  Program() = default;
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program() { ::pcap_freecode(&code); }
};

PacketFilter::PacketFilter(std::string expression) : expression_(std::move(expression)) {}
PacketFilter::PacketFilter(PacketFilter&&) noexcept = default;
PacketFilter::~PacketFilter() = default;

Result<PacketFilter> PacketFilter::compile(const std::string& expression) {
  PacketFilter out(expression);
  if (auto program = out.program_of(wire::LinkType::Ethernet); !program) {
    return tl::unexpected(program.error());
  }
  return out;
}

Result<PacketFilter::Program*> PacketFilter::program_of(wire::LinkType link_type) {
  const auto known = programs_.find(link_type);
  if (known != programs_.end()) return known->second.get();
  constexpr int kSnapLength = 262144;
  constexpr int kOptimize = 1;
  // The registry's numbers are libpcap's DLT_ values, raw IP apart.
  const bool raw = link_type == wire::LinkType::Raw;
  pcap_t* handle = ::pcap_open_dead(raw ? DLT_RAW : static_cast<int>(link_type), kSnapLength);
  if (handle == nullptr) return fail("no memory for a packet filter");
  auto program = std::make_unique<Program>();
  const int status =
      ::pcap_compile(handle, &program->code, expression_.c_str(), kOptimize, PCAP_NETMASK_UNKNOWN);
  const std::string complaint = status == 0 ? "" : ::pcap_geterr(handle);
  ::pcap_close(handle);
  if (status != 0) program.reset();
  Program* out = programs_.emplace(link_type, std::move(program)).first->second.get();
  if (status != 0) return fail("filter '" + expression_ + "': " + complaint);
  return out;
}

bool PacketFilter::matches(std::span<const std::uint8_t> bytes, std::uint32_t original_length,
                           wire::LinkType link_type) {
  const auto program = program_of(link_type);
  if (!program || *program == nullptr) return false;
  return ::bpf_filter((*program)->code.bf_insns, bytes.data(), original_length,
                      static_cast<unsigned>(bytes.size())) != 0;
}

}  // namespace alibi::evidence
