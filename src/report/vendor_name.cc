// SPDX-License-Identifier: Apache-2.0
// The names that tcpdump 4.99.3 gave when asked about each number up to 0x3fffff, and about
// 08:00:07 and 08:00:09. Others above have not been asked for and may be missing.
#include "report/vendor_name.h"

#include <array>
#include <utility>

namespace alibi::report {

std::string_view vendor_name(std::span<const std::uint8_t> mac) {
  constexpr std::array<std::pair<std::uint32_t, std::string_view>, 21> kNames = {{
      {0x000000, "Ethernet"},
      {0x00000c, "Cisco"},
      {0x00005e, "IANA"},
      {0x000081, "Nortel Networks SONMP"},
      {0x0000f8, "Cisco bridged"},
      {0x00049f, "Freescale"},
      {0x0004ea, "HP-Labs"},
      {0x001018, "Broadcom"},
      {0x00120f, "IEEE 802.3 Private"},
      {0x0012bb, "ANSI/TIA"},
      {0x0015ad, "Netronome"},
      {0x001b21, "DCBX"},
      {0x002320, "Nicira Networks"},
      {0x002481, "HP"},
      {0x0080c2, "Ethernet bridged"},
      {0x009069, "Juniper"},
      {0x00a03e, "ATM Forum"},
      {0x00e004, "PMC-Sierra"},
      {0x00e02f, "DOCSIS Spanning Tree"},
      {0x080007, "Appletalk"},
      {0x080009, "Hewlett-Packard"},
  }};
  const std::uint32_t vendor = std::uint32_t{mac[0]} << 16U | std::uint32_t{mac[1]} << 8U | mac[2];
  for (const auto& [number, name] : kNames)
    if (number == vendor) return name;
  return "Unknown";
}

}  // namespace alibi::report
