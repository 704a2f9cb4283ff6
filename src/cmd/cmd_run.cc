// SPDX-License-Identifier: Apache-2.0
// alibi run: reads the configuration, says what is wrong with it, and hands over to the supervisor.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <map>
#include <memory>

#include "cmd/command.h"
#include "config/settings.h"
#include "daemon/supervisor.h"

namespace alibi::cmd {
namespace {

struct Options {
  daemon::RunOptions run;
  std::string umask;
  std::string signal_name;
  std::string log;
  bool foreground = false;
};

constexpr const char* kFooter =
    "Example: alibi run -f /etc/keepalived/keepalived.conf\n"
    "Signals: TERM or INT resign, give the addresses back and end; USR1 writes keepalived.data,\n"
    "         USR2 keepalived.stats, --signum=JSON keepalived.json, as keepalived does.\n"
    "Exit codes: 0 ended in order, 1 could not start or carry on, 2 usage,\n"
    "            4 the configuration cannot be run (as keepalived's)";

daemon::LogTarget log_target(const std::string& name) {
  if (name == "syslog") return daemon::LogTarget::Syslog;
  if (name == "journal") return daemon::LogTarget::Journal;
  if (name == "stderr" || ::isatty(STDERR_FILENO) != 0) return daemon::LogTarget::Stderr;
  return daemon::LogTarget::Syslog;
}

/// keepalived's --signum: the number to send for a request, whatever the system counts it as.
int print_signal(const std::string& name) {
  const std::map<std::string, int> known{{"STOP", SIGTERM},      {"RELOAD", SIGHUP},
                                         {"DATA", SIGUSR1},      {"STATS", SIGUSR2},
                                         {"JSON", SIGRTMIN + 2}, {"STATS_CLEAR", SIGRTMAX - 1}};
  const auto found = known.find(name);
  if (found == known.end()) {
    std::fprintf(stderr,
                 "alibi: no signal is for '%s': STOP, RELOAD, DATA, STATS, STATS_CLEAR or "
                 "JSON\n",
                 name.c_str());
    return 2;
  }
  std::printf("%d\n", found->second);
  return 0;
}

/// From -u, else the configuration, else keepalived's default.
bool set_umask(Options& options, const config::Settings& settings) {
  if (options.umask.empty()) {
    options.run.umask = settings.global.umask.value_or(options.run.umask);
    return true;
  }
  const char* end = options.umask.data() + options.umask.size();
  const auto parsed = std::from_chars(options.umask.data(), end, options.run.umask, 8);
  if (parsed.ec == std::errc{} && parsed.ptr == end && options.run.umask <= 0777) return true;
  std::fprintf(stderr, "alibi: --umask takes an octal number up to 0777, not '%s'\n",
               options.umask.c_str());
  return false;
}

int run_daemon(Options& options) {
  if (!options.signal_name.empty()) return print_signal(options.signal_name);
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
  if (!set_umask(options, parsed.settings)) return 2;
  if (options.run.run_folder.empty()) {
    const std::string& name = parsed.settings.global.instance_name;
    options.run.run_folder = name.empty() ? "/run/alibi" : "/run/alibi/" + name;
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
  sub->add_option("-p,--pid", options->run.pid_file,
                  "the supervisor's pid file (default: alibi.pid in the run folder)");
  sub->add_option("-r,--vrrp_pid", options->run.keeper_pid_file,
                  "the keeper's pid file (default: keeper.pid in the run folder)");
  sub->add_option("--run-folder", options->run.run_folder,
                  "for pid files and the status socket (default: /run/alibi, with the "
                  "configuration's `instance` below it)");
  sub->add_option("-u,--umask", options->umask,
                  "of files that are written (default: as configured, else 0177)");
  sub->add_flag("--fifo-reasons", options->run.fifo_reasons,
                "end each line in a notify FIFO with the reason's code");
  sub->add_option("--signum", options->signal_name,
                  "print the number of the signal for STOP, RELOAD, DATA, STATS, STATS_CLEAR or "
                  "JSON, and end");
  sub->footer(kFooter);
  sub->callback([&run, options] { run = [options] { return run_daemon(*options); }; });
}

}  // namespace alibi::cmd
