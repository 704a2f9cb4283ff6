// SPDX-License-Identifier: Apache-2.0
// Why the running kernel drops packets: the names of its enum skb_drop_reason, whose numbers move
// from version to version.
#pragma once

#include <string>
#include <vector>

namespace alibi::bpf {

/// By number, without their prefix ("NETFILTER_DROP"); a number without a name is empty. Nothing
/// where the kernel has no BTF or no such reasons (before 5.17).
std::vector<std::string> drop_reason_names();

}  // namespace alibi::bpf
