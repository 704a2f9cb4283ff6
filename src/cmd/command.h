// SPDX-License-Identifier: Apache-2.0
// What every subcommand offers main: its options, and a function that runs it.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace alibi::cmd {

/// Set by the subcommand that was chosen; main calls it after parsing and returns its value.
using Run = std::function<int()>;

// Each adds its subcommand to `app` (in cmd_NAME.cc) and sets `run` when it is chosen.
void add_run(CLI::App& app, Run& run);
void add_check(CLI::App& app, Run& run);
void add_record(CLI::App& app, Run& run);
void add_gaps(CLI::App& app, Run& run);
void add_explain(CLI::App& app, Run& run);
void add_incidents(CLI::App& app, Run& run);
void add_status(CLI::App& app, Run& run);
void add_path(CLI::App& app, Run& run);
void add_doctor(CLI::App& app, Run& run);
void add_capture(CLI::App& app, Run& run);
void add_lab(CLI::App& app, Run& run);

}  // namespace alibi::cmd
