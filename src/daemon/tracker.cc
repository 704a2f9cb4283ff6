// SPDX-License-Identifier: Apache-2.0
// The tracker's main thread, which runs the scripts, and the threads beside it.
#include "daemon/tracker.h"

#include <signal.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "daemon/bfd_tracker.h"
#include "daemon/file_tracker.h"
#include "daemon/process_tracker.h"
#include "daemon/script_tracker.h"
#include "daemon/track_board.h"
#include "daemon/track_thread.h"
#include "os/event_loop.h"
#include "os/process.h"
#include "os/signals.h"

namespace alibi::daemon {
namespace {

constexpr Duration kResend = 100ms;  // what a full queue did not take
constexpr Duration kLastWords = 500ms;
constexpr Duration kMeeting = 600ms;

class Tracker {
 public:
  Tracker(const config::Settings& settings, const Channels& channels, const TrackPredecessor* old,
          os::EventLoop loop, os::SignalQueue signals)
      : board_(settings, channels),
        old_(old),
        loop_(std::move(loop)),
        signals_(std::move(signals)),
        scripts_(board_, loop_) {}

  Result<void> run();

 private:
  void start_threads();
  void await_old();
  void start_scripts();
  void end_threads();
  bool used(TrackKind kind) const;

  TrackBoard board_;
  const TrackPredecessor* old_;
  os::Fd old_process_;
  os::EventLoop loop_;
  os::SignalQueue signals_;
  ScriptTracker scripts_;
  std::vector<std::unique_ptr<TrackThread>> threads_;
  bool scripts_run_ = false;
  bool stopping_ = false;
};

bool Tracker::used(TrackKind kind) const {
  for (std::size_t i = 0; i < board_.objects().size(); ++i) {
    if (board_.objects()[i].kind == kind && board_.objects()[i].used) return true;
  }
  return false;
}

void Tracker::start_threads() {
  const auto start = [this](TrackKind kind, auto make) {
    if (!used(kind)) return;
    threads_.push_back(std::make_unique<TrackThread>(board_, make()));
    threads_.back()->start();
  };
  // First: until then the sessions of the tracker before this one are in its hands.
  start(TrackKind::Bfd, [this] { return std::make_unique<BfdTracker>(board_, old_); });
  auto& met = board_.channels().page.household().trackers_met;
  if (!used(TrackKind::Bfd)) met.store(true);
  // Meanwhile this thread, which has no priority, must hold no lock of the process's memory.
  const Instant patience = os::monotonic_now() + kMeeting;
  while (old_ != nullptr && !met && !threads_.front()->ended() &&
         os::monotonic_now() < patience) {
    os::sleep_until(os::monotonic_now() + 1ms);
  }
  start(TrackKind::File, [this] { return std::make_unique<FileTracker>(board_); });
  start(TrackKind::Process, [this] { return std::make_unique<ProcessTracker>(board_); });
}

/// Two trackers would run every script twice.
void Tracker::await_old() {
  if (old_ == nullptr) return start_scripts();
  old_process_ = os::watch_process(old_->pid);
  if (!old_process_.valid()) return start_scripts();
  if (!loop_.add(old_process_.get(), [] {})) start_scripts();
}

void Tracker::start_scripts() {
  if (std::exchange(scripts_run_, true)) return;
  if (old_process_.valid()) loop_.remove(old_process_.get());
  if (old_ != nullptr) board_.inherit_scripts(old_->settings, old_->channels.page);
  scripts_.prepare();
}

Result<void> Tracker::run() {
  auto added = loop_.add(signals_.fd(), [this] {
    while (const int signal = signals_.next()) {
      stopping_ |= signal == SIGTERM;
      if (signal == SIGCHLD) scripts_.reap();
    }
  });
  if (!added) return added;
  start_threads();
  await_old();
  while (!stopping_) {
    if (!scripts_run_ && os::has_ended(old_process_)) start_scripts();
    scripts_.step();
    Instant next = scripts_.next();
    if (board_.resend()) next = std::min(next, os::monotonic_now() + kResend);
    loop_.set_deadline(next);
    if (auto waited = loop_.wait(); !waited) return waited;
  }
  for (auto& thread : threads_) thread->ask_to_end();
  scripts_.end_all();
  end_threads();
  return {};
}

/// A thread that hangs in the kernel must not keep the process: it is left to _exit().
void Tracker::end_threads() {
  const Instant patience = os::monotonic_now() + kLastWords;
  const auto all = [this] {
    return std::all_of(threads_.begin(), threads_.end(), [](const auto& t) { return t->ended(); });
  };
  while (!all() && os::monotonic_now() < patience) {
    loop_.set_deadline(std::min(patience, os::monotonic_now() + 10ms));
    if (!loop_.wait()) break;
  }
  for (auto& thread : threads_) {
    if (!thread->ended()) static_cast<void>(thread.release());
  }
}

}  // namespace

int tracker_main(const config::Settings& settings, const Channels& channels,
                 const TrackPredecessor* old) {
  const Voice voice(channels.tracker_to_teller, channels.page, Sender::Tracker);
  auto signals =
      os::SignalQueue::create({SIGTERM, SIGINT, SIGHUP, SIGCHLD, SIGPIPE, SIGUSR1, SIGUSR2});
  auto loop = os::EventLoop::create();
  if (!signals || !loop) {
    voice.say_daemon((signals ? loop.error() : signals.error()).message, 2);
    return 1;
  }
  // Never destroyed: a thread that hangs may use it until the process is gone.
  auto* tracker = new Tracker(settings, channels, old, std::move(*loop), std::move(*signals));
  if (const auto ran = tracker->run(); !ran) {
    voice.say_daemon(ran.error().message, 2);
    return 1;
  }
  return 0;
}

}  // namespace alibi::daemon
