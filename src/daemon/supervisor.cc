// SPDX-License-Identifier: Apache-2.0
// The supervisor's start, loop and end.
#include "daemon/supervisor.h"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cstdio>

#include "daemon/keeper.h"
#include "daemon/keeper_schedule.h"
#include "daemon/resume.h"
#include "daemon/supervisor_process.h"
#include "os/namespaces.h"
#include "os/program_pages.h"
#include "os/realtime.h"

namespace alibi::daemon {

Supervisor::Supervisor(const RunOptions& options, std::unique_ptr<Generation> generation,
                       os::EventLoop loop, os::SignalQueue signals, ConfigReader reader)
    : options_(options),
      current_(std::move(generation)),
      loop_(std::move(loop)),
      signals_(std::move(signals)),
      reader_(std::move(reader)) {}

Voice Supervisor::voice() const {
  const Channels& channels = current_->channels;
  return {channels.supervisor_to_teller, channels.page, Sender::Supervisor};
}

Result<void> Supervisor::run() {
  if (auto added = loop_.add(signals_.fd(), [this] { hear_signals(); }); !added) return added;
  if (auto added = loop_.add(reader_.news_fd(), [this] { configuration_read(); }); !added) {
    return added;
  }
  write_pids();
  current_->resumed ? finish_upgrade() : start_all();
  watch_statics();
  os::release_program_pages();  // most of them were for reading the configuration
  while (!stopping_) {
    if (auto turned = turn(); !turned) return turned;
    start_due();
  }
  return stop_all();
}

void Supervisor::start_all() {
  voice().say_daemon("Starting alibi " + options_.version + " (pid " + std::to_string(::getpid()) +
                     ") with " + options_.file);
  const auto& global = current_->settings.global;
  run_script("startup_script", global.startup_script, global.startup_timeout);
  for (Child& child : current_->children) {
    if (child.wanted) child.start_at = Instant{};
  }
  start_due();
  warn_of_fence();
  warn_of_network();
  if (again_) reload();  // asked for while the script ran
}

/// Once for a generation.
void Supervisor::warn_of_fence() {
  const SharedFence& fence = current_->channels.fence;
  if (!fence.wanting()) return;
  voice().say_daemon("no fence: " + fence.absent +
                         ". A keeper that is stopped will go on answering for its addresses",
                     1);
}

void Supervisor::warn_of_network() {
  for (const auto& warning : current_->network->warnings()) voice().say_daemon(warning, 1);
}

Result<void> Supervisor::turn() {
  loop_.set_deadline(next_deadline());
  if (auto waited = loop_.wait(); !waited) return waited;
  enforce_ends();
  if (!stopping_) retire();
  return {};
}

Result<void> Supervisor::stop_all() {
  voice().say_daemon("Stopping");
  // Keeper first, teller last: everything that ends has something to tell.
  for (const auto role : {kKeeper, kTracker, kRecorder}) {
    if (auto ended = end(role); !ended) return ended;
  }
  for (Generation* other : {candidate_.get(), previous_.get()}) {
    if (other == nullptr) continue;
    give_up_network(*other);
    other->channels.fence.take_down();
  }
  ignore_statics();
  for (const auto& failure : current_->network->undo()) voice().say_daemon(failure, 2);
  current_->channels.fence.take_down();
  for (Child& courier : couriers_) ask_to_end(courier);
  const auto& global = current_->settings.global;
  run_script("shutdown_script", global.shutdown_script, global.shutdown_timeout);
  if (auto ended = end(kTeller); !ended) return ended;
  while (!couriers_.empty()) {
    if (auto turned = turn(); !turned) return turned;
  }
  return {};
}

/// In every generation: a reload under way may still change which one is in force.
Result<void> Supervisor::end(std::size_t role) {
  for (;;) {
    bool left = false;
    for (Generation* generation : {candidate_.get(), current_.get(), previous_.get()}) {
      if (generation == nullptr) continue;
      ask_to_end(generation->children[role]);
      left = left || generation->children[role].pid != 0;
    }
    if (!left) return {};
    if (auto turned = turn(); !turned) return turned;
  }
}

void Supervisor::hear_signals() {
  while (const int signal = signals_.next()) {
    if (signal == SIGTERM || signal == SIGINT) stopping_ = true;
    if (signal == SIGCHLD) reap();
    if (signal == SIGHUP) reload();
    if (signal == upgrade_signal()) check_program();
    // keepalived's requests for dumps: files are the teller's business.
    const bool dump =
        signal == SIGUSR1 || signal == SIGUSR2 || signal == SIGRTMIN + 2 || signal == SIGRTMAX - 1;
    const pid_t teller = current_->children[kTeller].pid;
    if (dump && teller != 0) ::kill(teller, signal);
  }
}

namespace {

/// Opens all that the keeper will open, and closes it: what is missing is said here, where somebody
/// is looking, not by a child that dies.
Result<void> rehearse(Generation& generation) {
  auto network = NetworkSetup::prepare(generation.settings);
  if (!network) return tl::unexpected(network.error());
  generation.network.emplace(std::move(*network));
  const auto keeper = Keeper::create(generation.settings, generation.channels, true);
  if (!keeper) {
    generation.network->undo();
    return tl::unexpected(keeper.error());
  }
  const std::string problem = (*keeper)->guard_all();
  if (!problem.empty()) generation.channels.fence.absent = problem;
  return {};
}

int cannot_start(const Error& error, int code) {
  std::fprintf(stderr, "alibi: %s\n", error.message.c_str());
  return code;
}

/// Two that keep the same addresses take them from each other. One that is about to end is waited
/// for: a stop may take it some seconds.
Result<void> be_alone(const RunOptions& options) {
  constexpr Duration kPatience = 8s;
  const std::string path =
      options.pid_file.empty() ? options.run_folder + "/alibi.pid" : options.pid_file;
  const Instant until = os::monotonic_now() + kPatience;
  pid_t rival = PidFile::rival(path);
  if (rival != 0) {
    std::fprintf(stderr, "alibi: process %d runs here already (%s); waiting for its end\n",
                 static_cast<int>(rival), path.c_str());
  }
  for (; rival != 0; rival = PidFile::rival(path)) {
    if (os::monotonic_now() > until) {
      return fail("process " + std::to_string(rival) + " runs here already (" + path +
                  "): end it first, or give this one a --run-folder of its own");
    }
    os::sleep_until(os::monotonic_now() + 50ms);
  }
  return {};
}

int run_supervisor(std::unique_ptr<Generation> generation, const RunOptions& options) {
  auto signals = os::SignalQueue::create({SIGTERM, SIGINT, SIGHUP, SIGCHLD, SIGPIPE, SIGUSR1,
                                          SIGUSR2, SIGRTMIN + 2, SIGRTMAX - 1, upgrade_signal()});
  if (!signals) return cannot_start(signals.error(), kExitCannotStart);
  auto loop = os::EventLoop::create();
  if (!loop) return cannot_start(loop.error(), kExitCannotStart);
  auto reader = ConfigReader::create();
  if (!reader) return cannot_start(reader.error(), kExitCannotStart);
  prepare_files(options);
  const auto& name = generation->settings.global.names.all;
  if (!name.empty()) ::prctl(PR_SET_NAME, name.c_str());
  Supervisor supervisor(options, std::move(generation), std::move(*loop), std::move(*signals),
                        std::move(*reader));
  schedule_supervisor();
  os::release_free_memory();
  os::release_unused_stack();
  const auto ran = supervisor.run();
  return ran ? kExitDone : cannot_start(ran.error(), kExitCannotStart);
}

}  // namespace

int supervise(ReadConfig config, const RunOptions& options) {
  // First of all: every socket and every child belongs there.
  if (const auto& name = config.parsed.settings.global.net_namespace; !name.empty()) {
    const auto entered = os::enter_network_namespace(name);
    if (!entered) return cannot_start(entered.error(), kExitConfiguration);
  }
  if (const auto alone = be_alone(options); !alone) {
    return cannot_start(alone.error(), kExitCannotStart);
  }
  auto generation = make_generation(std::move(config), options);
  if (!generation) return cannot_start(generation.error(), kExitCannotStart);
  if (const auto opened = rehearse(**generation); !opened) {
    const Error& error = opened.error();
    (*generation)->channels.fence.take_down();
    return cannot_start(error, error.os_errno == 0 ? kExitConfiguration : kExitCannotStart);
  }
  return run_supervisor(std::move(*generation), options);
}

int supervise_on(std::unique_ptr<Generation> resumed, const RunOptions& options) {
  return run_supervisor(std::move(resumed), options);
}

}  // namespace alibi::daemon
