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
#include <nlohmann/json.hpp>

#include "cmd/command.h"
#include "daemon/recorder.h"
#include "evidence/capture_file.h"
#include "evidence/case_file.h"
#include "os/event_loop.h"
#include "os/signals.h"

namespace alibi::cmd {
namespace {

struct RecordOptions {
  std::vector<std::string> interfaces;
  std::vector<std::string> taps;
  double seconds = 0;
  double window = 300;
  std::string case_file;
  std::string pcapng;
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
    std::FILE* file = std::fopen(
        fmt::format("/sys/class/net/{}/flags", one->if_name).c_str(), "r");
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
  return specs;
}

std::string_view role_text(evidence::ProcessFound::Role role) {
  using Role = evidence::ProcessFound::Role;
  switch (role) {
    case Role::Heartbeat: return "";
    case Role::Parent: return " as its parent";
    case Role::Child: return " as its helper";
    case Role::Service: return " as the service its script looks for";
    case Role::LogReader: return " as the reader of its log";
  }
  return "";
}

void tell_found(const std::vector<daemon::TapSpec>& specs, const evidence::ProcessFound& found) {
  (void)specs;
  fmt::print(stderr, "watching {} (pid {}) in netns {}{}\n", found.comm, found.pid, found.netns,
             role_text(found.role));
}

void print_totals(const daemon::Recorder& recorder) {
  for (std::size_t i = 0; i < recorder.taps().size(); ++i) {
    const evidence::Tap& tap = recorder.taps()[i];
    const daemon::TapTotals& total = recorder.totals()[i];
    fmt::print("{} {} {}: {} received, {} written, {} dropped\n", tap.label, tap.host,
               tap.interface, total.received, total.written, total.dropped);
  }
}

void print_losses(const std::vector<evidence::SourceLoss>& losses) {
  if (losses.empty()) fmt::print("all sources of evidence were whole\n");
  for (const evidence::SourceLoss& loss : losses) {
    if (loss.lost > 0) fmt::print("lost {} of {}: {}\n", loss.lost, loss.source, loss.why);
    else fmt::print("absent {}: {}\n", loss.source, loss.why);
  }
}

void print_json(const daemon::Recorder& recorder, const evidence::Recording& recording) {
  nlohmann::json out;
  for (std::size_t i = 0; i < recorder.taps().size(); ++i) {
    const evidence::Tap& tap = recorder.taps()[i];
    const daemon::TapTotals& total = recorder.totals()[i];
    out["taps"].push_back({{"label", tap.label}, {"host", tap.host},
                           {"interface", tap.interface}, {"received", total.received},
                           {"written", total.written}, {"dropped", total.dropped}});
  }
  out["losses"] = nlohmann::json::array();
  for (const auto& loss : recording.losses)
    out["losses"].push_back({{"source", loss.source}, {"lost", loss.lost}, {"why", loss.why}});
  out["heartbeats"] = recording.heartbeats.size();
  out["arps"] = recording.arps.size();
  out["events"] = nlohmann::json::object();
  for (const evidence::Event& event : recording.events) {
    auto& count = out["events"][std::string(evidence::kind_name(event.fact))];
    count = count.is_null() ? 1 : count.get<int>() + 1;
  }
  fmt::print("{}\n", out.dump(2));
}

Result<void> write_pcapng(const daemon::Recorder& recorder, const std::string& path) {
  std::vector<evidence::CaptureInterface> interfaces;
  for (const evidence::Tap& tap : recorder.taps())
    interfaces.push_back({tap.label, tap.host + " " + tap.interface, wire::LinkType::Ethernet,
                          tap.received, tap.dropped});
  auto writer = evidence::PcapngWriter::create(path, interfaces, os::PacketRing::kSnapLength + 4);
  if (!writer) return tl::unexpected(writer.error());
  Result<void> outcome;
  std::uint64_t number = 0;
  recorder.each_frame([&](const daemon::KeptFrame& kept) {
    if (!outcome) return;
    evidence::CapturedFrame frame;
    frame.unix_ns = kept.realtime_ns;
    frame.interface = kept.tap;
    frame.original_length = kept.original_length;
    frame.direction = kept.direction;
    frame.dropped_before = kept.dropped_before;
    frame.number = ++number;
    frame.bytes = kept.bytes;
    outcome = writer->write(frame);
  });
  return outcome ? writer->finish(interfaces) : outcome;
}

/// Polls until the time is up or a signal says so.
Result<void> watch(daemon::Recorder& recorder, const RecordOptions& options,
                   const os::SignalQueue& signals) {
  const Instant end = options.seconds > 0
                          ? os::monotonic_now() + Duration(static_cast<std::int64_t>(
                                                      options.seconds * 1e9))
                          : kNever;
  while (true) {
    const Instant now = os::monotonic_now();
    if (now >= end || signals.next() != 0) return {};
    const Duration wait = end == kNever ? Duration(1s) : std::min<Duration>(end - now, 1s);
    if (auto polled = recorder.poll_once(wait, signals.fd()); !polled) return polled;
  }
}

int record(const RecordOptions& options) {
  const auto specs = tap_specs(options);
  if (!specs) return complain(specs.error());
  auto signals = os::SignalQueue::create({SIGINT, SIGTERM});
  if (!signals) return complain(signals.error());
  daemon::RecorderOptions recorder_options;
  recorder_options.taps = *specs;
  recorder_options.window = Duration(static_cast<std::int64_t>(options.window * 1e9));
  if (!options.quiet)
    recorder_options.on_found = [&specs](const evidence::ProcessFound& found) {
      tell_found(*specs, found);
    };
  auto recorder = daemon::Recorder::start(std::move(recorder_options));
  if (!recorder) return complain(recorder.error());
  if (!options.quiet)
    fmt::print(stderr, "recording {} {}\n", specs->size(), specs->size() == 1 ? "tap" : "taps");
  if (auto watched = watch(*recorder, options, *signals); !watched)
    return complain(watched.error());
  recorder->stop();
  const evidence::Recording recording = recorder->snapshot();
  if (options.json) {
    print_json(*recorder, recording);
  } else {
    print_totals(*recorder);
    print_losses(recording.losses);
  }
  if (!options.pcapng.empty())
    if (auto written = write_pcapng(*recorder, options.pcapng); !written)
      return complain(written.error());
  if (!options.case_file.empty())
    if (auto written = evidence::write_case(recording, options.case_file); !written)
      return complain(written.error());
  return 0;
}

}  // namespace

void add_record(CLI::App& app, Run& run) {
  auto* sub = app.add_subcommand(
      "record",
      "Watches the VRRP of this host: packets at every tap and what the sending processes do.\n"
      "Needs root. Ends with --for, SIGINT or SIGTERM; exit code 1 when it could not record.\n\n"
      "Example: alibi record --tap A=eth0@lb1:loadbalancer01 --tap Q=eth0@lb2:loadbalancer02 "
      "-w flap.case");
  auto options = std::make_shared<RecordOptions>();
  sub->add_option("-i", options->interfaces,
                  "capture here (again for more); default: all interfaces that are up")
      ->allow_extra_args(false);
  sub->add_option("--tap", options->taps,
                  "LABEL=INTERFACE[@NETNS[:HOST]], in path order; NETNS is a name in /run/netns, "
                  "a path, or pid:N")
      ->allow_extra_args(false);
  sub->add_option("--for", options->seconds, "stop after so many seconds");
  sub->add_option("--window", options->window, "remember so many seconds")
      ->capture_default_str();
  sub->add_option("-w", options->case_file, "write what was recorded to this case file");
  sub->add_option("--pcapng", options->pcapng, "write all frames to this pcapng file");
  sub->add_flag("--json", options->json, "the closing counts as JSON");
  sub->add_flag("--quiet", options->quiet, "say nothing while recording");
  sub->callback([&run, options] { run = [options] { return record(*options); }; });
}

}  // namespace alibi::cmd
