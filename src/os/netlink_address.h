// SPDX-License-Identifier: Apache-2.0
// One address to add or remove, and its message: RTM_NEWADDR, RTM_DELADDR.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/rare.h"
#include "base/strong.h"
#include "wire/address.h"

namespace alibi::os {

/// All that `ip address add` would be told.
struct AddressSpec {
  IfIndex index{0};
  wire::IpAddress address;
  int prefix_length = 32;
  std::uint8_t scope = 0;
  Rare<std::string> label;
  std::optional<wire::IpAddress> broadcast;
  std::optional<wire::IpAddress> peer;  ///< the prefix length is that of the peer's network
  std::uint32_t flags = 0;              ///< IFA_F_*
  /// Absent: for ever, but 0 (deprecated) for an IPv6 host address, so that the host never picks it
  /// as a source; as keepalived does.
  std::optional<std::uint32_t> preferred_seconds;
  bool tracked = true;  ///< its loss is to be noticed
  bool operator==(const AddressSpec&) const = default;
};

/// "global", "link", "host", "site", "nowhere" or a number; nothing else.
std::optional<std::uint8_t> parse_scope(const std::string& text);

/// The RTM_NEWADDR / RTM_DELADDR message for `spec`, as sent (for tests to look into).
std::vector<std::uint8_t> address_message(const AddressSpec& spec, bool add,
                                          std::uint32_t sequence);

}  // namespace alibi::os
