// SPDX-License-Identifier: Apache-2.0
// alibi gaps: late heartbeats in capture files, for which it needs no root, or live.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "cmd/capture_files.h"
#include "cmd/command.h"
#include "cmd/gaps_options.h"
#include "cmd/time_words.h"
#include "investigate/capture_survey.h"
#include "report/gaps.h"

namespace alibi::cmd {
namespace {

Result<Duration> duration_option(const char* name, const std::string& text) {
  const auto parsed = parse_duration(text);
  if (!parsed) return fail(fmt::format("{} {}: a time such as 1.5, 200ms or 2m", name, text));
  return *parsed;
}

Result<std::optional<Moment>> moment_option(const char* name, const std::string& text) {
  if (text.empty()) return std::optional<Moment>();
  const auto parsed = parse_moment(text);
  if (!parsed) {
    return fail(
        fmt::format("{} {}: a moment such as '2026-11-28 20:00:01.5', 20:00:01 or "
                    "@1700000000.5",
                    name, text));
  }
  return parsed;
}

/// What the options ask for; an error is one of usage.
Result<investigate::SurveyRequest> request_of(const GapsOptions& options) {
  investigate::SurveyRequest request;
  if (!options.longer_than.empty()) {
    const auto longer_than = duration_option("--longer-than", options.longer_than);
    if (!longer_than) return tl::unexpected(longer_than.error());
    request.settings.longer_than = *longer_than;
  }
  if (!options.interval.empty()) {
    if (options.filter.empty()) return fail("--interval goes with --filter: adverts say theirs");
    const auto interval = duration_option("--interval", options.interval);
    if (!interval) return tl::unexpected(interval.error());
    request.settings.interval = *interval;
  }
  if (!options.filter.empty()) request.filter = options.filter;
  if (request.filter && !options.vrids.empty()) return fail("--vrid goes without --filter");
  for (const unsigned vrid : options.vrids) {
    request.vrids.insert(static_cast<std::uint8_t>(vrid));
  }
  const auto since = moment_option("--since", options.since);
  if (!since) return tl::unexpected(since.error());
  const auto until = moment_option("--until", options.until);
  if (!until) return tl::unexpected(until.error());
  if (*since || *until) {
    request.window = [since = *since, until = *until](Instant first) {
      investigate::TimeWindow window;
      if (since) window.since = Instant{resolve(*since, first.ns)};
      if (until) window.until = Instant{resolve(*until, first.ns)};
      // From 23:59 until 00:10: the next day's.
      constexpr auto kDay = std::chrono::hours(24);
      if (until && !until->date && window.until < window.since) window.until = window.until + kDay;
      return window;
    };
  }
  return request;
}

int complain(const Error& error, int code) {
  fmt::print(stderr, "alibi gaps: {}\n", error.message);
  return code;
}

int gaps(const GapsOptions& options) {
  const bool live = !options.interfaces.empty();
  if (options.files.empty() && !live)
    return complain({"name capture files, or interfaces with -i; see --help"}, 2);
  const auto request = request_of(options);
  if (!request) return complain(request.error(), 2);
  if (live) {
    if (!options.files.empty()) return complain({"-i goes without files"}, 2);
    if (request->window) return complain({"--since and --until go with files"}, 2);
    return gaps_live(options, *request);
  }
  if (!options.write_file.empty() || options.buffer_kib != 0 || options.not_promiscuous)
    return complain({"-w, -B and -p go with -i"}, 2);
  auto survey = investigate::CaptureSurvey::create(*request, options.files.size() > 1);
  if (!survey) return complain(survey.error(), 2);
  for (const std::string& file : options.files) {
    if (auto readable = check_readable(file); !readable) return complain(readable.error(), 1);
    if (is_case(file)) return complain({file + ": a case; ask alibi explain"}, 1);
  }
  if (auto read = survey->read(options.files); !read) return complain(read.error(), 1);
  const investigate::GapReport report = survey->finish();
  for (const std::string& warning : report.warnings) complain({warning}, 0);
  if (!options.plot.empty()) {
    const auto plotted = plot_gaps(report, options.plot);
    if (!plotted) return complain(plotted.error(), 1);
  }
  const std::string text = options.json  ? report::gaps_json(report)
                           : options.csv ? report::gaps_csv(report)
                                         : report::gaps_text(report);
  fmt::print("{}", text);
  return 0;
}

void add_live_options(CLI::App& sub, GapsOptions& options) {
  sub.add_option("-i", options.interfaces,
                 "live, at this interface (again for more): an interface, any, "
                 "netns:NAME/INTERFACE; until SIGINT, which prints the summary")
      ->allow_extra_args(false);
  sub.add_option("-w", options.write_file,
                 "with -i: write the heartbeats into FILE, pcapng when named so")
      ->option_text("FILE");
  sub.add_option("-B", options.buffer_kib, "with -i: ring of so many KiB per interface")
      ->check(CLI::Range(4U, 4U << 20U));
  sub.add_flag("-p", options.not_promiscuous, "with -i: do not set the interface promiscuous");
}

}  // namespace

void add_gaps(CLI::App& app, Run& run) {
  auto* sub = app.add_subcommand("gaps",
                                 "Finds late heartbeats, hand-overs and pairs of masters in "
                                 "captures, or, with -i, live: each\n"
                                 "is told when it happens. Live it needs root or CAP_NET_RAW.");
  auto options = std::make_shared<GapsOptions>();
  sub->add_option("FILE", options->files,
                  "pcap, pcapng or snoop, also packed with gzip or zstd; '-' is standard input. "
                  "Several files, in path order, are compared: what was lost or held up where; "
                  "pieces of one capture (tcpdump -C, -G, -W) are one, in any order");
  sub->add_option("--vrid", options->vrids, "only this virtual router (repeatable)")
      ->check(CLI::Range(1, 255))
      ->allow_extra_args(false);
  sub->add_option("--longer-than", options->longer_than,
                  "list gaps longer than TIME: 1.2, 500ms, 2m; default: one and a half intervals")
      ->option_text("TIME");
  sub->add_option("--since", options->since,
                  "leave out what was before: '2026-11-28 20:00:01.5', 20:00:01, @1700000000.5")
      ->option_text("MOMENT");
  sub->add_option("--until", options->until, "leave out what was after")->option_text("MOMENT");
  sub->add_option("--filter", options->filter,
                  "other heartbeats than VRRP: bfd, hsrp, carp, corosync or a pcap-filter(7) "
                  "expression; each pair of addresses and ports is a stream")
      ->option_text("EXPR");
  sub->add_option("--interval", options->interval,
                  "the interval of --filter's heartbeats; default: learned from them")
      ->option_text("TIME");
  add_live_options(*sub, *options);
  auto* json = sub->add_flag("--json", options->json,
                             "as JSON (docs/formats/gaps.md); with -i a line for each event");
  sub->add_flag("--csv", options->csv, "gaps and hand-overs as CSV, one a line")->excludes(json);
  sub->add_option("--plot", options->plot,
                  "draw the timeline into FILE, as SVG, or as PNG when named so")
      ->option_text("FILE");
  sub->footer(
      "Example: alibi gaps --longer-than 1.2 --vrid 205 flap.pcap\n"
      "         alibi gaps --plot flap.svg master.pcapng.gz switch.pcap backup.pcap\n"
      "         alibi gaps --filter bfd --interval 300ms bfd.pcap\n"
      "         alibi gaps -i eth0 -i netns:qrouter-1/ha0 -w flap.pcapng\n"
      "Exit codes: 0 done, whether there were gaps or not, 1 cannot read or capture, 2 usage.");
  sub->callback([options, &run] { run = [options] { return gaps(*options); }; });
}

}  // namespace alibi::cmd
