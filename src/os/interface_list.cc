// SPDX-License-Identifier: Apache-2.0
// getifaddrs(3) and the SIOCGIF* requests.
#include "os/interface_list.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <memory>

#include "os/fd.h"
#include "wire/address.h"

namespace alibi::os {
namespace {

std::string mac_text(const unsigned char* bytes) {
  wire::MacAddress mac;
  std::copy_n(bytes, mac.bytes.size(), mac.bytes.begin());
  return mac.text();
}

void take_link(InterfaceFacts& facts, const ifaddrs& entry) {
  const auto* link = reinterpret_cast<const sockaddr_ll*>(entry.ifa_addr);
  facts.type = link->sll_hatype;
  if (link->sll_halen != 6) return;
  facts.mac = mac_text(link->sll_addr);
  const auto* broadcast = reinterpret_cast<const sockaddr_ll*>(entry.ifa_broadaddr);
  if (broadcast != nullptr && broadcast->sll_halen == 6) {
    facts.broadcast = mac_text(broadcast->sll_addr);
  }
}

void take_address(InterfaceFacts& facts, const sockaddr& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.sa_family == AF_INET && facts.ipv4.empty()) {
    const auto& in = reinterpret_cast<const sockaddr_in&>(address).sin_addr;
    facts.ipv4 = ::inet_ntop(AF_INET, &in, text.data(), text.size());
  } else if (address.sa_family == AF_INET6 && facts.ipv6.empty()) {
    const auto& in = reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
    if (IN6_IS_ADDR_LINKLOCAL(&in)) {
      facts.ipv6 = ::inet_ntop(AF_INET6, &in, text.data(), text.size());
    }
  }
}

int mtu_of(int socket, const std::string& name) {
  ifreq request{};
  name.copy(request.ifr_name, IFNAMSIZ - 1);
  return ::ioctl(socket, SIOCGIFMTU, &request) == 0 ? request.ifr_mtu : 0;
}

}  // namespace

std::vector<InterfaceFacts> interface_list() {
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) return {};
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(first, ::freeifaddrs);
  const Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  std::map<std::string, InterfaceFacts> found;
  for (const ifaddrs* entry = first; entry != nullptr; entry = entry->ifa_next) {
    const std::string name(entry->ifa_name, std::strcspn(entry->ifa_name, ":"));  // no labels
    InterfaceFacts& facts = found[name];
    facts.flags |= entry->ifa_flags;
    if (facts.index == 0) {
      facts.name = name;
      facts.index = static_cast<int>(::if_nametoindex(name.c_str()));
      facts.mtu = mtu_of(socket.get(), name);
    }
    if (entry->ifa_addr == nullptr) continue;
    if (entry->ifa_addr->sa_family == AF_PACKET) take_link(facts, *entry);
    take_address(facts, *entry->ifa_addr);
  }
  std::vector<InterfaceFacts> all;
  for (auto& [name, facts] : found) all.push_back(std::move(facts));
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.index < b.index; });
  return all;
}

}  // namespace alibi::os
