// SPDX-License-Identifier: Apache-2.0
// From a raw BPF record to an evidence event: pure, so that records can be kept as bytes and turned
// into events only when somebody asks.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "evidence/event.h"
#include "os/kallsyms.h"

namespace alibi::bpf {

/// The event in one record; nothing for a record that is shorter than its kind says. `drop_reasons`
/// as drop_reason_names() gives them.
std::optional<evidence::Event> decode_record(std::span<const std::uint8_t> record,
                                             const os::Kallsyms& symbols,
                                             std::span<const std::string> drop_reasons = {});

/// The scheduler's letter for task_struct.__state at a switch (Linux 6.1 bit numbers).
char state_letter(std::uint32_t prev_state, bool preempted);

/// "normal", "batch", "idle", "deadline", "fifo 50", "rr 1".
std::string policy_text(std::uint32_t policy, std::uint32_t rt_priority);

/// Names of at most 24 frames, innermost first, without the tracer's own and the scheduler's.
std::vector<std::string> stack_names(std::span<const std::uint64_t> addresses,
                                     const os::Kallsyms& symbols);

/// Arguments that are separated by NUL as one line with spaces.
std::string command_line_text(std::string_view arguments);

}  // namespace alibi::bpf
