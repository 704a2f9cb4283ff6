// SPDX-License-Identifier: Apache-2.0
// Scenarios: a lab, a recorder beside it, a fault at a random moment, and the verdict compared with
// the truth.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "lab/matrix.h"
#include "lab/state.h"

namespace alibi::lab {

struct RunOptions {
  std::vector<std::string> scenarios;  ///< names of faults
  int times = 1;
  std::uint64_t seed = 1;
  Keeper keeper = Keeper::Keepalived;
  std::string name;       ///< of the labs it builds; empty: run-PID
  std::string out;        ///< results as JSON lines, appended; empty: none
  std::string cases;      ///< folder that keeps the case of every run; empty: none is kept
  int vm_cpu = 1;
};

/// Runs every scenario `times` times, in one lab after another by what their keeper must log to.
/// `tell` gets a line before and after each run. The labs are taken down whatever happens.
Result<std::vector<RunResult>> run_scenarios(const RunOptions& options,
                                             const std::function<void(const std::string&)>& tell);

}  // namespace alibi::lab
