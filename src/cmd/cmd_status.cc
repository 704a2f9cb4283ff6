// SPDX-License-Identifier: Apache-2.0
// alibi status: asks the running daemon and prints what it answers, for people or as it came.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>

#include "cmd/command.h"
#include "daemon/status.h"
#include "daemon/status_client.h"
#include "daemon/status_server.h"

namespace alibi::cmd {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  std::string run_folder = "/run/alibi";
  std::string socket;
  bool json = false;
  bool metrics = false;
};

constexpr int kUnwell = 3;

constexpr const char* kFooter =
    "Example: alibi status\n"
    "         alibi status --json | jq '.instances[] | {name, state, last_transition}'\n"
    "         alibi status --metrics > /var/lib/node_exporter/alibi.prom\n"
    "Exit codes: 0 all well, 1 the daemon does not answer, 2 usage,\n"
    "            3 an instance is neither MASTER nor BACKUP, or a process is not running";

std::string text_of(const Json& value) {
  if (value.is_null()) return "-";
  return value.is_string() ? value.get<std::string>() : value.dump();
}

/// "3 d 04:05:06", or "12.3 s" when it is short.
std::string age_text(const Json& seconds) {
  if (!seconds.is_number()) return "-";
  const double value = seconds.get<double>();
  if (value < 60) return fmt::format("{:.1f} s", value);
  const auto whole = static_cast<std::int64_t>(value);
  const auto days = whole / 86400;
  return (days > 0 ? fmt::format("{} d ", days) : "") +
         fmt::format("{:02}:{:02}:{:02}", whole / 3600 % 24, whole / 60 % 60, whole % 60);
}

void line(std::string_view label, const std::string& value) {
  if (!value.empty()) fmt::print("  {:<12} {}\n", label, value);
}

/// "101 = 100 + 2 (script chk_haproxy up) - 1 (...)"
std::string priority_text(const Json& instance) {
  const auto& priority = instance["priority"];
  std::string text = text_of(priority["effective"]);
  if (priority["effective"] == priority["base"]) return text + " (as configured)";
  text += " = " + text_of(priority["base"]);
  for (const Json& tracker : instance["trackers"]) {
    const int adds = tracker["adds"].get<int>();
    if (adds == 0) continue;
    text +=
        fmt::format(" {} {} ({} {} {})", adds < 0 ? '-' : '+', std::abs(adds),
                    text_of(tracker["kind"]), text_of(tracker["name"]), text_of(tracker["state"]));
  }
  return text;
}

std::string counters_text(const Json& counters) {
  std::string text = fmt::format("{} sent, {} received", text_of(counters["adverts_sent"]),
                                 text_of(counters["adverts_received"]));
  for (const auto& [reason, count] : counters["rejected"].items()) {
    text += fmt::format(", {} rejected ({})", count.dump(), reason);
  }
  if (counters["send_failed"] != 0) text += ", " + counters["send_failed"].dump() + " not sent";
  return text;
}

/// "takeover: open; closed 2 times, the last: WHY; 310 packets dropped", or why there is none.
std::string fence_text(const Json& fence) {
  if (fence.contains("absent")) return "NONE: " + text_of(fence["absent"]);
  std::string text = text_of(fence["mode"]) + ": ";
  if (fence["closed"] == true) {
    text += fmt::format("CLOSED for {}: ", age_text(fence["closed_seconds"]));
  }
  text += text_of(fence["why"]);
  if (fence["closed_count"] == 0) return text;
  std::uint64_t dropped = 0;
  for (const auto& [way, kinds] : fence["dropped"].items()) {
    for (const auto& [kind, count] : kinds.items()) dropped += count.get<std::uint64_t>();
  }
  const std::string times =
      fence["closed_count"] == 1 ? "once" : text_of(fence["closed_count"]) + " times, the last";
  return text + fmt::format("; closed {}: {}; {} packets dropped", times,
                            text_of(fence["last_why"]), dropped);
}

std::string joined(const Json& list) {
  std::string text;
  for (const Json& item : list) text += (text.empty() ? "" : " ") + text_of(item);
  return text;
}

/// How long ago the instance should have acted, in seconds: its keeper does not run meanwhile, and
/// what it last said of itself may be true no more. 0: it is in time.
double overdue(const Json& instance) {
  constexpr double kLate = 1;
  const Json& next = instance["timers"]["next_in"];
  return next.is_number() && next.get<double>() < -kLate ? -next.get<double>() : 0;
}

