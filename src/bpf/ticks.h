// SPDX-License-Identifier: Apache-2.0
// A timer on each CPU that runs a BPF program in its interrupt.
#pragma once

#include <vector>

#include "base/instant.h"
#include "base/result.h"

struct bpf_link;
struct bpf_program;

namespace alibi::bpf {

/// How often each CPU is asked whether it runs, and after how long without an answer it is told.
/// 40 ms is 1.3 % of the shortest time in which a router with an advert a second is given up.
constexpr Duration kTickEvery = 40ms;
constexpr Duration kSilence = 100ms;

/// Attaches `program` to a perf event cpu-clock on every online CPU; the links are the caller's.
/// All or none.
Result<std::vector<bpf_link*>> attach_ticks(bpf_program* program);

}  // namespace alibi::bpf
