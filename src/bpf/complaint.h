// SPDX-License-Identifier: Apache-2.0
// What libbpf complains about, kept instead of printed, and why a load failed in words for an
// operator.
#pragma once

#include <string>

namespace alibi::bpf {

/// From now on libbpf's first warning is kept. Forgets an earlier one.
void listen_to_libbpf();

/// Why loading failed with `error` (an errno): missing right, missing BTF (when the program needs
/// it), or libbpf's own words.
std::string reason(int error, bool needs_btf = true);

}  // namespace alibi::bpf
