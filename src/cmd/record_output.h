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

/// How much of the time is still held, and why not more; `window` was asked for.
void print_window(const daemon::Recorder& recorder, const evidence::Recording& recording,
                  Duration window, std::size_t ring_bytes);

/// A line a source: received, kept, lost, passed over. Sources that sent nothing share one.
void print_sources(const std::vector<evidence::SourceCount>& sources);

/// A line a source of evidence that was absent or lost something.
void print_losses(const std::vector<evidence::SourceLoss>& losses);

/// Can a file be made or replaced at `path`? Empty and "-" always. Devices, pipes and folders are
/// refused: a finished file is renamed over what is there.
Result<void> check_output_path(const std::string& path);

/// All frames that are still remembered, with interface statistics.
Result<void> write_pcapng(const daemon::Recorder& recorder, const std::string& path);

}  // namespace alibi::cmd
