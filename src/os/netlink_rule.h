// SPDX-License-Identifier: Apache-2.0
// One rule of the routing policy: RTM_NEWRULE, RTM_DELRULE. All names are numbers by now.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "os/netlink.h"

namespace alibi::os {

struct RuleSpec {
  wire::Family family = wire::Family::V4;
  bool negate = false;
  std::optional<wire::IpAddress> from, to;
  int from_length = 0, to_length = 0;
  std::string input_interface, output_interface;
  std::uint8_t action = 1;  ///< FR_ACT_*
  std::uint32_t table = 0;
  std::uint32_t priority = 0;
  std::optional<std::uint32_t> goto_priority;
  std::optional<std::uint32_t> mark, mark_mask;
  std::uint8_t tos = 0;
  std::uint32_t realms = 0;
  std::uint8_t protocol = 18;               ///< who made it: RTPROT_KEEPALIVED
  std::optional<std::uint8_t> ip_protocol;  ///< of the packets it is for
  std::optional<std::pair<std::uint16_t, std::uint16_t>> source_port, destination_port;
  std::optional<std::pair<std::uint32_t, std::uint32_t>> uid_range;
  std::optional<std::uint64_t> tunnel_id;
  std::optional<std::uint32_t> suppress_prefix_length, suppress_group;
  bool l3mdev = false;
  bool tracked = true;
  bool operator==(const RuleSpec&) const = default;
};

/// One that is there, or not there, already is success.
Result<void> add_rule(Netlink& netlink, const RuleSpec& rule);
Result<void> remove_rule(Netlink& netlink, const RuleSpec& rule);

/// What identifies a rule well enough in notifications.
struct RuleKey {
  wire::Family family = wire::Family::V4;
  std::uint32_t priority = 0;
  std::uint32_t table = 0;
  std::uint8_t action = 0;
  std::uint8_t from_length = 0, to_length = 0;
  bool deleted = false;
};
std::optional<RuleKey> parse_rule(const nlmsghdr* header);
bool is_of(const RuleKey& key, const RuleSpec& rule);
/// Asks the kernel; an answer that cannot be had counts as "there".
bool has_rule(Netlink& netlink, const RuleSpec& rule);

}  // namespace alibi::os
