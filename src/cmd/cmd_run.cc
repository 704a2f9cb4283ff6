// SPDX-License-Identifier: Apache-2.0
// alibi run: reads the configuration, says what is wrong with it, and hands over to the supervisor.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <thread>

#include "cmd/command.h"
#include "config/sources.h"
#include "daemon/resume.h"
#include "daemon/supervisor.h"

namespace alibi::cmd {
namespace {

struct Options {
  daemon::RunOptions run;
  std::string umask;
  std::string signal_name;
  std::string log;
  std::string fence;
  bool foreground = false;
  bool handshake = false;
};

constexpr const char* kFooter =
    "Example: alibi run -f /etc/keepalived/keepalived.conf\n"
    "Signals: TERM or INT resign, give the addresses back and end; HUP reads the configuration\n"
    "         again and RTMIN+4 changes to the program as it is on disk now, neither moves an\n"
    "         address or delays an advert; USR1 writes keepalived.data, USR2 keepalived.stats,\n"
    "         --signum=JSON keepalived.json, as keepalived does.\n"
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

/// What the command line leaves to the configuration.
bool complete(Options& options, const config::Settings& settings) {
  if (!set_umask(options, settings)) return false;
  if (!options.run.run_folder.empty()) return true;
  const std::string& name = settings.global.instance_name;
  options.run.run_folder = name.empty() ? "/run/alibi" : "/run/alibi/" + name;
  return true;
}

std::vector<std::string> own_arguments() {
  std::ifstream in("/proc/self/cmdline", std::ios::binary);
  std::vector<std::string> arguments;
  for (std::string argument; std::getline(in, argument, '\0');) arguments.push_back(argument);
  return arguments;
}

/// The program before this one (see daemon/resume.h) left memory behind, or asks whether it may.
int go_on(int memory, Options& options) {
  ::unsetenv(daemon::kResumeVariable);
  auto resumed = daemon::resume_generation(os::Fd(memory), options.run);
  if (!resumed || !complete(options, (*resumed)->settings)) {
    if (!resumed) std::fprintf(stderr, "alibi: %s\n", resumed.error().message.c_str());
    return daemon::kExitCannotStart;
  }
  if (!options.handshake) return daemon::supervise_on(std::move(*resumed), options.run);
  std::fputs(daemon::handshake_text().c_str(), stdout);
  return daemon::kExitDone;
}

/// The children share the pages of the settings for as long as they write nothing between them.
/// Where the parser worked there are gaps that malloc fills; a new thread has an arena of its own,
/// where the copy lies in one piece.
void lay_apart(config::Settings& settings) {
  config::Settings apart;
  std::thread([&] { apart = settings; }).join();
  settings = std::move(apart);
}

int run_daemon(Options& options) {
  if (!options.signal_name.empty()) return print_signal(options.signal_name);
  options.run.log = log_target(options.log);
  options.run.fence = daemon::parse_fence_mode(options.fence).value_or(options.run.fence);
  options.run.arguments = own_arguments();
  options.run.program = daemon::program_path(options.run.arguments);
  options.run.version = ALIBI_VERSION;
  if (const char* memory = std::getenv(daemon::kResumeVariable); memory != nullptr) {
    return go_on(std::atoi(memory), options);
  }
  daemon::ReadConfig config;
  config.parsed = config::load(options.run.file, options.run.config_id, config.sources);
  const auto& parsed = config.parsed;
  for (const auto& diagnostic : parsed.diagnostics) {
    std::fprintf(stderr, "%s\n", config::render(diagnostic).c_str());
  }
  if (!parsed.runnable()) {
    std::fprintf(stderr, "alibi: %s cannot be run: correct the errors above\n",
                 options.run.file.c_str());
    return daemon::kExitConfiguration;
  }
  if (!complete(options, parsed.settings)) return 2;
  lay_apart(config.parsed.settings);
  return daemon::supervise(std::move(config), options.run);
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
  sub->add_option("--fence", options->fence,
                  "how the kernel silences the addresses of a keeper that is stopped: takeover "
                  "(when another node advertises), lease (also when nothing was sent for a "
                  "master-down time) or off (default: takeover)")
      ->check(CLI::IsMember({"takeover", "lease", "off"}));
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
  sub->add_flag(daemon::kHandshakeOption, options->handshake)->group("");  // not for people
  sub->footer(kFooter);
  sub->callback([&run, options] { run = [options] { return run_daemon(*options); }; });
}

}  // namespace alibi::cmd
