// SPDX-License-Identifier: Apache-2.0
// alibi record: watches someone else's VRRP at some taps until told to stop, then prints what was
// received, written and dropped at each, and writes the case.
#include <fmt/format.h>
#include <net/if.h>
#include <sys/signalfd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <memory>
#include <set>

#include "cmd/command.h"
#include "cmd/record_output.h"
#include "config/settings.h"
#include "daemon/live.h"
#include "daemon/mail_sender.h"
#include "daemon/recorder.h"
#include "evidence/case_file.h"
#include "os/event_loop.h"
#include "os/namespaces.h"
#include "os/signals.h"
#include "report/json.h"
#include "report/text.h"

namespace alibi::cmd {
namespace {

struct RecordOptions {
  std::vector<std::string> interfaces;
  std::vector<std::string> taps;
  std::vector<std::string> watch;
  double seconds = 0;
  double window = 300;
  unsigned ring = 64;
  std::string case_file;
  std::string pcapng;
  std::string mail_as;
  std::string mail_netns;
  bool json = false;
  bool quiet = false;
};

int complain(const Error& error) {
  fmt::print(stderr, "alibi record: {}\n", error.message);
  return 1;
}

/// "LABEL=IF[@NETNS[:HOST]]"; in "pid:7:host" the first colon belongs to the namespace.
Result<daemon::TapSpec> parse_tap(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    return fail("--tap " + text + ": expected LABEL=INTERFACE[@NETNS[:HOST]]");
  daemon::TapSpec spec;
  spec.label = text.substr(0, equals);
  std::string rest = text.substr(equals + 1);
  const std::size_t at = rest.find('@');
  if (at != std::string::npos) {
    std::string place = rest.substr(at + 1);
    rest.resize(at);
    const std::size_t colon = place.find(':', place.starts_with("pid:") ? 4 : 0);
    spec.netns = place.substr(0, colon);
    if (colon != std::string::npos) spec.host = place.substr(colon + 1);
  }
  spec.interface = rest;
  if (at != std::string::npos && spec.netns.empty())
    return fail("--tap " + text + ": the namespace behind @ is missing");
  if (spec.interface.empty()) return fail("--tap " + text + ": the interface is missing");
  if (spec.host.empty() && spec.netns.find_first_of(":/") == std::string::npos)
    spec.host = spec.netns;
  return spec;
}

/// Every interface of this namespace that is up, but the loopback.
std::vector<std::string> usable_interfaces() {
  std::vector<std::string> names;
  struct if_nameindex* all = if_nameindex();
  for (auto* one = all; one != nullptr && one->if_index != 0; ++one) {
    std::FILE* file = std::fopen(fmt::format("/sys/class/net/{}/flags", one->if_name).c_str(), "r");
    unsigned flags = 0;
    if (file != nullptr) {
      if (std::fscanf(file, "%x", &flags) != 1) flags = 0;
      std::fclose(file);
    }
    if ((flags & IFF_UP) != 0 && (flags & IFF_LOOPBACK) == 0) names.emplace_back(one->if_name);
  }
  if (all != nullptr) if_freenameindex(all);
  return names;
}

Result<std::vector<daemon::TapSpec>> tap_specs(const RecordOptions& options) {
  std::vector<daemon::TapSpec> specs;
  std::vector<std::string> interfaces = options.interfaces;
  if (interfaces.empty() && options.taps.empty()) interfaces = usable_interfaces();
  char host[256] = {};
  gethostname(host, sizeof host - 1);
  for (const std::string& name : interfaces) specs.push_back({name, name, "", host});
  for (const std::string& text : options.taps) {
    auto spec = parse_tap(text);
    if (!spec) return tl::unexpected(spec.error());
    if (spec->netns.empty() && spec->host.empty()) spec->host = host;
    specs.push_back(std::move(*spec));
  }
  if (specs.empty()) return fail("no interface is up here: name one with -i or --tap");
  std::set<std::string> labels;
  for (const daemon::TapSpec& spec : specs)
    if (!labels.insert(spec.label).second)
      return fail("--tap " + spec.label + ": two taps have this label; give each its own");
  return specs;
}

std::string_view role_text(evidence::ProcessFound::Role role) {
  using Role = evidence::ProcessFound::Role;
  switch (role) {
    case Role::Heartbeat:
      return "";
    case Role::Parent:
      return " as its parent";
    case Role::Child:
      return " as its helper";
    case Role::Service:
      return " as the service its script looks for";
    case Role::LogReader:
      return " as the reader of its log";
    case Role::Watched:
      return " as asked for";
  }
  return "";
}

void tell_found(const evidence::ProcessFound& found) {
  fmt::print(stderr, "watching {} (pid {}) in netns {}{}\n", found.comm, found.pid, found.netns,
             role_text(found.role));
}

Result<std::vector<daemon::WatchTarget>> watch_targets(const std::vector<std::string>& texts) {
  std::vector<daemon::WatchTarget> targets;
  for (const std::string& text : texts) {
    auto target = daemon::WatchTarget::parse(text);
    if (!target) return fail("--watch " + text + ": " + target.error().message);
    targets.push_back(std::move(*target));
  }
  return targets;
}

/// Mails verdicts as a keepalived.conf says; does nothing without --mail-as.
class VerdictMails {
 public:
  static Result<VerdictMails> open(const RecordOptions& options) {
    VerdictMails mails;
    if (options.mail_as.empty()) return mails;
    config::Parsed parsed = config::load(options.mail_as);
    for (const config::Diagnostic& diagnostic : parsed.diagnostics)
      if (diagnostic.fatal) return fail(config::render(diagnostic));
    mails.settings_ = std::move(parsed.settings);
    if (mails.settings_.global.mail.to.empty() || mails.settings_.global.mail.server_host.empty())
      return fail(options.mail_as +
                  ": no notification_email or smtp_server in it: nobody to mail verdicts to");
    auto netns = os::open_network_namespace(options.mail_netns);
    if (!netns) return tl::unexpected(netns.error());
    mails.sender_ =
        std::make_unique<daemon::MailSender>(mails.settings_.global.mail, std::move(*netns));
    return mails;
  }

