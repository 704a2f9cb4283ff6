// SPDX-License-Identifier: Apache-2.0
// The teller: turns what keeper, tracker and supervisor say into log lines, mails and notify
// scripts. Whatever it waits for, it alone waits: its queues are bounded and their drops reported.
#pragma once

#include "config/settings.h"
#include "daemon/channels.h"

namespace alibi::daemon {

/// The teller process: until SIGTERM, then writes what is queued and gives mails a bounded time.
/// One that is replaced (see TellerStage) takes longer over its mails, and nobody waits for it.
int teller_main(const config::Settings& settings, const Channels& channels,
                const RunOptions& options);

/// Its severity as in Tell: a FAULT and a script that has failed are warnings, the rest is what the
/// sender says. (keepalived logs nearly everything as information.)
std::uint8_t log_severity(const Tell& tell);

/// The log line of `tell`, in keepalived's wording plus the reason; empty when there is none to
/// write with this `detail`.
std::string log_text(const config::Settings& settings, const Tell& tell, bool detail);

}  // namespace alibi::daemon
