// SPDX-License-Identifier: Apache-2.0
// A reload: a child has a first look at the file, a thread reads it, the new generation's keeper
// gets ready beside the old one and takes over from it; then the rest of the old generation ends,
// each of its processes before the one that replaces it starts. Until the hand-over nothing of what
// runs is touched, and whatever fails before leaves it as it is.
#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <set>

#include "daemon/reload_check.h"
#include "daemon/supervisor_process.h"
#include "os/process.h"
#include "os/program_pages.h"
#include "os/realtime.h"

namespace alibi::daemon {
namespace {

constexpr Duration kCheckPatience = 60s;
constexpr Duration kReadyPatience = 20s;  // a keeper's start with every socket, on a busy machine
constexpr Duration kSettlePatience = 2s;
constexpr Duration kMeetPatience = 2s;
constexpr Duration kLook = 20ms;
constexpr Duration kCourierPatience = 310s;  // longer than a teller takes over its last mails
constexpr std::size_t kMostCouriers = 4;

std::set<std::string> interfaces(const config::Settings& settings) {
  std::set<std::string> names;
  for (const auto& instance : settings.instances) names.insert(instance.interface);
  return names;
}

bool mails(const config::Settings& settings) {
  return std::any_of(settings.instances.begin(), settings.instances.end(),
                     [](const auto& instance) { return instance.smtp_alert; });
}

}  // namespace

void Supervisor::reload() {
  if (step_ != Step::None || previous_ || (script_ && script_->running())) {
    again_ = true;  // once, however often it is asked for meanwhile
    return;
  }
  again_ = false;
  asked_ = os::monotonic_now();
  voice().say_daemon("Reloading " + options_.file);
  step_ = Step::Checking;
  upgrading_ = false;
  const auto& wanted = current_->settings.global.reload;
  checker_ = {"alibi-check",
              [this, &wanted] { return check_for_reload(options_, wanted, voice()); }, Duration(0)};
  start(checker_);
  if (checker_.pid == 0) return abandon("");
  checker_.kill_at = asked_ + kCheckPatience;
}

void Supervisor::checked(int status) {
  if (stopping_) return;
  if (!WIFEXITED(status)) {
    return abandon("reading " + options_.file + " ended badly: " + os::exit_text(status));
  }
  if (!may_reload(WEXITSTATUS(status), current_->settings.global.reload)) {
    return abandon(options_.file + " has the errors above");
  }
  read_again();
}

void Supervisor::read_again() {
  step_ = Step::Reading;
  const auto started = reader_.start(options_.file, options_.config_id);
  if (!started) abandon(started.error().message);
}

void Supervisor::configuration_read() {
  ReadConfig config = reader_.take();
  if (stopping_) return;
  if (!config.parsed.runnable()) return abandon(options_.file + " has changed, and for the worse");
  prepare(std::move(config));
}

void Supervisor::prepare(ReadConfig config) {
  auto made = make_generation(std::move(config), options_);
  if (!made) return abandon(made.error().message);
  candidate_ = std::move(*made);
  if (candidate_->settings.global.net_namespace != current_->settings.global.net_namespace) {
    voice().say_daemon("net_namespace does not change at a reload; a restart changes it", 1);
  }
  auto network = NetworkSetup::prepare(candidate_->settings, &*current_->network);
  if (!network) return abandon(network.error().message);
  candidate_->network.emplace(std::move(*network));
  candidate_->predecessor = current_.get();
  candidate_->attempt = ++attempt_;
  step_ = Step::Preparing;
  if (current_->children[kKeeper].pid == 0) {  // nobody is there to hand anything over
    candidate_->channels.page.handover() = HandoverStage::Settled;
    return commit();
  }
  Child& keeper = candidate_->children[kKeeper];
  start(keeper);
  if (keeper.pid == 0) return abandon("");
  keeper.kill_at = os::monotonic_now() + kReadyPatience;
}

/// Before it took over, the old one goes on; afterwards this is the death of the keeper in force.
void Supervisor::candidate_died(int status) {
  Child& keeper = candidate_->children[kKeeper];
  if (candidate_->channels.page.handover() != HandoverStage::None) {
    commit();
    return died(current_->children[kKeeper], status);
  }
  keeper.pid = 0;
  Tell tell;  // why, in its own words, which nobody else will hear
  while (hear(candidate_->channels.keeper_to_teller, tell)) {
    if (tell.kind == Tell::Kind::Daemon) voice().say(tell);
  }
  abandon("the new keeper " + std::string(WIFSIGNALED(status) ? "was " : "") +
          os::exit_text(status) + " before it took over");
}

void Supervisor::abandon(const std::string& why) {
  voice().say_daemon("Reload failed, carrying on as before" + (why.empty() ? "" : ": " + why), 2);
  if (candidate_) give_up_network(*candidate_);
  candidate_.reset();
  step_ = Step::None;
  if (again_ && !stopping_) reload();
}

/// Of a generation that is not in force.
void Supervisor::give_up_network(Generation& generation) {
  if (!generation.network) return;
  for (const auto& failure : generation.network->undo_but(*current_->network)) {
    voice().say_daemon(failure, 2);
  }
  generation.network.reset();
}

/// The keeper of the new generation decides from now on.
void Supervisor::commit() {
  previous_ = std::move(current_);
  current_ = std::move(candidate_);
  step_ = Step::None;
  current_->predecessor = nullptr;
  current_->children[kKeeper].kill_at = kNever;
  handed_over_ = retire_at_ = os::monotonic_now();
  warn_of_network();
  watch_statics();
  keep_recorder();
  keep_fifos();
  for (std::size_t role = 0; role < kChildren; ++role) {
    Child& child = current_->children[role];
    if (child.wanted && child.pid == 0) child.start_at = handed_over_;
    if (child.pid != 0) publish(*current_, role);
  }
  current_->before = previous_.get();
  for (const auto role : {kKeeper, kRecorder}) ask_to_end(previous_->children[role]);
  if (!trackers_meet()) ask_to_end(previous_->children[kTracker]);
}

/// BFD sessions go from one tracker to the next, for which both must be there.
bool Supervisor::trackers_meet() const {
  return previous_ && !stopping_ && !previous_->settings.bfds.empty() &&
         !current_->settings.bfds.empty();
}

/// Two tellers would fight over FIFOs and sockets. Two trackers know how to share the work.
bool Supervisor::waits_for_old(std::size_t role) const {
  if (!previous_ || previous_->children[role].pid == 0) return false;
  return role != kTracker || !trackers_meet();
}

/// A recorder that would watch the same goes on with what it remembers.
void Supervisor::keep_recorder() {
  const auto& before = previous_->settings;
  const auto& now = current_->settings;
  if (resumed_ || interfaces(before) != interfaces(now) || mails(before) != mails(now) ||
      before.global.mail != now.global.mail) {
    return;
  }
  auto queue = previous_->channels.recorder_to_teller.share();
  if (!queue) return;
  current_->channels.recorder_to_teller = std::move(*queue);
  Child& from = previous_->children[kRecorder];
  Child& to = current_->children[kRecorder];
  to.pid = from.pid;
  to.started = from.started;
  from.pid = 0;
}

/// FIFOs that the new configuration has as well stay, and stay ours to remove at the end.
void Supervisor::keep_fifos() {
  constexpr std::size_t kBits = 32;
  auto& before = previous_->channels.page.household().fifos_made;
  auto& now = current_->channels.page.household().fifos_made;
  const auto& old_fifos = previous_->settings.global.fifos;
  const auto& new_fifos = current_->settings.global.fifos;
  for (std::size_t i = 0; i < std::min(old_fifos.size(), kBits); ++i) {
    for (std::size_t k = 0; k < std::min(new_fifos.size(), kBits); ++k) {
      if (old_fifos[i].path != new_fifos[k].path || (before.load() >> i & 1U) == 0) continue;
      before.fetch_and(~(1U << i));
      now.fetch_or(1U << k);
    }
  }
}

/// True when mails are all that the old teller still has in hand: it goes on beside the new one,
/// and the reload is done.
bool Supervisor::let_go_of_teller() {
  if (previous_->channels.page.household().teller != TellerStage::MailsOnly) return false;
  Child& teller = previous_->children[kTeller];
  for (std::size_t i = 0; i + kMostCouriers <= couriers_.size(); ++i) ask_to_end(couriers_[i]);
  Child& courier = couriers_.emplace_back(std::move(teller));
  courier.asked_to_end = false;
  courier.kill_at = os::monotonic_now() + kCourierPatience;
  teller.pid = 0;
  return true;
}

/// Ends what is left of the generation before, its teller last: everything that ends has something
/// to tell, and the new keeper says there what has gone with the old configuration.
void Supervisor::retire() {
  if (!previous_) return;
  const Instant now = os::monotonic_now();
  auto& old = previous_->children;
  const bool settled = current_->channels.page.handover() == HandoverStage::Settled ||
                       current_->children[kKeeper].pid == 0 || now - handed_over_ > kSettlePatience;
  const bool met = !current_->children[kTracker].wanted ||
                   current_->channels.page.household().trackers_met ||
                   now - handed_over_ > kMeetPatience;
  if (met) ask_to_end(old[kTracker]);
  const bool last = old[kKeeper].pid == 0 && old[kTracker].pid == 0 && old[kRecorder].pid == 0;
  if (settled && last) {
    if (!old[kTeller].asked_to_end) {
      previous_->channels.page.household().teller = TellerStage::Replaced;
    }
    ask_to_end(old[kTeller]);
  }
  retire_at_ = settled && met && !last ? kNever : now + kLook;
  if (!last || (old[kTeller].pid != 0 && !let_go_of_teller())) return;
  give_up_network(*previous_);
  previous_->channels.fence.take_down_but(current_->channels.fence);
  current_->before = nullptr;
  previous_.reset();
  os::release_free_memory();
  os::release_unused_stack();
  os::release_program_pages();
  retire_at_ = kNever;
  resumed_ = false;
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(handed_over_ - asked_);
  voice().say_daemon(fmt::format("Reload complete, handed over after {} ms", took.count()));
  if (again_ && !stopping_) reload();
}

}  // namespace alibi::daemon
