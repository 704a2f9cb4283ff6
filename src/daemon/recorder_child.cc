// SPDX-License-Identifier: Apache-2.0
// Joins the recorder with the log, the mail and the folder of cases of `alibi run`.
#include "daemon/recorder_child.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <optional>
#include <set>

#include "daemon/live.h"
#include "daemon/mail_sender.h"
#include "evidence/case_file.h"
#include "os/clocks.h"
#include "os/event_loop.h"
#include "os/signals.h"
#include "report/text.h"

namespace alibi::daemon {
namespace {

/// Enough for the minutes before an incident, small beside a load balancer.
constexpr Duration kWindow = 120s;
constexpr std::size_t kMemory = 8U << 20;

std::string host_name() {
  char name[256] = {};
  gethostname(name, sizeof name - 1);
  return name;
}

std::vector<TapSpec> taps_of(const config::Settings& settings) {
  std::set<std::string> interfaces;
  for (const config::Instance& instance : settings.instances) interfaces.insert(instance.interface);
  std::vector<TapSpec> specs;
  for (const std::string& name : interfaces) specs.push_back({name, name, "", host_name()});
  return specs;
}

bool wants_mail(const config::Settings& settings) {
  return std::any_of(settings.instances.begin(), settings.instances.end(),
                     [](const config::Instance& instance) { return instance.smtp_alert; });
}

/// "(VI_1) " where one instance is meant, as other lines of the log begin; else nothing: the same
/// virtual router may be on two interfaces.
std::string prefix(const config::Settings& settings, const investigate::RouterKey& router) {
  std::string name;
  for (const config::Instance& instance : settings.instances) {
    if (instance.vrrp.vrid != router.vrid || instance.vrrp.family != router.family) continue;
    if (!name.empty()) return "";
    name = "(" + instance.vrrp.name + ") ";
  }
  return name;
}

/// Where verdicts go.
class Outlet {
 public:
  Outlet(const config::Settings& settings, const Voice& voice, std::string case_folder)
      : settings_(settings), voice_(voice), case_folder_(std::move(case_folder)) {
    if (wants_mail(settings)) mails_.emplace(settings.global.mail);
  }

  void take(const evidence::Recording& recording, const investigate::Verdict& verdict,
            std::size_t number) {
    const std::string text = report::verdict_text(recording, verdict, number);
    voice_.say_daemon(fmt::format("{}verdict: {}{}", prefix(settings_, verdict.incident.router),
                                  report::subject(verdict),
                                  verdict.cause ? ": " + verdict.cause->headline : ""));
    if (!verdict.failure) return;
    // The other node sees the same incident and may know more; "unknown" is for the log alone.
    if (mails_ && verdict.cause && verdict.cause->code != "unknown") {
      auto mail = verdict_mail(settings_, report::subject(verdict), text,
                               recording.unix_ns(recording.end), {host_name(), 0});
      if (mail && !mails_->submit(std::move(*mail)))
        voice_.say_daemon("the mail queue is full: a verdict was not mailed", 1);
    }
    write_case(recording, verdict);
  }

  void say_outcomes() {
    if (!mails_) return;
    for (const auto& outcome : mails_->outcomes())
      if (!outcome.error.empty()) voice_.say_daemon("verdict not mailed: " + outcome.error, 1);
  }

 private:
  void write_case(const evidence::Recording& recording, const investigate::Verdict& verdict) {
    if (case_folder_.empty()) return;
    const std::string path =
        fmt::format("{}/vrid{}-{}.case", case_folder_, verdict.incident.router.vrid.value,
                    recording.unix_ns(verdict.incident.at) / 1'000'000'000);
    const auto written = evidence::write_case(recording, path);
    voice_.say_daemon(written ? "case written: " + path : written.error().message, written ? 0 : 1);
  }

  const config::Settings& settings_;
  const Voice& voice_;
  std::string case_folder_;
  std::optional<MailSender> mails_;
};

}  // namespace

int recorder_main(const config::Settings& settings, const Channels& channels,
                  const RunOptions& options) {
  const Voice voice(channels.recorder_to_teller, channels.page, Sender::Recorder);
  auto signals = os::SignalQueue::create({SIGTERM, SIGINT});
  if (!signals) return 1;
  Outlet outlet(settings, voice, options.case_folder);
  Live live([&](const evidence::Recording& recording, const investigate::Verdict& verdict,
                std::size_t number) { outlet.take(recording, verdict, number); });
  RecorderOptions recorder_options;
  recorder_options.taps = taps_of(settings);
  recorder_options.window = kWindow;
  recorder_options.max_bytes = kMemory;
  recorder_options.on_frame = [&live](const KeptFrame& kept, const FrameKind& kind) {
    live.frame(kept, kind);
  };
  auto recorder = Recorder::start(std::move(recorder_options));
  if (!recorder) {
    voice.say_daemon("not recording: " + recorder.error().message, 1);
    // Nothing to do until the end: dying would only have it started again.
    pollfd ready{signals->fd(), POLLIN, 0};
    while (signals->next() == 0) poll(&ready, 1, -1);
    return 0;
  }
  for (const evidence::SourceLoss& loss : recorder->losses())
    voice.say_daemon(fmt::format("recording without {}: {}", loss.source, loss.why), 1);
  while (signals->next() == 0) {
    if (auto polled = recorder->poll_once(1s, signals->fd()); !polled) {
      voice.say_daemon(polled.error().message, 2);
      return 1;
    }
    live.poll(*recorder, os::monotonic_now());
    outlet.say_outcomes();
  }
  return 0;
}

}  // namespace alibi::daemon
