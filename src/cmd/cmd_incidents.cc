// SPDX-License-Identifier: Apache-2.0
// alibi incidents: the incidents of cases listed, shown, and exported for other tools. No root.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "cmd/capture_files.h"
#include "cmd/command.h"
#include "cmd/text_file.h"
#include "evidence/case_file.h"
#include "investigate/verdict.h"
#include "report/account.h"
#include "report/exports.h"
#include "report/json.h"
#include "report/text.h"

namespace alibi::cmd {
namespace {

using investigate::Verdict;

struct Options {
  std::string path;
  std::size_t number = 0;  ///< 0: all
  std::string form;
  std::string output = "-";
};

int complain(const std::string& message, int code) {
  fmt::print(stderr, "alibi incidents: {}\n", message);
  return code;
}

/// The cases in a folder by name, or the one file.
Result<std::vector<std::string>> cases_of(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_directory(path, error)) {
    if (auto readable = check_readable(path); !readable) return tl::unexpected(readable.error());
    if (!is_case(path)) return fail(path + ": no case; `alibi record -w` writes one");
    return std::vector<std::string>{path};
  }
  std::vector<std::string> cases;
  std::filesystem::directory_iterator entry(path, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    if (entry->is_regular_file(error) && is_case(entry->path())) cases.push_back(entry->path());
  }
  if (error) return fail(path + ": " + error.message());
  std::sort(cases.begin(), cases.end());
  return cases;
}

void print_row(const std::string& file, const evidence::Recording& recording, std::size_t number,
               const Verdict& verdict) {
  const std::string cause = verdict.cause ? verdict.cause->code : "no failure";
  fmt::print("{}  {:>3}  VRID {:<3}  {:<11}  {:>10}  {:<24}  {}\n",
             timestamp_text(recording.unix_ns(verdict.incident.at)), number,
             verdict.incident.router.vrid.value, investigate::kind_text(verdict.incident),
             seconds_text(verdict.incident.at - verdict.incident.silent_since), cause, file);
}

int list(const Options& options) {
  const auto cases = cases_of(options.path);
  if (!cases) return complain(cases.error().message, 1);
  int code = 0;
  for (const std::string& file : *cases) {
    const auto recording = evidence::read_case(file);
    if (!recording) {
      code = complain(recording.error().message, 1);
      continue;
    }
    const auto verdicts = investigate::investigate(*recording);
    for (std::size_t i = 0; i < verdicts.size(); ++i) {
      print_row(file, *recording, i + 1, verdicts[i]);
    }
    if (verdicts.empty()) fmt::print("no incident in {}\n", file);
  }
  if (cases->empty()) fmt::print("no case in {}\n", options.path);
  return code;
}

int show(const Options& options) {
  const auto recording = evidence::read_case(options.path);
  if (!recording) return complain(recording.error().message, 1);
  const auto verdicts = investigate::investigate(*recording);
  if (options.number > verdicts.size()) {
    return complain(
        fmt::format("{}: no incident {}; it has {}", options.path, options.number, verdicts.size()),
        1);
  }
  if (options.number == 0) {
    fmt::print("{}", report::verdicts_text(*recording, verdicts));
    return 0;
  }
  const Verdict& verdict = verdicts[options.number - 1];
  fmt::print("{}", report::verdict_text(*recording, verdict, options.number));
  if (verdict.account) {
    fmt::print("\n{}", report::account_text(*recording, verdict, options.number));
  }
  return 0;
}

int export_case(const Options& options) {
  const bool binary = options.form == "pcapng" || options.form == "perfetto";
  if (binary && options.output == "-" && isatty(STDOUT_FILENO) == 1) {
    return complain(options.form + " is binary: name a file with -o, or pipe it", 2);
  }
  const auto recording = evidence::read_case(options.path);
  if (!recording) return complain(recording.error().message, 1);
  const auto verdicts = investigate::investigate(*recording);
  Result<void> written;
  if (options.form == "pcapng") {
    written = report::write_case_pcapng(*recording, verdicts, options.output);
  } else {
    const std::string text = options.form == "perfetto"
                                 ? report::perfetto_trace(*recording, verdicts)
                             : options.form == "csv"  ? report::events_csv(*recording)
                             : options.form == "html" ? report::case_page(*recording, verdicts)
                             : options.form == "json" ? report::verdicts_json(*recording, verdicts)
                                                      : report::verdicts_text(*recording, verdicts);
    written = write_text_file(options.output, text);
  }
  return written ? 0 : complain(written.error().message, 1);
}

}  // namespace

void add_incidents(CLI::App& app, Run& run) {
  auto* sub = app.add_subcommand("incidents", "list, show and export the incidents of cases");
  sub->require_subcommand(1);
  sub->footer(
      "Example: alibi incidents list /var/lib/alibi\n"
      "         alibi incidents show flap.case 1\n"
      "         alibi incidents export flap.case --as pcapng -o flap.pcapng\n"
      "Exit codes: 0 done, 1 cannot read or write, 2 usage.");
  auto options = std::make_shared<Options>();

  auto* list_cases = sub->add_subcommand("list", "one line an incident");
  list_cases->add_option("PATH", options->path, "a folder of cases, or one case")->required();
  list_cases->callback([options, &run] { run = [options] { return list(*options); }; });

  auto* show_case = sub->add_subcommand("show", "the verdicts of a case; one with its account");
  show_case->add_option("CASE", options->path)->required();
  show_case->add_option("N", options->number, "the incident's number in the case; default: all")
      ->check(CLI::PositiveNumber);
  show_case->callback([options, &run] { run = [options] { return show(*options); }; });

  auto* write = sub->add_subcommand("export", "a case for other tools (docs/formats/exports.md)");
  write->add_option("CASE", options->path)->required();
  write
      ->add_option("--as", options->form,
                   "pcapng: adverts with verdicts as comments; perfetto: a trace for "
                   "ui.perfetto.dev; csv: a row an event; html: a page; json, text: the verdicts")
      ->required()
      ->check(CLI::IsMember({"pcapng", "perfetto", "csv", "html", "json", "text"}));
  write->add_option("-o,--output", options->output, "default: standard output")
      ->option_text("FILE");
  write->callback([options, &run] { run = [options] { return export_case(*options); }; });
}

}  // namespace alibi::cmd
