// SPDX-License-Identifier: Apache-2.0
// Interfaces as ifconfig(8) shows them: flags, MTU, hardware type, first addresses. For dumps, not
// for decisions: os/netlink.h is for those.
#pragma once

#include <string>
#include <vector>

namespace alibi::os {

struct InterfaceFacts {
  std::string name;
  int index = 0;
  std::string ipv4, ipv6;  ///< first address of each family (IPv6: link-local); empty: none
  std::string mac, broadcast;
  unsigned flags = 0;  ///< IFF_*
  int mtu = 0;
  int type = 0;  ///< ARPHRD_*
};

/// Those of this network namespace, by index; empty when they cannot be read.
std::vector<InterfaceFacts> interface_list();

}  // namespace alibi::os
