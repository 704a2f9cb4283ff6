// SPDX-License-Identifier: Apache-2.0
// Forks, reaps and kills script runs; counts rise and fall; tells keeper and teller.
#include "daemon/tracker.h"

#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "daemon/script_run.h"
#include "daemon/script_user.h"
#include "os/event_loop.h"
#include "os/process.h"
#include "os/signals.h"
#include "track/track.h"

namespace alibi::daemon {
namespace {

struct Tracked {
  Tracked(const config::Script& script, Instant first_start, int at)
      : settings(script),
        index(at),
        run(script, first_start),
        rise_fall(script.rise, script.fall, script.init_fail) {}
  const config::Script& settings;
  int index;
  os::Program program;
  ScriptRun run;
  track::RiseFall rise_fall;
  pid_t pid = 0;
  std::optional<int> last_status;
  bool last_timed_out = false;
  bool usable = false;
};

class Tracker {
 public:
  Tracker(const config::Settings& settings, const Channels& channels, os::EventLoop loop,
          os::SignalQueue signals)
      : settings_(settings),
        channels_(channels),
        voice_(channels.tracker_to_teller, channels.page, Sender::Tracker),
        loop_(std::move(loop)),
        signals_(std::move(signals)) {}

  Result<void> run();

 private:
  void prepare();
  void start(Tracked& tracked);
  void step(Tracked& tracked);
  void reap();
  void result(Tracked& tracked, int status, bool timed_out, Duration took);
  void end_all();
  Instant next() const;

  const config::Settings& settings_;
  const Channels& channels_;
  Voice voice_;
  os::EventLoop loop_;
  os::SignalQueue signals_;
  std::vector<Tracked> scripts_;
  bool stopping_ = false;
  bool warned_ = false;
};

void Tracker::prepare() {
  scripts_.reserve(settings_.scripts.size());
  for (std::size_t i = 0; i < settings_.scripts.size(); ++i) {
    const auto& script = settings_.scripts[i];
    const auto used = [&](const config::Instance& instance) {
      return std::any_of(instance.tracks.scripts.begin(), instance.tracks.scripts.end(),
                         [&](const auto& t) { return t.name == script.name; });
    };
    if (std::none_of(settings_.instances.begin(), settings_.instances.end(), used)) continue;
    Tracked& tracked = scripts_.emplace_back(script, os::monotonic_now(), static_cast<int>(i));
    auto user = script_user(settings_, script.user, script.group);
    if (!user) {
      voice_.say_daemon("script " + script.name + " cannot run: " + user.error().message, 2);
      result(tracked, 126 << 8, false, Duration::zero());
      continue;
    }
    if (!user->warning.empty() && !std::exchange(warned_, true)) {
      voice_.say_daemon(user->warning, 1);
    }
    tracked.usable = true;
    tracked.program = {script.command, std::move(user->identity), {}};
    if (script.init_fail) result(tracked, 1 << 8, false, Duration::zero());
  }
}

Result<void> Tracker::run() {
  auto added = loop_.add(signals_.fd(), [this] {
    while (const int signal = signals_.next()) {
      stopping_ |= signal == SIGTERM;
      if (signal == SIGCHLD) reap();
    }
  });
  if (!added) return added;
  prepare();
  while (!stopping_) {
    for (Tracked& tracked : scripts_) step(tracked);
    loop_.set_deadline(next());
    if (auto waited = loop_.wait(); !waited) return waited;
  }
  end_all();
  return {};
}

Instant Tracker::next() const {
  Instant earliest = kNever;
  for (const Tracked& tracked : scripts_) {
    if (tracked.usable) earliest = std::min(earliest, tracked.run.next());
  }
  return earliest;
}

void Tracker::step(Tracked& tracked) {
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
      result(tracked, 0, true, tracked.run.took(now));
      break;
    case ScriptRun::Action::Kill:
      ::kill(-tracked.pid, SIGKILL);
      break;
  }
}

void Tracker::start(Tracked& tracked) {
  const Instant now = os::monotonic_now();
  tracked.run.started(now);
  const auto pid = os::spawn(tracked.program);
  if (!pid) {
    voice_.say_daemon("script " + tracked.settings.name + ": " + pid.error().message, 2);
    tracked.run.ended(now);
    result(tracked, 126 << 8, false, Duration::zero());
    return;
  }
  tracked.pid = *pid;
}

void Tracker::reap() {
  while (const auto exited = os::reap()) {
    const Instant now = os::monotonic_now();
    for (Tracked& tracked : scripts_) {
      if (tracked.pid != exited->pid) continue;
      ::kill(-tracked.pid, SIGKILL);  // what a script left in its group ends with it
      tracked.pid = 0;
      const Duration took = tracked.run.took(now);
      if (tracked.run.ended(now)) result(tracked, exited->status, false, took);
    }
  }
}

void Tracker::result(Tracked& tracked, int status, bool timed_out, Duration took) {
  const bool good = !timed_out && WIFEXITED(status) && WEXITSTATUS(status) == 0;
  const bool was_known = tracked.rise_fall.known();
  const bool changed =
      tracked.rise_fall.result(good) != track::RiseFall::Change::None || !was_known;
  const bool up = tracked.rise_fall.up();

  auto& record = channels_.page.script(static_cast<std::size_t>(tracked.index));
  record.status.store(status);
  record.timed_out.store(timed_out ? 1 : 0);
  record.health.store(up ? ScriptHealth::Up : ScriptHealth::Down);
  ScriptState state;
  state.script = tracked.index;
  state.status = status;
  state.up = up ? 1 : 0;
  state.timed_out = timed_out ? 1 : 0;
  // Dropped only if the keeper is stopped: it then reads the page when it hears of the next run.
  static_cast<void>(channels_.tracker_to_keeper.send_struct(state));

  const bool same = tracked.last_status == status && tracked.last_timed_out == timed_out;
  const bool first = !tracked.last_status;
  tracked.last_status = status;
  tracked.last_timed_out = timed_out;
  Tell tell = make_tell(Tell::Kind::ScriptResult);
  tell.script = tracked.index;
  tell.status = status;
  tell.timed_out = state.timed_out;
  tell.up = state.up;
  tell.took_ns = took.count();
  if (!same && !(first && good)) voice_.say(tell);  // "now returning", as keepalived: on a change
  if (!changed) return;
  tell.changed = 1;
  voice_.say(tell);
}

void Tracker::end_all() {
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

}  // namespace

int tracker_main(const config::Settings& settings, const Channels& channels) {
  const Voice voice(channels.tracker_to_teller, channels.page, Sender::Tracker);
  auto signals =
      os::SignalQueue::create({SIGTERM, SIGINT, SIGHUP, SIGCHLD, SIGPIPE, SIGUSR1, SIGUSR2});
  auto loop = os::EventLoop::create();
  if (!signals || !loop) {
    voice.say_daemon((signals ? loop.error() : signals.error()).message, 2);
    return 1;
  }
  Tracker tracker(settings, channels, std::move(*loop), std::move(*signals));
  if (const auto ran = tracker.run(); !ran) {
    voice.say_daemon(ran.error().message, 2);
    return 1;
  }
  return 0;
}

}  // namespace alibi::daemon
