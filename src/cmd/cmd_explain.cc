// SPDX-License-Identifier: Apache-2.0
// alibi explain: verdicts from a case or from capture files. Needs no root.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "cmd/capture_files.h"
#include "cmd/command.h"
#include "cmd/text_file.h"
#include "evidence/capture_file.h"
#include "evidence/case_file.h"
#include "investigate/verdict.h"
#include "report/account.h"
#include "report/json.h"
#include "report/text.h"

namespace alibi::cmd {
namespace {

struct Options {
  std::vector<std::string> files;
  bool json = false;
  bool counters = false;
  bool causes = false;
  bool account = false;
  std::string svg;
};

Result<evidence::Recording> open_evidence(const std::vector<std::string>& files) {
  for (const std::string& file : files) {
    if (auto readable = check_readable(file); !readable) return tl::unexpected(readable.error());
  }
  if (files.size() == 1 && is_case(files.front())) return evidence::read_case(files.front());
  for (const std::string& file : files) {
    if (is_case(file)) return fail(file + ": a case stands alone; give it without other files");
  }
  std::vector<std::string> warnings;
  auto recording = evidence::recording_from_captures(files, &warnings);
  for (const std::string& warning : warnings) {
    fmt::print(stderr, "alibi explain: {}\n", warning);
  }
  return recording;
}

int explain(const Options& options) {
  if (options.causes) {
    fmt::print("{}", report::catalogue_markdown());
    return 0;
  }
  if (options.files.empty()) {
    fmt::print(stderr, "alibi explain: name a case or capture files; see --help\n");
    return 2;
  }
  const Result<evidence::Recording> recording = open_evidence(options.files);
  if (!recording) {
    fmt::print(stderr, "alibi explain: {}\n", recording.error().message);
    return 1;
  }
  const auto verdicts = investigate::investigate(*recording);
  if (!options.svg.empty()) {
    const auto written = write_text_file(options.svg, report::accounts_svg(*recording, verdicts));
    if (!written) {
      fmt::print(stderr, "alibi explain: {}\n", written.error().message);
      return 1;
    }
    if (options.svg == "-") return 0;
  }
  if (options.json) {
    fmt::print("{}", report::verdicts_json(*recording, verdicts));
    return 0;
  }
  if (options.counters) fmt::print("{}\n", report::counters_text(*recording));
  fmt::print("{}", report::verdicts_text(*recording, verdicts));
  if (options.account) {
    for (std::size_t i = 0; i < verdicts.size(); ++i) {
      if (!verdicts[i].failure) continue;
      fmt::print("\n{}", report::account_text(*recording, verdicts[i], i + 1));
    }
  }
  return 0;
}

}  // namespace

void add_explain(CLI::App& app, Run& run) {
  auto* sub = app.add_subcommand("explain",
                                 "say what happened, where and why, from a case or from captures");
  auto options = std::make_shared<Options>();
  sub->add_option("FILE", options->files,
                  "a case written by `alibi record`, or pcap/pcapng files in path order");
  sub->add_flag("--json", options->json, "as JSON (docs/formats/verdict.md)");
  sub->add_flag("--counters", options->counters, "what each tap received, kept and lost, first");
  sub->add_flag("--account", options->account,
                "what each thread did in the gap, as lanes, and what each state rests on");
  sub->add_option("--svg", options->svg, "the same lanes as a picture; '-' is standard output")
      ->option_text("FILE");
  sub->add_flag("--causes", options->causes, "print the catalogue of causes and exit");
  sub->footer(
      "Example: alibi explain flap.case\n"
      "         alibi explain --account --svg lanes.svg flap.case\n"
      "         alibi explain --json master.pcap switch.pcap backup.pcap\n"
      "Exit codes: 0 explained (also when the verdict is `unknown`), 1 cannot read, 2 usage.");
  sub->callback([options, &run] { run = [options] { return explain(*options); }; });
}

}  // namespace alibi::cmd
