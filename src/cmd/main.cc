// SPDX-License-Identifier: Apache-2.0
// alibi: joins the subcommands, nothing else. Exit codes: 0 done, 1 could not do it, 2 usage;
// a subcommand's --help names any others.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <optional>

#include "cmd/command.h"

namespace {

/// The exit code when the words alone settle it. The description of all options, a tenth of a
/// megabyte, is gone again before anything runs: `alibi run` keeps its processes small.
std::optional<int> parse(int argc, char** argv, alibi::cmd::Run& run) {
  CLI::App app{
      "alibi keeps a virtual IP address on a healthy load balancer and, when the address "
      "moves, accounts for every missing second.",
      "alibi"};
  app.set_version_flag("--version", "alibi " ALIBI_VERSION);
  app.require_subcommand(1);
  alibi::cmd::add_run(app, run);
  alibi::cmd::add_check(app, run);
  alibi::cmd::add_record(app, run);
  alibi::cmd::add_gaps(app, run);
  alibi::cmd::add_explain(app, run);
  alibi::cmd::add_incidents(app, run);
  alibi::cmd::add_status(app, run);
  alibi::cmd::add_path(app, run);
  alibi::cmd::add_doctor(app, run);
  alibi::cmd::add_capture(app, run);
  alibi::cmd::add_lab(app, run);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : 2;
  }
  return std::nullopt;
}

}  // namespace

int main(int argc, char** argv) {
  alibi::cmd::Run run;
  if (const auto code = parse(argc, argv, run)) return *code;
  try {
    const int code = run ? run() : 2;
    // Lost output is no success, however it was buffered.
    if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
    std::fprintf(stderr, "alibi: cannot write to standard output\n");
    return code == 0 ? 1 : code;
  } catch (const std::exception& error) {
    // Ours do not throw; libraries do, e.g. fmt when standard output cannot be written.
    std::fprintf(stderr, "alibi: %s\n", error.what());
    return 1;
  }
}