  void send(const std::string& subject, const std::string& text) {
    if (!sender_) return;
    char host[256] = {};
    gethostname(host, sizeof host - 1);
    const std::int64_t now = os::monotonic_now().ns + os::realtime_minus_monotonic_ns();
    auto mail = daemon::verdict_mail(settings_, subject, text, now, {host, 0});
    if (mail && !sender_->submit(std::move(*mail)))
      fmt::print(stderr, "alibi record: the mail queue is full: a verdict was not mailed\n");
  }

  /// Says what could not be delivered; waits for what is under way, `limit` at most.
  void finish(Duration limit) {
    const Instant end = os::monotonic_now() + limit;
    while (sender_ && sender_->left() != 0 && os::monotonic_now() < end) usleep(20'000);
    if (const std::size_t left = sender_ ? sender_->left() : 0; left != 0)
      fmt::print(stderr, "alibi record: {} mails were not delivered in time and given up\n", left);
    for (const auto& outcome :
         sender_ ? sender_->outcomes() : std::vector<daemon::MailSender::Outcome>{})
      if (!outcome.error.empty())
        fmt::print(stderr, "alibi record: mail \"{}\": {}\n", outcome.subject, outcome.error);
  }

 private:
  config::Settings settings_;
  std::unique_ptr<daemon::MailSender> sender_;
};

/// Polls until the time is up or a signal says so.
Result<void> watch(daemon::Recorder& recorder, const RecordOptions& options,
                   const os::SignalQueue& signals, daemon::Live& live) {
  const Instant end =
      options.seconds > 0
          ? os::monotonic_now() + Duration(static_cast<std::int64_t>(options.seconds * 1e9))
          : kNever;
  while (true) {
    const Instant now = os::monotonic_now();
    if (now >= end || signals.next() != 0) return {};
    const Duration wait = end == kNever ? Duration(1s) : std::min<Duration>(end - now, 1s);
    if (auto polled = recorder.poll_once(wait, signals.fd()); !polled) return polled;
    live.poll(recorder, os::monotonic_now());
  }
}

Result<void> write_files(const daemon::Recorder& recorder, const evidence::Recording& recording,
                         const RecordOptions& options) {
  if (!options.pcapng.empty())
    if (auto written = write_pcapng(recorder, options.pcapng); !written) return written;
  if (!options.case_file.empty()) return evidence::write_case(recording, options.case_file);
  return {};
}

/// What a case may take in memory before it is written; a capture file has all frames.
constexpr std::size_t kCaseBytes = 512U << 20;

int record(const RecordOptions& options) {
  const auto specs = tap_specs(options);
  if (!specs) {
    complain(specs.error());
    return 2;
  }
  const auto targets = watch_targets(options.watch);
  if (!targets) {
    complain(targets.error());
    return 2;
  }
  // Said before minutes are spent on recording.
  for (const std::string& path : {options.case_file, options.pcapng})
    if (auto usable = check_output_path(path); !usable) return complain(usable.error());
  // Blocked before the mail thread begins, which inherits it: otherwise the kernel may hand the
  // signal to that thread.
  auto signals = os::SignalQueue::create({SIGINT, SIGTERM});
  if (!signals) return complain(signals.error());
  auto mails = VerdictMails::open(options);
  if (!mails) return complain(mails.error());
  daemon::Live live([&](const evidence::Recording& recording, const investigate::Verdict& verdict,
                        std::size_t number) {
    const std::string text = report::verdict_text(recording, verdict, number);
    if (!options.json) fmt::print("{}\n", text);
    std::fflush(stdout);
    if (verdict.failure) mails->send(report::subject(verdict), text);
  });
  daemon::RecorderOptions recorder_options;
  recorder_options.taps = *specs;
  recorder_options.watch = *targets;
  const Duration window(static_cast<std::int64_t>(options.window * 1e9));
  recorder_options.window = window;
  const std::size_t ring_bytes = std::size_t{options.ring} << 20;
  recorder_options.max_bytes = ring_bytes;
  if (!options.quiet) recorder_options.on_found = tell_found;
  recorder_options.on_frame = [&live](const daemon::KeptFrame& kept,
                                      const daemon::FrameKind& kind) { live.frame(kept, kind); };
  auto recorder = daemon::Recorder::start(std::move(recorder_options));
  if (!recorder) return complain(recorder.error());
  if (!options.quiet) {
    for (const std::string& name : recorder->unfound())
      fmt::print(stderr, "waiting for {}: no such process runs yet\n", name);
    fmt::print(stderr, "recording {} {}\n", specs->size(), specs->size() == 1 ? "tap" : "taps");
  }
  if (auto watched = watch(*recorder, options, *signals, live); !watched)
    return complain(watched.error());
  recorder->stop();
  const evidence::Recording recording = recorder->snapshot(kCaseBytes);
  live.finish(recording);
  if (options.json) {
    fmt::print("{}", report::verdicts_json(recording, investigate::investigate(recording)));
  } else {
    print_totals(*recorder);
    print_window(*recorder, recording, window, ring_bytes);
    print_sources(recording.sources);
    print_losses(recording.losses);
  }
  const auto written = write_files(*recorder, recording, options);
  mails->finish(5s);
  return written ? 0 : complain(written.error());
}

}  // namespace

void add_record(CLI::App& app, Run& run) {
  auto* sub = app.add_subcommand(
      "record",
      "Watches the VRRP of this host: packets at every tap and what the sending processes do.\n"
      "Root sees everything; another user records what it may, and what is missing is named.\n"
      "Ends with --for, SIGINT or SIGTERM; exit code 1 when it could not record.\n\n"
      "Example: alibi record --tap A=eth0@lb1:loadbalancer01 --tap Q=eth0@lb2:loadbalancer02 "
      "-w flap.case\n"
      "         alibi record --watch haproxy -w flap.case");
  auto options = std::make_shared<RecordOptions>();
  sub->add_option("-i", options->interfaces,
                  "capture here (again for more); default: all interfaces that are up")
      ->allow_extra_args(false);
  sub->add_option("--tap", options->taps,
                  "LABEL=INTERFACE[@NETNS[:HOST]], in path order; NETNS is a name in /run/netns, "
                  "a path, or pid:N")
      ->allow_extra_args(false);
  sub->add_option("--watch", options->watch,
                  "watch this process, too, with all its threads (again for more): its number, "
                  "its command name (15 letters count), or the path of its executable; by name "
                  "also what starts later. `alibi explain --thread` tells what it did")
      ->option_text("PID|NAME")
      ->allow_extra_args(false);
  sub->add_option("--for", options->seconds, "stop after so many seconds")
      ->check(CLI::Range(0.1, 1e7));
  sub->add_option("--window", options->window, "remember so many seconds")
      ->check(CLI::Range(10.0, 86400.0))
      ->capture_default_str();
  sub->add_option("--ring", options->ring,
                  "remember no more than so many MiB; what does not fit is counted as lost, and "
                  "the window that is really held is told")
      ->check(CLI::Range(1U, 4096U))
      ->capture_default_str();
  sub->add_option("-w", options->case_file, "write what was recorded to this case file");
  sub->add_option("--pcapng", options->pcapng, "write all frames to this pcapng file");
  sub->add_option("--mail-as", options->mail_as,
                  "mail verdicts to the notification_email of this keepalived.conf, by its "
                  "smtp_server");
  sub->add_option("--mail-netns", options->mail_netns, "send mails from this network namespace");
  sub->add_flag("--json", options->json,
                "counters and all verdicts as JSON at the end (docs/formats/verdict.md)");
  sub->add_flag("--quiet", options->quiet, "say nothing while recording");
  sub->callback([&run, options] { run = [options] { return record(*options); }; });
}

}  // namespace alibi::cmd
