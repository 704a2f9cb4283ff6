// SPDX-License-Identifier: Apache-2.0
// Whose a MAC address is, in the few words that tcpdump has for it.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace alibi::report {

/// By the first three of six octets; "Unknown" for all that tcpdump 4.99 does not name.
std::string_view vendor_name(std::span<const std::uint8_t> mac);

}  // namespace alibi::report
