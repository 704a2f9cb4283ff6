// SPDX-License-Identifier: Apache-2.0
// Names of frame defects and networks, as counters and messages write them.
#include "wire/frame.h"

namespace alibi::wire {

std::string_view text(FrameDefect defect) {
  switch (defect) {
    case FrameDefect::None:
      return "none";
    case FrameDefect::NotOurs:
      return "not_ours";
    case FrameDefect::Truncated:
      return "truncated";
    case FrameDefect::BadIpHeader:
      return "bad_ip_header";
    case FrameDefect::Fragment:
      return "fragment";
    case FrameDefect::LinkType:
      return "link_type";
    case FrameDefect::TooDeep:
      return "too_deep";
  }
  return "unknown";
}

std::string network_text(std::uint64_t network) {
  const std::uint32_t id = tunnel_of(network);
  const unsigned vlan = vlan_of(network);
  const unsigned outer = outer_vlan_of(network);
  std::string text = id == 0 ? "" : "VNI " + std::to_string(id);
  if (vlan != 0 || outer != 0) text += (id == 0 ? "VLAN " : " VLAN ") + std::to_string(vlan);
  if (outer != 0) text += " in VLAN " + std::to_string(outer);
  return text;
}

}  // namespace alibi::wire
