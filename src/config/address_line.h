// SPDX-License-Identifier: Apache-2.0
// One address line: ADDRESS[/LENGTH] and what ip-address(8) and keepalived let follow it.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "config/access.h"

namespace alibi::config {

enum class AddressUse : std::uint8_t { Virtual, Static };

/// Nothing when the address cannot be used, after a diagnostic.
std::optional<VirtualAddress> read_address(Context& context, const Piece& piece, AddressUse use);

void write_addresses(const std::vector<VirtualAddress>& addresses, std::string_view keyword,
                     Text& out);

}  // namespace alibi::config
