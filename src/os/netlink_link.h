// SPDX-License-Identifier: Apache-2.0
// Making, changing and deleting interfaces, and their IPv4 settings: all over netlink, so that
// nobody needs a writable /proc/sys for it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "os/netlink.h"

namespace alibi::os {

/// A macvlan in private mode: it hears the outside, and nothing of its sisters.
struct MacvlanSpec {
  std::string name;
  IfIndex base{0};
  wire::MacAddress mac;
};

/// The per-interface settings of /proc/sys/net/ipv4/conf, as the kernel numbers them.
enum class Ipv4Setting : std::uint8_t {
  AcceptLocal,
  ArpAnnounce,
  ArpFilter,
  ArpIgnore,
  PromoteSecondaries,
  RpFilter
};
using Ipv4Settings = std::vector<std::pair<Ipv4Setting, std::uint32_t>>;

/// Makes it, down, with no link-local address of its own (addr_gen_mode none).
Result<void> make_macvlan(Netlink& netlink, const MacvlanSpec& spec);
Result<void> set_link_up(Netlink& netlink, IfIndex index);
/// One that is not there is deleted already.
Result<void> delete_link(Netlink& netlink, IfIndex index);

Result<void> set_ipv4(Netlink& netlink, IfIndex index, const Ipv4Settings& settings);
/// The value now; nothing when the interface is not there.
std::optional<std::uint32_t> get_ipv4(Netlink& netlink, IfIndex index, Ipv4Setting setting);

}  // namespace alibi::os
