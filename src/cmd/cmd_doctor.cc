// SPDX-License-Identifier: Apache-2.0
// alibi doctor: what of this host is known to make an address move. Reads only.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "cmd/command.h"
#include "doctor/diagnose.h"
#include "doctor/facts_json.h"
#include "os/doctor_facts.h"

namespace alibi::cmd {
namespace {

using Json = nlohmann::ordered_json;
using doctor::Facts;
using doctor::Finding;
using doctor::Severity;

struct Options {
  std::string facts_of;
  bool write_facts = false;
  bool catalogue = false;
  bool json = false;
  int sample_ms = 500;
};

// fmt::print would end the program when standard output cannot be written.
template <typename... Args>
void print(fmt::format_string<Args...> format, Args&&... args) {
  const std::string text = fmt::format(format, std::forward<Args>(args)...);
  std::fwrite(text.data(), 1, text.size(), stdout);
}

Result<Facts> gather(const Options& options) {
  if (options.facts_of.empty()) {
    std::array<char, 256> name{};
    ::gethostname(name.data(), name.size() - 1);
    return os::doctor_facts(name.data(), std::chrono::milliseconds(options.sample_ms));
  }
  std::ifstream in(options.facts_of, std::ios::binary);
  if (!in) return fail_errno("cannot read " + options.facts_of);
  return doctor::facts_from_json(std::string(std::istreambuf_iterator<char>(in), {}),
                                 options.facts_of);
}

std::string fix_of(const Finding& finding) {
  return finding.fix.empty() ? std::string(doctor::entry(finding.id).fix) : finding.fix;
}

/// The configurations that keepers run with: `alibi check` is for these.
std::set<std::string> configurations(const Facts& facts) {
  std::set<std::string> files;
  for (const doctor::Keeper& keeper : facts.keepers) {
    if (!keeper.config.empty()) files.insert(keeper.config);
  }
  return files;
}

long count(const std::vector<Finding>& findings, Severity severity) {
  return std::count_if(findings.begin(), findings.end(),
                       [&](const Finding& f) { return doctor::entry(f.id).severity == severity; });
}

void print_text(const Facts& facts, const std::vector<Finding>& findings) {
  for (const Finding& f : findings) {
    const doctor::Entry& entry = doctor::entry(f.id);
    print("{} {} ({}): {}{}{}\n", name(entry.severity), f.id, name(f.sure), f.where,
          f.where.empty() ? "" : ": ", entry.title);
    print("  seen  {}\n  why   {}\n  fix   {}\n", f.seen, entry.why, fix_of(f));
  }
  for (const doctor::Unread& unread : facts.unread) {
    print("not read: {}: {}\n", unread.what, unread.why);
  }
  for (const std::string& file : configurations(facts)) {
    print("see also: alibi check --lint -f {}\n", file);
  }
  print("{}: {} keepers, {} guests, {} interfaces; {} warnings, {} notes, {} not read\n",
        facts.host, facts.keepers.size(), facts.guests.size(), facts.links.links.size(),
        count(findings, Severity::Warning), count(findings, Severity::Note), facts.unread.size());
}

void print_json(const Facts& facts, const std::vector<Finding>& findings) {
  Json out = {{"host", facts.host}, {"kernel", facts.kernel}, {"findings", Json::array()}};
  for (const Finding& f : findings) {
    const doctor::Entry& entry = doctor::entry(f.id);
    out["findings"].push_back({{"id", f.id},
                               {"severity", name(entry.severity)},
                               {"sure", name(f.sure)},
                               {"where", f.where},
                               {"title", entry.title},
                               {"seen", f.seen},
                               {"why", entry.why},
                               {"fix", fix_of(f)}});
  }
  out["not_read"] = Json::array();
  for (const doctor::Unread& u : facts.unread) {
    out["not_read"].push_back({{"what", u.what}, {"why", u.why}});
  }
  out["configurations"] = configurations(facts);
  print("{}\n", out.dump(2, ' ', false, Json::error_handler_t::replace));
}

int examine(const Options& options) {
  if (options.catalogue) {
    print("{}", doctor::catalogue_markdown());
    return 0;
  }
  const auto facts = gather(options);
  if (!facts) {
    fmt::print(stderr, "alibi doctor: {}\n", facts.error().message);
    return 1;
  }
  if (options.write_facts) {
    print("{}", doctor::facts_json(*facts));
    return 0;
  }
  const auto findings = doctor::diagnose(*facts);
  if (options.json) {
    print_json(*facts, findings);
  } else {
    print_text(*facts, findings);
  }
  return count(findings, Severity::Warning) > 0 ? 3 : 0;
}

}  // namespace

void add_doctor(CLI::App& app, Run& run) {
  auto* sub = app.add_subcommand("doctor", "what of this host is known to make an address move");
  auto options = std::make_shared<Options>();
  sub->add_flag("--facts", options->write_facts,
                "write what was read, for --facts-of; no findings");
  sub->add_option("--facts-of", options->facts_of,
                  "judge what --facts wrote, also on another machine")
      ->option_text("FILE");
  sub->add_flag("--findings", options->catalogue, "everything it looks for (docs/doctor.md)");
  sub->add_flag("--json", options->json, "as JSON (docs/formats/doctor.md)");
  sub->add_option("--sample", options->sample_ms, "milliseconds to watch disks and stolen time for")
      ->check(CLI::Range(0, 60000))
      ->capture_default_str();
  sub->footer(
      "Changes nothing. Without root it cannot look into other users' processes and namespaces,\n"
      "and says so: what was not read accuses nobody.\n"
      "Example: alibi doctor\n"
      "         alibi doctor --facts > lb1.json; alibi doctor --facts-of lb1.json   # anywhere\n"
      "  warning guest.no_vhost (certain): lb1, qemu-system-x86 (pid 812): A guest's network is\n"
      "  served by its QEMU process\n"
      "    seen  /proc/812/fd: 1 of /dev/net/tun, 0 of /dev/vhost-net\n"
      "Exit codes: 0 no warning (notes at most), 3 warnings, 1 cannot look, 2 usage.");
  sub->callback([options, &run] { run = [options] { return examine(*options); }; });
}

}  // namespace alibi::cmd
