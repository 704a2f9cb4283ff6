// SPDX-License-Identifier: Apache-2.0
// alibi check: says what a configuration holds that cannot be used as written, without running it.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "cmd/command.h"
#include "config/dump.h"
#include "config/keywords.h"
#include "config/lint.h"
#include "config/manual.h"
#include "config/settings.h"

namespace alibi::cmd {
namespace {

using config::Diagnostic;
using config::Severity;

struct Options {
  std::string file = "/etc/keepalived/keepalived.conf";
  std::string config_id;
  std::string peer;
  bool json = false;
  bool keywords = false;
  bool lint = false;
  bool dump = false;
  bool manual = false;
};

constexpr const char* kFooter =
    "Example: alibi check -f /etc/keepalived/keepalived.conf\n"
    "  loadbalancer.conf:21:5: warning: unknown keyword 'virtal_router_id' in vrrp_instance;\n"
    "  the line is ignored; did you mean 'virtual_router_id'?\n"
    "Does not need root, and does not ask whether the interfaces exist: the file may be for\n"
    "another machine.\n"
    "Exit codes: 0 alibi runs with it as written (notices name what does nothing yet),\n"
    "            4 alibi does not start with it, 5 it starts, but not as written,\n"
    "            3 with --lint: as written, but with pitfalls,\n"
    "            2 usage, 1 the result could not be written";

// fmt::print would end the program when standard output cannot be written (a full disk).
template <typename... Args>
void print(fmt::format_string<Args...> format, Args&&... args) {
  const std::string text = fmt::format(format, std::forward<Args>(args)...);
  std::fwrite(text.data(), 1, text.size(), stdout);
}

int count(const config::Parsed& parsed, Severity severity) {
  int n = 0;
  for (const auto& d : parsed.diagnostics) n += d.severity == severity ? 1 : 0;
  return n;
}

std::string plural(int n, const char* what) {
  return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s");
}

const char* verdict(const config::Parsed& parsed) {
  const int code = parsed.exit_code();
  if (code == 4) return "alibi does not start with it";
  if (code == 5) return "alibi starts with it, but not as written";
  return parsed.diagnostics.empty() ? "alibi runs with it as written"
                                    : "alibi runs with it, but for the notices";
}

void print_text(const std::string& file, const config::Parsed& parsed) {
  for (const auto& d : parsed.diagnostics) print("{}\n", config::render(d));
  print("{}: {}, {}; {}, {}, {}: {}\n", file,
        plural(static_cast<int>(parsed.settings.instances.size()), "instance"),
        plural(static_cast<int>(parsed.settings.scripts.size()), "script"),
        plural(count(parsed, Severity::Error), "error"),
        plural(count(parsed, Severity::Warning), "warning"),
        plural(count(parsed, Severity::Notice), "notice"), verdict(parsed));
}

const char* name(Severity severity) {
  return severity == Severity::Error     ? "error"
         : severity == Severity::Warning ? "warning"
                                         : "notice";
}

nlohmann::ordered_json diagnostics_json(const config::Parsed& parsed) {
  auto out = nlohmann::ordered_json::array();
  for (const Diagnostic& d : parsed.diagnostics) {
    out.push_back({{"severity", name(d.severity)},
                   {"fatal", d.fatal},
                   {"file", d.place.file},
                   {"line", d.place.line},
                   {"column", d.place.column},
                   {"message", d.message},
                   {"source_line", d.source_line},
                   {"suggestion", d.suggestion}});
  }
  return out;
}

nlohmann::ordered_json summary_json(const std::string& file, int code,
                                    const config::Parsed& parsed) {
  nlohmann::ordered_json out;
  out["file"] = file;
  out["exit_code"] = code;
  out["runnable"] = parsed.runnable();
  out["instances"] = nlohmann::ordered_json::array();
  for (const auto& instance : parsed.settings.instances) {
    out["instances"].push_back({{"name", instance.vrrp.name},
                                {"interface", instance.interface},
                                {"virtual_router_id", instance.vrrp.vrid.value},
                                {"priority", instance.vrrp.base_priority.value},
                                {"addresses", instance.vrrp.addresses.size()}});
  }
  out["diagnostics"] = diagnostics_json(parsed);
  return out;
}

void print_json(const nlohmann::ordered_json& out) {
  // A configuration may hold octets that are no UTF-8; JSON may not.
  print("{}\n", out.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
}

int print_keywords(bool json) {
  if (!json) {
    print("{}", config::keywords_markdown());
    return 0;
  }
  nlohmann::ordered_json out = nlohmann::ordered_json::array();
  for (const auto& k : config::all_keywords()) {
    out.push_back({{"block", k.block},
                   {"keyword", k.name},
                   {"form", k.form},
                   {"status", k.status},
                   {"default", k.fallback},
                   {"note", k.note}});
  }
  print("{}\n", out.dump(2));
  return 0;
}

// The diagnostics go to standard error: what is on standard output is the configuration.
int print_dump(const Options& options) {
  const auto parsed = config::load(options.file, options.config_id);
  for (const auto& d : parsed.diagnostics) {
    fmt::print(stderr, "{}\n", config::render(d));
  }
  if (!parsed.runnable()) return parsed.exit_code();
  print("{}", config::dump(parsed.settings));
  return parsed.exit_code();
}

int lint_code(const config::Linted& linted) {
  const int code = linted.parsed.exit_code();
  if (code != 0) return code;
  for (const auto& f : linted.findings) {
    if (f.level == config::Finding::Level::Warning) return 3;
  }
  return 0;
}

int print_lint(const Options& options) {
  const auto linted = config::lint(options.file, options.config_id, options.peer);
  if (!options.json) {
    for (const auto& d : linted.parsed.diagnostics) print("{}\n", config::render(d));
    for (const auto& f : linted.findings) print("{}\n", config::render(f));
    print("{}: {}\n", options.file,
          plural(static_cast<int>(linted.findings.size()), "lint finding"));
    return lint_code(linted);
  }
  auto out = summary_json(options.file, lint_code(linted), linted.parsed);
  out["findings"] = nlohmann::ordered_json::array();
  for (const auto& f : linted.findings) {
    out["findings"].push_back(
        {{"id", f.id},
         {"level", f.level == config::Finding::Level::Warning ? "warning" : "note"},
         {"file", f.place.file},
         {"line", f.place.line},
         {"column", f.place.column},
         {"reason", f.reason},
         {"remedy", f.remedy}});
  }
  print_json(out);
  return lint_code(linted);
}

int check(const Options& options) {
  int code = 0;
  if (options.keywords) {
    code = print_keywords(options.json);
  } else if (options.manual) {
    print("{}", config::manual_page());
  } else if (options.dump) {
    code = print_dump(options);
  } else if (options.lint || !options.peer.empty()) {
    code = print_lint(options);
  } else {
    const auto parsed = config::load(options.file, options.config_id);
    code = parsed.exit_code();
    if (options.json) {
      print_json(summary_json(options.file, code, parsed));
    } else {
      print_text(options.file, parsed);
    }
  }
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    std::fputs("alibi check: cannot write the result to standard output\n", stderr);
    return 1;
  }
  return code;
}

}  // namespace

void add_check(CLI::App& app, Run& run) {
  auto options = std::make_shared<Options>();
  auto* sub = app.add_subcommand("check", "say what is wrong with a configuration");
  sub->add_option("-f,--use-file", options->file, "the configuration")->capture_default_str();
  sub->add_option("-i,--config-id", options->config_id,
                  "what '@id' lines are for (default: the host name up to its first dot)");
  sub->add_flag("--json", options->json, "as JSON");
  sub->add_flag("--keywords", options->keywords,
                "list every keyword known, where it stands and whether it is served");
  sub->add_flag("--lint", options->lint, "look for pitfalls, too");
  sub->add_option("--peer", options->peer,
                  "with --lint: the file of the other router, to compare with");
  sub->add_flag("--dump-config", options->dump,
                "print the settings with every default written out (and the passwords)");
  sub->add_flag("--man", options->manual, "print the manual page of the configuration");
  sub->footer(kFooter);
  sub->callback([&run, options] { run = [options] { return check(*options); }; });
}

}  // namespace alibi::cmd
