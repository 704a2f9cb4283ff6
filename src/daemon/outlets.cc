// SPDX-License-Identifier: Apache-2.0
// Announcements to FIFOs first, which take no time, then to scripts.
#include "daemon/outlets.h"

#include <signal.h>

#include <algorithm>

#include "os/event_loop.h"

namespace alibi::daemon {
namespace {

// At the end, for the scripts that read FIFOs:
constexpr Duration kReadersPatience = 1s;  // to read what is there
constexpr Duration kLastLine = 100ms;      // to do something about what they read last
constexpr Duration kLook = 20ms;

}  // namespace

Outlets::Outlets(const config::Settings& settings, const RunOptions& options,
                 const SharedPage& page)
    : settings_(settings),
      options_(options),
      page_(page),
      announcer_(settings),
      notifier_(settings) {
  // A teller that is started again finds the instances as they are. One that starts with them does
  // not look: what they have done by now is in the queue, still to be announced.
  const auto self =
      page.household().processes[static_cast<std::size_t>(ProcessRole::Teller)].read();
  restarted_ = self && (self->pid == 0 || self->restarts > 0);
  // What was taken over from the configuration before runs already, and nothing was said about it.
  const bool reloaded = page.handover().load() != HandoverStage::None;
  if (restarted_ || reloaded) look_around();
  for (std::size_t i = 0; i < settings.global.fifos.size(); ++i) {
    auto fifo = Fifo::open(settings, settings.global.fifos[i]);
    if (!fifo) {
      say(fifo.error().message + ": nothing is written to it");
      continue;
    }
    if (fifo->made()) page.household().fifos_made.fetch_or(1U << std::min<std::size_t>(i, 31));
    fifos_.push_back(std::move(*fifo));
  }
  fifo_full_.resize(fifos_.size());
  if (!reloaded || !settings.global.fifo_states_on_reload || (self && self->restarts > 0)) return;
  for (const Announcement& announcement : announcer_.all()) write(announcement);
}

void Outlets::look_around() {
  for (std::size_t i = 0; i < settings_.instances.size(); ++i) {
    announcer_.begin(i, static_cast<vrrp::State>(page_.instance(i).state.load()));
  }
}

void Outlets::say(std::string line) {
  if (!line.empty()) said_.push_back(std::move(line));
}

std::vector<std::string> Outlets::said() { return std::exchange(said_, {}); }

void Outlets::write(const Announcement& announcement) {
  if (fifos_.empty()) return;
  const std::string line = fifo_line(announcement, options_.fifo_reasons);
  for (std::size_t i = 0; i < fifos_.size(); ++i) {
    const bool written = fifos_[i].write(line);
    if (!written && !fifo_full_[i]) {
      say("notify FIFO " + fifos_[i].path() + " is full, nobody reads it: lines are dropped (" +
          std::to_string(fifos_[i].dropped()) + " so far), the first is " +
          line.substr(0, line.size() - 1));
    }
    fifo_full_[i] = !written;
  }
}

std::vector<Announcement> Outlets::take(const Tell& tell) {
  if (!restarted_ && announcer_.ahead_of(tell)) {
    announcer_.set_back(static_cast<std::size_t>(tell.instance), tell.from);
  }
  auto announcements = announcer_.take(tell);
  for (const Announcement& announcement : announcements) write(announcement);
  for (const Announcement& announcement : announcements) say(notifier_.take(announcement));
  if (!announcements.empty()) publish();
  return announcements;
}

void Outlets::ended(const os::Exited& exited) {
  for (Fifo& fifo : fifos_) {
    if (!fifo.ended(exited, os::monotonic_now())) continue;
    say("script of notify FIFO " + fifo.path() + " " + os::exit_text(exited.status) +
        ": starting it again");
    return;
  }
  say(notifier_.ended(exited));
  publish();
}

Instant Outlets::step() {
  Instant next = kNever;
  for (Fifo& fifo : fifos_) {
    say(fifo.start_script(os::monotonic_now()));
    next = std::min(next, fifo.script_due());
  }
  return next;
}

Instant Outlets::look_again() {
  const Instant now = os::monotonic_now();
  const bool unread = std::any_of(fifos_.begin(), fifos_.end(), [](const Fifo& fifo) {
    return fifo.script_pid() != 0 && fifo.unread() != 0;
  });
  if (unread) unread_last_ = now;
  if (unread && unread_since_ == kNever) unread_since_ = now;
  const bool over = now - unread_last_ >= kLastLine || now - unread_since_ >= kReadersPatience;
  return unread_since_ == kNever || over ? kNever : now + kLook;
}

void Outlets::finish() {
  for (Fifo& fifo : fifos_) {
    fifo.close();
    if (fifo.script_pid() != 0) ::kill(-fifo.script_pid(), SIGTERM);
  }
  const std::uint32_t made = page_.household().fifos_made.load();
  for (std::size_t i = 0; i < settings_.global.fifos.size(); ++i) {
    if ((made >> std::min<std::size_t>(i, 31) & 1U) == 0) continue;
    for (const Fifo& fifo : fifos_) {
      if (fifo.path() == settings_.global.fifos[i].path) fifo.remove();
    }
  }
}

void Outlets::publish() {
  auto& household = page_.household();
  const auto set = [&](WayOut outlet, std::uint64_t dropped, std::uint64_t done) {
    household.outlet_drops[static_cast<std::size_t>(outlet)].store(dropped);
    household.outlet_done[static_cast<std::size_t>(outlet)].store(done);
  };
  std::uint64_t dropped = 0;
  std::uint64_t written = 0;
  for (const Fifo& fifo : fifos_) {
    dropped += fifo.dropped();
    written += fifo.written();
  }
  set(WayOut::Fifo, dropped, written);
  set(WayOut::Notify, notifier_.dropped(), notifier_.started());
}

}  // namespace alibi::daemon
