// SPDX-License-Identifier: Apache-2.0
// alibi run.
#include <CLI/CLI.hpp>

#include "cmd/command.h"

namespace alibi::cmd {

void add_run(CLI::App& app, Run& run) {
  auto* sub = app.add_subcommand("run", "");
  sub->callback([&run] { run = [] { return 1; }; });
}

}  // namespace alibi::cmd
