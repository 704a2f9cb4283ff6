// SPDX-License-Identifier: Apache-2.0
// Diagnostics of a reload: one line each to the log, whole ones to a file.
#include "daemon/reload_check.h"

#include <fmt/format.h>

#include <fstream>

#include "config/settings.h"

namespace alibi::daemon {
namespace {

constexpr int kLogged = 20;  // of one file; `alibi check` shows all

std::string line(const config::Diagnostic& diagnostic) {
  const auto& place = diagnostic.place;
  std::string text = fmt::format("{}:{}:{}: {}", place.file, place.line, place.column,
                                 diagnostic.message);
  if (!diagnostic.suggestion.empty()) text += " (meant: " + diagnostic.suggestion + "?)";
  return text;
}

void write_all(const config::Parsed& parsed, const std::string& path, const Voice& voice) {
  std::ofstream out(path, std::ios::trunc);
  for (const auto& diagnostic : parsed.diagnostics) out << config::render(diagnostic) << '\n';
  if (!out.flush()) voice.say_daemon("cannot write " + path, 1);
}

}  // namespace

int check_for_reload(const RunOptions& options, const config::Reload& reload, const Voice& voice) {
  const auto parsed = config::load(options.file, options.config_id);
  int more = -kLogged;
  for (const auto& diagnostic : parsed.diagnostics) {
    if (diagnostic.severity == config::Severity::Notice) continue;
    if (++more > 0) continue;
    const bool error = diagnostic.severity == config::Severity::Error;
    voice.say_daemon(line(diagnostic), error ? 2 : 1);
  }
  if (more > 0) {
    voice.say_daemon(fmt::format("... and {} more: alibi check -f {}", more, options.file), 1);
  }
  if (reload.check_config && !reload.check_log.empty()) {
    write_all(parsed, reload.check_log, voice);
  }
  return parsed.exit_code();
}

bool may_reload(int code, const config::Reload& reload) {
  return code == 0 || (code == 5 && !reload.check_config);
}

}  // namespace alibi::daemon