void print_instance(const Json& instance) {
  fmt::print("{} ({}, virtual_router_id {}): {} for {}\n", text_of(instance["name"]),
             text_of(instance["interface"]), text_of(instance["virtual_router_id"]),
             text_of(instance["state"]), age_text(instance["state_seconds"]));
  if (const double late = overdue(instance); late > 0) {
    line("OVERDUE", fmt::format("by {:.1f} s: its keeper does not run, all of this is from before",
                                late));
  }
  if (const Json& last = instance["last_transition"]; last.is_object()) {
    line("because", fmt::format("{} [{}]", text_of(last["detail"]), text_of(last["reason"])));
    line("at", fmt::format("{} (from {})", text_of(last["at"]), text_of(last["from"])));
  }
  line("faults", joined(instance["faults"]));
  line("priority", priority_text(instance));
  const Json& master = instance["master"];
  line("master", master["is_us"] == true
                     ? text_of(master["address"]) + " (this node)"
                     : fmt::format("{} with priority {}", text_of(master["address"]),
                                   text_of(master["priority"])));
  line("addresses", joined(instance["addresses"]) +
                        (instance["addresses_set"] == true ? " (set)" : " (not set)"));
  for (const Json& tracker : instance["trackers"]) {
    line("tracks",
         fmt::format("{} {}: {}{}{}", text_of(tracker["kind"]), text_of(tracker["name"]),
                     text_of(tracker["state"]), text_of(tracker["detail"]).empty() ? "" : ", ",
                     text_of(tracker["detail"])));
  }
  line("adverts", counters_text(instance["counters"]));
  if (const Json& fence = instance["fence"]; fence.is_object()) {
    line("fence", fence_text(fence));
  }
}

void print_daemon(const Json& status) {
  for (const Json& group : status["groups"]) {
    fmt::print("group {}: {} ({})\n", text_of(group["name"]), text_of(group["state"]),
               joined(group["members"]));
  }
  std::string processes;
  for (const Json& process : status["processes"]) {
    if (process["wanted"] != true) continue;
    processes += fmt::format("{}{} {}", processes.empty() ? "" : ", ", text_of(process["name"]),
                             process["running"] == true ? text_of(process["pid"]) : "NOT RUNNING");
    if (process["restarts"] != 0) {
      processes += fmt::format(" ({} restarts)", text_of(process["restarts"]));
    }
  }
  fmt::print("processes: {}\n", processes);
  const Json& keeper = status["keeper"];
  fmt::print("timers: {} late by more than a second, the latest by {:.3f} s\n",
             text_of(keeper["late_timers"]), keeper["worst_late_seconds"].get<double>());
  std::string dropped;
  for (const auto& [queue, count] : status["queues"]["dropped"].items()) {
    if (count != 0)
      dropped += fmt::format("{}{} {}", dropped.empty() ? "" : ", ", queue, count.dump());
  }
  if (!dropped.empty()) fmt::print("DROPPED for full queues: {}\n", dropped);
}

bool well(const Json& status) {
  for (const Json& instance : status["instances"]) {
    if (instance["state"] != "MASTER" && instance["state"] != "BACKUP") return false;
    const Json& fence = instance["fence"];
    if (overdue(instance) > 0 || (fence.is_object() && fence.value("closed", false))) return false;
  }
  for (const Json& process : status["processes"]) {
    if (process["wanted"] == true && process["running"] != true) return false;
  }
  return true;
}

int show(const Options& options) {
  const std::string path =
      options.socket.empty() ? daemon::status_socket_path(options.run_folder) : options.socket;
  const auto answer = daemon::ask_status(path, options.metrics ? "metrics" : "status");
  if (!answer) {
    std::fprintf(stderr, "alibi: %s\n", answer.error().message.c_str());
    return 1;
  }
  if (options.metrics) {
    std::fputs(answer->c_str(), stdout);
    return 0;
  }
  const Json status = Json::parse(*answer, nullptr, false);
  if (!status.is_object() || status.value("version", 0) != daemon::kStatusVersion) {
    std::fprintf(stderr, "alibi: %s speaks another version of the status: use its own alibi\n",
                 path.c_str());
    return 1;
  }
  if (options.json) {
    std::fputs((status.dump(2) + "\n").c_str(), stdout);
  } else {
    for (const Json& instance : status["instances"]) print_instance(instance);
    print_daemon(status);
  }
  return well(status) ? 0 : kUnwell;
}

}  // namespace

void add_status(CLI::App& app, Run& run) {
  auto options = std::make_shared<Options>();
  auto* sub =
      app.add_subcommand("status", "the running daemon: states and why, trackers, counters");
  sub->add_option("--run-folder", options->run_folder, "as given to alibi run")
      ->capture_default_str();
  sub->add_option("--socket", options->socket, "the status socket itself");
  auto* json =
      sub->add_flag("--json", options->json, "the whole document (docs/formats/status.md)");
  sub->add_flag("--metrics", options->metrics, "Prometheus text exposition")->excludes(json);
  sub->footer(kFooter);
  sub->callback([&run, options] { run = [options] { return show(*options); }; });
}

}  // namespace alibi::cmd
