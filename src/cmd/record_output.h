// SPDX-License-Identifier: Apache-2.0
// What alibi record prints and writes at its end.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "daemon/recorder.h"

namespace alibi::cmd {

/// A line a tap: received, written, dropped since the start.
void print_totals(const daemon::Recorder& recorder);

/// A line a source of evidence that was absent or lost something.
void print_losses(const std::vector<evidence::SourceLoss>& losses);

/// All frames that are still remembered, with interface statistics.
Result<void> write_pcapng(const daemon::Recorder& recorder, const std::string& path);

}  // namespace alibi::cmd
