// SPDX-License-Identifier: Apache-2.0
// alibi explain: verdicts from a case or from capture files, and accounts of threads. No root.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "cmd/capture_files.h"
#include "cmd/command.h"
#include "cmd/explain_thread.h"
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
  std::string thread;
  std::string from;
  std::string to;
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

int complain(const std::string& message, int code) {
  fmt::print(stderr, "alibi explain: {}\n", message);
  return code;
}

/// The incidents that touch the time asked for, with the numbers they have in the whole.
Result<void> keep_span(const evidence::Recording& recording, const Span& span,
                       std::vector<investigate::Verdict>& verdicts) {
  const std::size_t all = verdicts.size();
  std::erase_if(verdicts, [&](const investigate::Verdict& verdict) {
    return verdict.incident.at < span.begin || verdict.incident.silent_since > span.end;
  });
  if (!verdicts.empty()) return {};
  return fail(fmt::format("no incident from {} to {}; {} in all of it",
                          timestamp_text(recording.unix_ns(span.begin)),
                          timestamp_text(recording.unix_ns(span.end)), all));
}

int explain(const Options& options) {
  if (options.causes) {
    fmt::print("{}", report::catalogue_markdown());
    return 0;
  }
  if (options.files.empty()) {
    return complain("name a case or capture files; see --help", 2);
  }
  const Result<evidence::Recording> recording = open_evidence(options.files);
  if (!recording) {
    return complain(recording.error().message, 1);
  }
  const auto span = parse_span(*recording, options.from, options.to);
  if (!span) return complain(span.error().message, 2);
  if (!options.thread.empty()) {
    const auto told = explain_threads(*recording, *span,
                                      {options.thread, options.json, options.account, options.svg});
    return told ? 0 : complain(told.error().message, 1);
  }
  auto verdicts = investigate::investigate(*recording);
  if (!options.from.empty() || !options.to.empty()) {
    if (auto kept = keep_span(*recording, *span, verdicts); !kept)
      return complain(kept.error().message, 1);
  }
  if (!options.svg.empty()) {
    const auto written = write_text_file(options.svg, report::accounts_svg(*recording, verdicts));
    if (!written) return complain(written.error().message, 1);
    if (options.svg == "-") return 0;
  }
  if (options.json) {
    fmt::print("{}", report::verdicts_json(*recording, verdicts));
    return 0;
  }
  if (options.counters) fmt::print("{}\n", report::counters_text(*recording));
  fmt::print("{}", report::verdicts_text(*recording, verdicts));
  if (options.account) {
    for (const investigate::Verdict& verdict : verdicts) {
      if (verdict.failure)
        fmt::print("\n{}", report::account_text(*recording, verdict, verdict.number));
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
  sub->add_option("--thread", options->thread,
                  "no incidents: what this watched thread, or all of that process or command name, "
                  "did; with --json as in docs/formats/thread.md")
      ->option_text("TID|NAME|PID");
  sub->add_option("--from", options->from,
                  "leave out what was before: 2.5 (seconds after the beginning), 20:00:01, "
                  "'2026-11-28 20:00:01.5', @1700000000.5")
      ->option_text("MOMENT");
  sub->add_option("--to", options->to,
                  "leave out what was after; without --thread, the incidents that touch the time")
      ->option_text("MOMENT");
  sub->add_flag("--causes", options->causes, "print the catalogue of causes and exit");
  sub->footer(
      "Example: alibi explain flap.case\n"
      "         alibi explain --account --svg lanes.svg flap.case\n"
      "         alibi explain --json master.pcap switch.pcap backup.pcap\n"
      "         alibi explain --thread haproxy --from 20:00:01 --to 20:00:09 --account flap.case\n"
      "Exit codes: 0 explained (also when the verdict is `unknown`), 1 cannot read,\n"
      "no such thread or incident, 2 usage.");
  sub->callback([options, &run] { run = [options] { return explain(*options); }; });
}

}  // namespace alibi::cmd
