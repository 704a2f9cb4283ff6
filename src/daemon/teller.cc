// SPDX-License-Identifier: Apache-2.0
// The teller's loop: log first, then notify scripts and mail, which go their own ways.
#include "daemon/teller.h"

#include <signal.h>
#include <unistd.h>

#include <array>
#include <ctime>

#include "daemon/log.h"
#include "daemon/mail_sender.h"
#include "daemon/notifier.h"
#include "os/event_loop.h"
#include "os/signals.h"

namespace alibi::daemon {
namespace {

constexpr Duration kLastWords = 5s;  // for mails and notify scripts when we are to end

MailContext mail_context() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  ::localtime_r(&now, &local);
  return {name.data(), static_cast<int>(local.tm_gmtoff)};
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
        notifier_(settings),
        mails_(settings.global.mail) {}

  Result<void> run();

 private:
  void drain();
  void tell(const Tell& message);
  void mail(const Tell& message);
  void hear_signals();
  void hear_mails();
  void report_drops();
  void warn(const std::string& line) {
    if (!line.empty()) log_.write(os::realtime_now_ns(), Severity::Warning, line);
  }

  const config::Settings& settings_;
  const Channels& channels_;
  const RunOptions& options_;
  os::EventLoop loop_;
  os::SignalQueue signals_;
  Log log_;
  Notifier notifier_;
  MailSender mails_;
  std::uint64_t mails_dropped_ = 0;
  std::array<std::uint64_t, kSenders> drops_reported_{};
  bool stopping_ = false;
};

Result<void> Teller::run() {
  for (const auto* queue : {&channels_.supervisor_to_teller, &channels_.keeper_to_teller,
                            &channels_.tracker_to_teller, &channels_.recorder_to_teller}) {
    if (auto added = loop_.add(queue->read_fd(), [this] { drain(); }); !added) return added;
  }
  if (auto added = loop_.add(signals_.fd(), [this] { hear_signals(); }); !added) return added;
  if (auto added = loop_.add(mails_.news_fd(), [this] { hear_mails(); }); !added) return added;
  while (!stopping_) {
    if (auto waited = loop_.wait(); !waited) return waited;
  }
  drain();
  const Instant patience = os::monotonic_now() + kLastWords;
  while ((!mails_.idle() || !notifier_.idle()) && os::monotonic_now() < patience) {
    loop_.set_deadline(patience);
    if (auto waited = loop_.wait(); !waited) return waited;
  }
  hear_mails();
  if (!mails_.idle()) warn("ending with mails not delivered");
  return {};
}

void Teller::hear_signals() {
  while (const int signal = signals_.next()) {
    stopping_ |= signal == SIGTERM;
    if (signal != SIGCHLD) continue;
    while (const auto exited = os::reap()) warn(notifier_.ended(*exited));
  }
}

void Teller::hear_mails() {
  for (const auto& outcome : mails_.outcomes()) {
    if (outcome.error.empty()) {
      if (options_.detail) {
        log_.write(os::realtime_now_ns(), Severity::Information, "mail sent: " + outcome.subject);
      }
      continue;
    }
    warn("mail " + std::string(outcome.final ? "given up" : "not sent yet") + ": " +
         outcome.subject + ": " + outcome.error);
  }
}

void Teller::drain() {
  Tell message;
  for (const auto* queue : {&channels_.supervisor_to_teller, &channels_.keeper_to_teller,
                            &channels_.tracker_to_teller, &channels_.recorder_to_teller}) {
    while (queue->receive_struct(message)) tell(message);
  }
  report_drops();
}

void Teller::tell(const Tell& message) {
  const std::string line = log_text(settings_, message, options_.detail);
  if (!line.empty()) log_.write(message.unix_ns, static_cast<Severity>(message.severity), line);
  warn(notifier_.tell(message));
  mail(message);
}

void Teller::mail(const Tell& message) {
  auto alert = alert_mail(settings_, message, mail_context());
  if (!alert) return;
  const std::string subject = alert->subject;
  if (mails_.submit(std::move(*alert))) return;
  ++mails_dropped_;
  warn("mail dropped, " + std::to_string(MailSender::kQueue) + " are waiting for " +
       settings_.global.mail.server_host + " (" + std::to_string(mails_dropped_) +
       " dropped so far): " + subject);
}

void Teller::report_drops() {
  static constexpr std::array<const char*, kSenders> kNames{"supervisor", "keeper", "tracker",
                                                            "recorder"};
  for (std::size_t i = 0; i < kSenders; ++i) {
    const std::uint64_t dropped = channels_.page.dropped(static_cast<Sender>(i)).load();
    if (dropped == drops_reported_[i]) continue;
    warn("lost " + std::to_string(dropped - drops_reported_[i]) + " messages of the " + kNames[i] +
         ": they came faster than the log or this process could take them");
    drops_reported_[i] = dropped;
  }
}

}  // namespace

int teller_main(const config::Settings& settings, const Channels& channels,
                const RunOptions& options) {
  auto signals =
      os::SignalQueue::create({SIGTERM, SIGINT, SIGHUP, SIGCHLD, SIGPIPE, SIGUSR1, SIGUSR2});
  auto loop = os::EventLoop::create();
  if (!signals || !loop) return 1;
  Teller teller(settings, channels, options, std::move(*loop), std::move(*signals));
  return teller.run() ? 0 : 1;
}

}  // namespace alibi::daemon
