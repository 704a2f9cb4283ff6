// SPDX-License-Identifier: Apache-2.0
// One page without scripts and without anything to load: it can be mailed and kept.
#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <string_view>

#include "report/account.h"
#include "report/exports.h"
#include "report/text.h"
#include "report/xml.h"

namespace alibi::report {
namespace {

constexpr std::string_view kStyle =
    ":root{color-scheme:light dark}"
    "body{font:16px/1.5 sans-serif;max-width:1200px;margin:2em auto;padding:0 1em}"
    "pre{border:1px solid #8888;padding:1em;white-space:pre-wrap;line-height:1.35}"
    "td{padding:.1em 1em .1em 0;vertical-align:top}"
    "svg{max-width:100%;height:auto}";

/// Escaped line by line: xml_escaped() takes a line's end for a control character.
std::string preformatted(const std::string& text) {
  std::istringstream lines(text);
  std::string out = "<pre>";
  for (std::string line; std::getline(lines, line);) out += xml_escaped(line) + "\n";
  return out + "</pre>\n";
}

std::string machine(const evidence::HostFacts& host) {
  const auto row = [](std::string_view name, const std::string& value) {
    return value.empty()
               ? std::string()
               : fmt::format("<tr><td>{}</td><td>{}</td></tr>\n", name, xml_escaped(value));
  };
  return "<table>\n" + row("host", host.name) + row("distribution", host.distribution) +
         row("kernel", host.kernel) + row("virtualisation", host.virtualisation) +
         row("CPUs", std::to_string(host.cpus)) +
         row("memory", fmt::format("{} MiB", host.memory_kib / 1024)) +
         row("clock source", host.clock_source) + "</table>\n";
}

std::string incident(const evidence::Recording& recording, const investigate::Verdict& verdict,
                     std::size_t number) {
  return fmt::format("<h2>{}</h2>\n", xml_escaped(subject(verdict))) +
         preformatted(verdict_text(recording, verdict, number));
}

}  // namespace

std::string case_page(const evidence::Recording& recording,
                      const std::vector<investigate::Verdict>& verdicts) {
  std::string page = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width\">\n<title>alibi: {} "
      "incident{}</title>\n"
      "<style>{}</style>\n</head>\n<body>\n<h1>{} incident{}</h1>\n",
      verdicts.size(), verdicts.size() == 1 ? "" : "s", kStyle, verdicts.size(),
      verdicts.size() == 1 ? "" : "s");
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    page += incident(recording, verdicts[i], i + 1);
  }
  const bool drawn = std::any_of(verdicts.begin(), verdicts.end(),
                                 [](const auto& verdict) { return verdict.account.has_value(); });
  if (drawn) page += "<h2>What the threads did</h2>\n" + accounts_svg(recording, verdicts);
  page += "<h2>What was recorded</h2>\n";
  for (const evidence::Event& event : recording.events) {
    if (const auto* host = std::get_if<evidence::HostFacts>(&event.fact)) page += machine(*host);
  }
  return page + preformatted(counters_text(recording)) + "</body>\n</html>\n";
}

}  // namespace alibi::report
