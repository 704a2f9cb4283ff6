// SPDX-License-Identifier: Apache-2.0
// How a supervisor becomes another program and stays the same process: what it leaves in memory
// that outlives exec, and the new program's way back to a generation that runs.
#pragma once

#include <memory>
#include <string>

#include "daemon/generation.h"

namespace alibi::daemon {

/// In the environment of the new program: the number of the descriptor of that memory.
inline constexpr const char* kResumeVariable = "ALIBI_RESUME";
/// The argument with which a program is only asked whether it could resume.
inline constexpr const char* kHandshakeOption = "--handover-check";

/// SIGRTMIN+4: change to the program as it is on disk now. keepalived uses no such signal.
int upgrade_signal();

/// What a program answers that could resume from this one: names the version of everything that
/// both would have to agree on.
std::string handshake_text();

/// The file that `arguments`[0] names, links unresolved, so that a link may be turned to a new
/// program.
std::string program_path(const std::vector<std::string>& arguments);

/// Writes down `generation` and keeps its descriptors, and the result, open over exec.
Result<os::Fd> leave_generation(const Generation& generation);
/// exec did not happen: nothing is to stay open over another one.
void unleave_generation(const Generation& generation);
/// The generation that was left, its children running. Opens and starts nothing.
Result<std::unique_ptr<Generation>> resume_generation(os::Fd memory, const RunOptions& options);

}  // namespace alibi::daemon
