// SPDX-License-Identifier: Apache-2.0
// Forks, reaps and kills script runs; counts rise and fall; publishes what came of it.
#include "daemon/script_tracker.h"

#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <bit>
#include <utility>

#include "daemon/script_output.h"
#include "daemon/script_security.h"
#include "daemon/script_user.h"
#include "os/proc_fs.h"

namespace alibi::daemon {
namespace {

constexpr std::size_t kOutputKept = 2048;  // octets of a run, of which few are shown
constexpr int kCannotRun = 126 << 8;       // wait status of a command that cannot be executed

}  // namespace

void ScriptTracker::prepare() {
  const auto& settings = board_.settings();
  for (std::size_t i = 0; i < settings.scripts.size(); ++i) {
    const auto object = board_.objects().find(TrackKind::Script, settings.scripts[i].name);
    if (!object || !board_.objects()[*object].used) continue;
    prepare(scripts_.emplace_back(settings.scripts[i], i, *object, os::monotonic_now()));
  }
}

void ScriptTracker::prepare(Tracked& tracked) {
  const auto& settings = board_.settings();
  const config::Script& script = tracked.settings;
  auto user = script_user(settings, script.user, script.group);
  if (!user) {
    board_.say("script " + script.name + " cannot run: " + user.error().message, 2);
    result(tracked, {kCannotRun, false, Duration::zero()});
    return;
  }
  if (!user->warning.empty() && !std::exchange(warned_, true)) board_.say(user->warning, 1);
  if (user->identity.uid == 0 && settings.global.enable_script_security) {
    if (const auto safe = check_script_security(script.command.front()); !safe) {
      disable(tracked, safe.error().message);
      return;
    }
  }
  tracked.usable = true;
  tracked.program = {script.command, std::move(user->identity), {}};
  auto pipe = os::OutputPipe::create();
  if (pipe && loop_.add(pipe->read_fd(),
                        [&tracked] { tracked.pipe->drain(tracked.output, kOutputKept); })) {
    tracked.pipe = std::move(*pipe);
    tracked.program.output = tracked.pipe->write_fd();
  }  // else: too many descriptors; the script runs all the same, what it prints is lost
  resume(tracked);
}

/// After a tracker that died its results go on to count; init_fail is for a first start.
void ScriptTracker::resume(Tracked& tracked) {
  const auto health = board_.last(tracked.object).health;
  if (health == TrackHealth::Up || health == TrackHealth::Down) {
    tracked.rise_fall.resume(health == TrackHealth::Up, board_.last(tracked.object).value);
  } else if (tracked.settings.init_fail) {
    TrackState state;
    state.health = TrackHealth::Down;
    state.why = "script " + tracked.settings.name + " has not succeeded yet (init_fail)";
    board_.publish(tracked.object, state);
  }
}

void ScriptTracker::disable(Tracked& tracked, const std::string& why) {
  board_.say("script " + tracked.settings.name + " is not run and not tracked: " + why, 2);
  TrackState state;
  state.health = TrackHealth::Disabled;
  state.why = "script " + tracked.settings.name + " is disabled: " + why;
  board_.publish(tracked.object, state);
}

Instant ScriptTracker::next() const {
  Instant earliest = kNever;
  for (const Tracked& tracked : scripts_) {
    if (tracked.usable) earliest = std::min(earliest, tracked.run.next());
  }
  return earliest;
}

void ScriptTracker::step() {
  for (Tracked& tracked : scripts_) step(tracked);
}

void ScriptTracker::step(Tracked& tracked) {
  if (!tracked.usable) return;
  const Instant now = os::monotonic_now();
  switch (tracked.run.due(now)) {
    case ScriptRun::Action::None:
      break;
    case ScriptRun::Action::Start:
      start(tracked);
      break;
    case ScriptRun::Action::Terminate:
      ::kill(-tracked.pid, SIGTERM);
      tracked.counted_at = now;
      result(tracked, {0, true, tracked.run.took(now)});
      break;
    case ScriptRun::Action::Kill:
      kill_again(tracked);
      break;
  }
}

void ScriptTracker::start(Tracked& tracked) {
  const Instant now = os::monotonic_now();
  tracked.run.started(now);
  tracked.stuck_told = false;
  if (tracked.pipe) tracked.pipe->drain(tracked.output, kOutputKept);
  tracked.output.clear();  // what came since the last run belongs to no run
  const auto pid = os::spawn(tracked.program);
  if (!pid) {
    tracked.run.ended(now);
    not_started(tracked, pid.error().message);
    return;
  }
  tracked.pid = *pid;
  if (const auto lost = std::exchange(tracked.not_started, 0U); lost > 0) {
    board_.say("script " + tracked.settings.name + " runs again, after " + std::to_string(lost) +
                   " runs that could not be started",
               0);
  }
}

/// No process could be made: the host is out of processes or memory, and nothing is known of what
/// the script looks at. Its state stays, as with keepalived: to give the address away for it would
/// be a fail-over without a reason. Told when the number doubles.
void ScriptTracker::not_started(Tracked& tracked, const std::string& why) {
  ++tracked.not_started;
  if (!std::has_single_bit(tracked.not_started)) return;
  board_.say("script " + tracked.settings.name + ": " + why + "; " +
                 std::to_string(tracked.not_started) +
                 (tracked.not_started == 1 ? " run" : " runs") + " missed, its state stays",
             2);
}

/// SIGKILL, and once a run the word that it had no effect, with what the kernel says of the
/// process. While it is there the check fails again and again, at its interval: with `fall` above 1
/// it would otherwise never be lost on a disk that answers nothing.
void ScriptTracker::kill_again(Tracked& tracked) {
  ::kill(-tracked.pid, SIGKILL);
  if (!tracked.run.killed_before()) return;
  const Instant now = os::monotonic_now();
  if (now - tracked.counted_at >= tracked.settings.interval) {
    tracked.counted_at = now;
    result(tracked, {0, true, tracked.run.took(now)});
  }
  if (std::exchange(tracked.stuck_told, true)) return;
  const auto stat = os::read_stat(tracked.pid);
  const std::string pid = std::to_string(tracked.pid);
  const std::string wait = os::read_text("/proc/" + pid + "/wchan", 64);
  std::string line =
      "script " + tracked.settings.name + ": process " + pid + " does not end, killed or not";
  if (stat)
    line += std::string(" (state ") + stat->state + (wait.empty() ? "" : " in " + wait) + ")";
  board_.say(line + "; its runs are skipped until it does", 1);
}

void ScriptTracker::reap() {
  while (const auto exited = os::reap()) {
    const Instant now = os::monotonic_now();
    for (Tracked& tracked : scripts_) {
      if (tracked.pid != exited->pid) continue;
      ::kill(-tracked.pid, SIGKILL);  // what a script left in its group ends with it
      tracked.pid = 0;
      if (tracked.pipe) tracked.pipe->drain(tracked.output, kOutputKept);
      const Duration took = tracked.run.took(now);
      const auto skipped = tracked.run.skipped();
      if (tracked.run.ended(now)) result(tracked, {exited->status, false, took});
      // Told when their number doubles: a script that always hangs fills no log.
      if (std::bit_width(tracked.run.skipped()) > std::bit_width(skipped)) {
        board_.say("script " + tracked.settings.name + ": " +
                       std::to_string(tracked.run.skipped()) +
                       " runs skipped so far, the last one took " + seconds_text(took),
                   1);
      }
    }
  }
}

void ScriptTracker::result(Tracked& tracked, const RunResult& result) {
  const bool good = !result.timed_out && result.status == 0;
  const bool was_known = tracked.rise_fall.known();
  const bool changed =
      tracked.rise_fall.result(good) != track::RiseFall::Change::None || !was_known;
  const std::string output = good ? std::string() : first_lines(tracked.output);
  TrackState state;
  state.status = result.status;
  state.timed_out = result.timed_out ? 1 : 0;
  state.value = tracked.rise_fall.streak();
  state.health = tracked.rise_fall.up() ? TrackHealth::Up : TrackHealth::Down;
  state.why = script_text(tracked.settings.name, result.status, result.timed_out) +
              (output.empty() ? "" : ": " + output);
  board_.publish(tracked.object, state);
  tell(tracked, result, changed, output);
}

void ScriptTracker::tell(Tracked& tracked, const RunResult& result, bool changed,
                         const std::string& output) {
  const bool good = result.status == 0 && !result.timed_out;
  const bool same =
      tracked.last_status == result.status && tracked.last_timed_out == result.timed_out;
  const bool first = !tracked.last_status;
  tracked.last_status = result.status;
  tracked.last_timed_out = result.timed_out;
  Tell tell = make_tell(Tell::Kind::ScriptResult);
  tell.script = static_cast<std::int32_t>(tracked.at);
  tell.status = result.status;
  tell.timed_out = result.timed_out ? 1 : 0;
  tell.up = tracked.rise_fall.up() ? 1 : 0;
  tell.took_ns = result.took.count();
  tell.text = output;
  if (!same && !(first && good)) board_.say(tell);  // "now returning", as keepalived: on a change
  if (!changed) return;
  tell.changed = 1;
  board_.say(tell);
}

void ScriptTracker::end_all() {
  for (const int signal : {SIGTERM, SIGKILL}) {
    for (const Tracked& tracked : scripts_) {
      if (tracked.pid != 0) ::kill(-tracked.pid, signal);
    }
    const Instant patience = os::monotonic_now() + 1s;
    const auto any = [&] {
      return std::any_of(scripts_.begin(), scripts_.end(),
                         [](const Tracked& t) { return t.pid != 0; });
    };
    while (any() && os::monotonic_now() < patience) {
      loop_.set_deadline(patience);
      if (!loop_.wait()) return;
    }
  }
}

}  // namespace alibi::daemon
