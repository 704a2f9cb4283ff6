// SPDX-License-Identifier: Apache-2.0
// The supervisor: starts keeper, tracker, teller and recorder, starts them again when they die,
// executes the last will of a dead keeper, and ends them in order. It parses no packet and writes
// no log.
#pragma once

#include <memory>

#include "daemon/channels.h"
#include "daemon/config_reader.h"

namespace alibi::daemon {

struct Generation;

/// Exit codes of `alibi run`.
inline constexpr int kExitDone = 0;
inline constexpr int kExitCannotStart = 1;
inline constexpr int kExitConfiguration = 4;  ///< as keepalived's

/// Runs until SIGTERM or SIGINT. Errors before the first child are written to stderr.
int supervise(ReadConfig config, const RunOptions& options);
/// The same in a new program, with what the one before left (see resume.h).
int supervise_on(std::unique_ptr<Generation> resumed, const RunOptions& options);

}  // namespace alibi::daemon
