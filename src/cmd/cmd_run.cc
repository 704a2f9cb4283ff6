// SPDX-License-Identifier: Apache-2.0
// alibi run: reads the configuration, says what is wrong with it, and hands over to the supervisor.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "cmd/command.h"
#include "config/settings.h"
#include "daemon/supervisor.h"

namespace alibi::cmd {
namespace {

struct Options {
  daemon::RunOptions run;
  std::string log;
  bool foreground = false;
};

constexpr const char* kFooter =
    "Example: alibi run -f /etc/keepalived/keepalived.conf\n"
    "Signals: TERM or INT resign, give the addresses back and end.\n"
    "Exit codes: 0 ended in order, 1 could not start or carry on, 2 usage,\n"
    "            4 the configuration cannot be run (as keepalived's)";

daemon::LogTarget log_target(const std::string& name) {
  if (name == "syslog") return daemon::LogTarget::Syslog;
  if (name == "journal") return daemon::LogTarget::Journal;
  if (name == "stderr" || ::isatty(STDERR_FILENO) != 0) return daemon::LogTarget::Stderr;
  return daemon::LogTarget::Syslog;
}

int run_daemon(Options& options) {
  options.run.log = log_target(options.log);
  auto parsed = config::load(options.run.file, options.run.config_id);
  for (const auto& diagnostic : parsed.diagnostics) {
    std::fprintf(stderr, "%s\n", config::render(diagnostic).c_str());
  }
  if (!parsed.runnable()) {
    std::fprintf(stderr, "alibi: %s cannot be run: correct the errors above\n",
                 options.run.file.c_str());
    return daemon::kExitConfiguration;
  }
  return daemon::supervise(std::move(parsed.settings), options.run);
}

}  // namespace

void add_run(CLI::App& app, Run& run) {
  auto options = std::make_shared<Options>();
  options->run.file = "/etc/keepalived/keepalived.conf";
  auto* sub = app.add_subcommand("run", "keep virtual addresses, as a keepalived.conf says");
  sub->add_option("-f,--use-file", options->run.file, "the configuration")->capture_default_str();
  sub->add_option("-i,--config-id", options->run.config_id,
                  "what lines that begin with @ID are for (default: the short host name)");
  sub->add_flag("-n,--dont-fork", options->foreground,
                "stay in the foreground (it always does; taken for keepalived's sake)");
  sub->add_flag("-D,--log-detail", options->run.detail, "log what keepalived logs with -D");
  sub->add_option("--log", options->log,
                  "where to: stderr, syslog or journal (default: stderr if it is a terminal, "
                  "else syslog)")
      ->check(CLI::IsMember({"stderr", "syslog", "journal"}));
  sub->add_flag("!--no-record", options->run.record, "do not record and explain incidents");
  sub->add_option("--cases", options->run.case_folder,
                  "write a case to this folder on an incident (default: none)");
  sub->footer(kFooter);
  sub->callback([&run, options] { run = [options] { return run_daemon(*options); }; });
}

}  // namespace alibi::cmd
