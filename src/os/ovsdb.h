// SPDX-License-Identifier: Apache-2.0
// One question to the database server of Open vSwitch over its Unix socket (JSON-RPC, RFC 7047).
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace alibi::os {

inline constexpr const char* kOvsdbSocket = "/run/openvswitch/db.sock";

/// The answer as JSON text. Waits for two seconds at most and takes 16 MiB at most.
Result<std::string> ask_ovsdb(const std::string& socket, std::string_view question);

/// How many octets of `text` the JSON value takes that it begins with; 0 while it is not complete.
/// Objects and arrays only.
std::size_t json_length(std::string_view text);

}  // namespace alibi::os
