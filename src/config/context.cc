// SPDX-License-Identifier: Apache-2.0
// Diagnostics at a place of the source; passwords are blotted out of the line that is quoted.
#include <algorithm>

#include "config/draft.h"

namespace alibi::config {
namespace {

// A diagnostic may end up in a log or a ticket: what follows auth_pass does not.
std::string without_password(std::string line) {
  constexpr std::string_view kWord = "auth_pass";
  for (auto at = line.find(kWord); at != std::string::npos; at = line.find(kWord, at)) {
    at = std::min(line.find_first_not_of(" \t\"", at + kWord.size()), line.size());
    while (at < line.size() &&
           std::string_view("\"{}#!").find(line[at]) == std::string_view::npos) {
      if (line[at] != ' ' && line[at] != '\t') line[at] = '*';
      ++at;
    }
  }
  return line;
}

}  // namespace

void Context::leave_block() {
  instance = nullptr;
  script = nullptr;
  group = nullptr;
  file = nullptr;
  process = nullptr;
  bfd = nullptr;
  garp_group = nullptr;
  track_group = nullptr;
}

Place Context::place(Position at) const {
  if (at.line >= source_.lines.size()) return {source_.files.front(), 0, 0};
  const Line& line = source_.lines[at.line];
  return {source_.files[line.file], line.number, at.column};
}

Diagnostic Context::diagnostic(Severity severity, Position at, std::string message) const {
  std::string line =
      at.line < source_.lines.size() ? without_password(source_.lines[at.line].original) : "";
  return {severity, place(at), std::move(message), std::move(line), "", false};
}

void Context::say(Severity severity, Position at, std::string message, std::string suggestion) {
  auto d = diagnostic(severity, at, std::move(message));
  d.suggestion = std::move(suggestion);
  report_.add(std::move(d));
}

void Context::say_at(Severity severity, const Place& place, std::string message) {
  // Found again by file and number: rare, and only while diagnostics are kept.
  Position at{UINT32_MAX, place.column};
  for (std::uint32_t i = 0; i < source_.lines.size() && !crowded(); ++i) {
    const Line& line = source_.lines[i];
    if (line.number == place.line && source_.files[line.file] == place.file) {
      at.line = i;
      break;
    }
  }
  say(severity, at, std::move(message));
}

void Context::fatal(Position at, std::string message) {
  auto d = diagnostic(Severity::Error, at, std::move(message));
  d.fatal = true;
  report_.add(std::move(d));
}

void Context::notice_once(const std::string& key, Position at, std::string message) {
  report_.add_once(key, diagnostic(Severity::Notice, at, std::move(message)));
}

}  // namespace alibi::config
