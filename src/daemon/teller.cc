// SPDX-License-Identifier: Apache-2.0
// The teller's loop: FIFOs and scripts first, then the log, then mail. Whatever may block (the
// log's reader, a disk, a mail server, who asks for the status) has a thread of its own behind a
// bounded queue; the loop itself waits for nothing but its queues.
#include "daemon/teller.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <optional>
#include <utility>

#include "daemon/dump_writer.h"
#include "daemon/log.h"
#include "daemon/mail_sender.h"
#include "daemon/outlets.h"
#include "daemon/status_server.h"
#include "daemon/view.h"
#include "os/event_loop.h"
#include "os/program_pages.h"
#include "os/realtime.h"
#include "os/signals.h"

namespace alibi::daemon {
namespace {

constexpr Duration kRest = 3s;  // after a message
constexpr Duration kBetweenRests = 10s;
constexpr Duration kLastWords = 5s;    // for mails and notify scripts when we are to end
constexpr Duration kLastMails = 300s;  // for mails when another teller has taken the rest over

MailContext mail_context() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  ::localtime_r(&now, &local);
  return {name.data(), static_cast<int>(local.tm_gmtoff)};
}

std::optional<DumpKind> dump_of(int signal) {
  if (signal == SIGUSR1) return DumpKind::Data;
  if (signal == SIGUSR2) return DumpKind::Stats;
  if (signal == SIGRTMIN + 2) return DumpKind::Json;
  if (signal == SIGRTMAX - 1) return DumpKind::StatsAndClear;
  return std::nullopt;
}

/// keepalived's words.
std::string dump_text(DumpKind kind) {
  const char* what = kind == DumpKind::Data    ? "Printing VRRP data"
                     : kind == DumpKind::Json  ? "Printing VRRP as json"
                     : kind == DumpKind::Stats ? "Printing VRRP stats"
                                               : "Printing and clearing VRRP stats";
  return std::string(what) + " for process(" + std::to_string(::getppid()) + ") on signal";
}

class Teller {
 public:
  Teller(const config::Settings& settings, const Channels& channels, const RunOptions& options,
         os::EventLoop loop, os::SignalQueue signals)
      : settings_(settings),
        channels_(channels),
        options_(options),
        loop_(std::move(loop)),
        signals_(std::move(signals)),
        log_(options.log),
        mails_(settings.global.mail),
        dumps_(settings, options, channels.page),
        outlets_(settings, options, channels.page) {}

  Result<void> run();

 private:
  Result<void> watch();
  void serve_status();
  void drain();
  void rest();
  void tell(const Tell& message);
  void mail(std::optional<MailMessage> alert);
  bool replaced() const { return channels_.page.household().teller == TellerStage::Replaced; }
  Result<void> finish();
  Result<void> deliver_the_rest();
  void hear_signals();
  void hear_mails();
  void hear_outlets();
  void report_drops();
  void count();
  void say(Severity severity, const std::string& line) {
    log_.write(os::realtime_now_ns(), severity, line);
  }
  void warn(const std::string& line) { say(Severity::Warning, line); }
  auto queues() const {
    return std::array{&channels_.supervisor_to_teller, &channels_.keeper_to_teller,
                      &channels_.tracker_to_teller, &channels_.recorder_to_teller};
  }

  const config::Settings& settings_;
  const Channels& channels_;
  const RunOptions& options_;
  os::EventLoop loop_;
  os::SignalQueue signals_;
  Log log_;
  MailSender mails_;
  DumpWriter dumps_;
  Outlets outlets_;
  std::optional<StatusServer> status_;
  std::uint64_t mails_dropped_ = 0;
  std::uint64_t mails_sent_ = 0;
  std::array<std::uint64_t, kSenders> drops_reported_{};
  Instant rest_at_{};
  Instant rested_{};
  bool stopping_ = false;
};

Result<void> Teller::watch() {
  for (const auto* queue : queues()) {
    queue->trim();
    if (auto added = loop_.add(queue->bell(), [this] { drain(); }); !added) return added;
  }
  if (auto added = loop_.add(signals_.fd(), [this] { hear_signals(); }); !added) return added;
  if (auto added = loop_.add(mails_.news_fd(), [this] { hear_mails(); }); !added) return added;
  return loop_.add(dumps_.news_fd(), [this] {
    for (const auto& error : dumps_.errors()) say(Severity::Error, "dump: " + error);
  });
}

void Teller::serve_status() {
  auto server = StatusServer::create(settings_, options_, channels_);
  if (!server) return warn(server.error().message);
  status_.emplace(std::move(*server));
}

Result<void> Teller::run() {
  if (auto watched = watch(); !watched) return watched;
  serve_status();
  drain();  // what one before us was told and did not take
  while (!stopping_) {
    loop_.set_deadline(std::min(outlets_.step(), rest_at_));
    hear_outlets();
    if (auto waited = loop_.wait(); !waited) return waited;
    count();
    rest();
  }
  drain();
  if (auto finished = finish(); !finished) return finished;
  if (const std::size_t left = mails_.left(); left != 0) {
    warn("ending with " + std::to_string(left) + " mails not delivered");
  }
  log_.drain(kLastWords);
  return {};
}

/// Gives scripts and mails their time; a replaced teller lets its successor wait for scripts alone.
Result<void> Teller::finish() {
  if (!replaced()) mails_.hurry();
  const Instant patience = os::monotonic_now() + kLastWords;
  while (((mails_.left() != 0 && !replaced()) || !outlets_.idle()) &&
         os::monotonic_now() < patience) {
    loop_.set_deadline(std::min(patience, outlets_.look_again()));
    if (auto waited = loop_.wait(); !waited) return waited;
  }
  hear_mails();
  outlets_.finish();
  hear_outlets();
  if (replaced() && mails_.left() != 0) return deliver_the_rest();
  return {};
}

/// With nothing else in hand that the successor needs. Asked to end once more, it hurries.
Result<void> Teller::deliver_the_rest() {
  status_.reset();
  for (const auto* queue : queues()) loop_.remove(queue->bell());
  channels_.page.household().teller = TellerStage::MailsOnly;
  stopping_ = false;
  Instant patience = os::monotonic_now() + kLastMails;
  while (mails_.left() != 0 && os::monotonic_now() < patience) {
    loop_.set_deadline(patience);
    if (auto waited = loop_.wait(); !waited) return waited;
    if (std::exchange(stopping_, false)) {
      mails_.hurry();
      patience = std::min(patience, os::monotonic_now() + kLastWords);
    }
  }
  hear_mails();
  return {};
}

void Teller::hear_signals() {
  while (const int signal = signals_.next()) {
    stopping_ |= signal == SIGTERM;
    if (const auto dump = dump_of(signal)) {
      say(Severity::Information, dump_text(*dump));
      dumps_.request(*dump);
    }
    if (signal != SIGCHLD) continue;
    while (const auto exited = os::reap()) outlets_.ended(*exited);
    hear_outlets();
  }
}

void Teller::hear_mails() {
  for (const auto& outcome : mails_.outcomes()) {
    if (outcome.error.empty()) {
      ++mails_sent_;
      if (options_.detail) say(Severity::Information, "mail sent: " + outcome.subject);
      continue;
    }
    if (outcome.final) ++mails_dropped_;
    warn("mail " + std::string(outcome.final ? "given up" : "not sent yet") + ": " +
         outcome.subject + ": " + outcome.error);
  }
}

void Teller::hear_outlets() {
  for (const auto& line : outlets_.said()) warn(line);
}

void Teller::drain() {
  Tell message;
  for (const auto* queue : queues()) {
    while (hear(*queue, message)) tell(message);
  }
  rest_at_ = std::min(rest_at_, std::max(os::monotonic_now() + kRest, rested_ + kBetweenRests));
  report_drops();
}

/// Gives back what a burst of messages took: a thousand instances say much when they start, and
/// nothing for months after.
void Teller::rest() {
  if (os::monotonic_now() < rest_at_) return;
  rest_at_ = kNever;
  rested_ = os::monotonic_now();
  for (const auto* queue : queues()) queue->trim();
  os::release_free_memory();
  os::release_program_pages();
}

void Teller::tell(const Tell& message) {
  const auto announcements = outlets_.take(message);
  const std::string line = log_text(settings_, message, options_.detail);
  const auto severity = static_cast<Severity>(log_severity(message));
  for (std::size_t at = 0; at < line.size();) {
    const std::size_t end = std::min(line.find('\n', at), line.size());
    log_.write(message.unix_ns, severity, line.substr(at, end - at));
    at = end + 1;
  }
  hear_outlets();
  const MailContext context = mail_context();
  mail(alert_mail(settings_, message, context));
  for (const auto& announcement : announcements) {
    mail(group_mail(settings_, announcement, message, context));
  }
}

void Teller::mail(std::optional<MailMessage> alert) {
  if (!alert) return;
  const std::string subject = alert->subject;
  if (mails_.submit(std::move(*alert))) return;
  ++mails_dropped_;
  warn("mail dropped, " + std::to_string(MailSender::kQueue) + " are waiting for " +
       settings_.global.mail.server_host + " (" + std::to_string(mails_dropped_) +
       " dropped so far): " + subject);
}

void Teller::report_drops() {
  for (std::size_t i = 0; i < kSenders; ++i) {
    const auto sender = static_cast<Sender>(i);
    const std::uint64_t dropped = channels_.page.dropped(sender).load();
    if (dropped == drops_reported_[i]) continue;
    warn("lost " + std::to_string(dropped - drops_reported_[i]) + " messages of the " +
         std::string(name_of(sender)) + ": they came faster than this process could take them");
    drops_reported_[i] = dropped;
  }
}

/// For whoever asks: the socket's thread reads them in the shared page.
void Teller::count() {
  auto& household = channels_.page.household();
  const auto set = [&](WayOut outlet, std::uint64_t dropped, std::uint64_t done) {
    household.outlet_drops[static_cast<std::size_t>(outlet)].store(dropped);
    household.outlet_done[static_cast<std::size_t>(outlet)].store(done);
  };
  set(WayOut::Log, log_.dropped(), log_.written());
  set(WayOut::Mail, mails_dropped_, mails_sent_);
}

}  // namespace

int teller_main(const config::Settings& settings, const Channels& channels,
                const RunOptions& options) {
  auto signals = os::SignalQueue::create(
      {SIGTERM, SIGINT, SIGHUP, SIGCHLD, SIGPIPE, SIGUSR1, SIGUSR2, SIGRTMIN + 2, SIGRTMAX - 1});
  auto loop = os::EventLoop::create();
  if (!signals || !loop) return 1;
  Teller teller(settings, channels, options, std::move(*loop), std::move(*signals));
  return teller.run() ? 0 : 1;
}

}  // namespace alibi::daemon
