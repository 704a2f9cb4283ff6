// SPDX-License-Identifier: Apache-2.0
// Diagnostics: collecting, sorting, rendering.
#include "config/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <climits>
#include <numeric>
#include <tuple>

namespace alibi::config {
namespace {

constexpr std::size_t kLongestWord = 48;

// Optimal string alignment distance; both words at most kLongestWord octets.
std::size_t distance(std::string_view a, std::string_view b) {
  std::array<std::size_t, kLongestWord + 1> before{};
  std::array<std::size_t, kLongestWord + 1> previous{};
  std::array<std::size_t, kLongestWord + 1> row{};
  std::iota(previous.begin(), previous.end(), 0U);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t differs = a[i - 1] == b[j - 1] ? 0 : 1;
      row[j] = std::min({previous[j] + 1, row[j - 1] + 1, previous[j - 1] + differs});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    before = previous;
    previous = row;
  }
  return previous[b.size()];
}

std::string_view name(Severity severity) {
  switch (severity) {
    case Severity::Error:
      return "error";
    case Severity::Warning:
      return "warning";
    case Severity::Notice:
      break;
  }
  return "notice";
}

// Blanks up to the caret; tabs stay tabs, and a UTF-8 character is one column wide.
std::string caret_line(std::string_view line, int column) {
  std::string out;
  const auto end = std::min(line.size(), static_cast<std::size_t>(std::max(column - 1, 0)));
  for (const char c : line.substr(0, end)) {
    if ((static_cast<unsigned char>(c) & 0xc0U) == 0x80U) continue;
    out += c == '\t' ? '\t' : ' ';
  }
  return out + '^';
}

}  // namespace

void Reporter::add(Diagnostic diagnostic) {
  if (kept_.size() >= kMaxDiagnostics) {
    ++more_;
    more_fatal_ = more_fatal_ || diagnostic.fatal;
    worst_more_ = std::min(worst_more_, diagnostic.severity);
    return;
  }
  if (std::find(files_.begin(), files_.end(), diagnostic.place.file) == files_.end()) {
    files_.push_back(diagnostic.place.file);
  }
  kept_.push_back(std::move(diagnostic));
}

void Reporter::add_once(const std::string& key, Diagnostic diagnostic) {
  const auto found = once_.find(key);
  if (found != once_.end()) {
    ++found->second.count;
    return;
  }
  if (kept_.size() < kMaxDiagnostics) once_.emplace(key, Once{kept_.size()});
  add(std::move(diagnostic));
}

std::vector<Diagnostic> Reporter::finish() && {
  for (const auto& [key, once] : once_) {
    if (once.count > 1) kept_[once.index].message += fmt::format(" ({} places)", once.count);
  }
  const auto order = [this](const Diagnostic& d) {
    const auto file = std::find(files_.begin(), files_.end(), d.place.file) - files_.begin();
    const int line = d.place.line == 0 ? INT_MAX : d.place.line;  // about the whole: last
    return std::tuple(file, line, d.place.column);
  };
  std::stable_sort(kept_.begin(), kept_.end(),
                   [&](const auto& a, const auto& b) { return order(a) < order(b); });
  if (more_ > 0) {
    kept_.push_back({worst_more_, Place{files_.front(), 0, 0},
                     fmt::format("and {} more; correct the first ones and check again", more_), "",
                     "", more_fatal_});
  }
  return std::move(kept_);
}

std::string nearest(std::string_view word, std::span<const std::string_view> known) {
  if (word.size() < 2 || word.size() > kLongestWord) return {};
  std::string_view best;
  std::size_t least = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string_view candidate : known) {
    if (candidate.size() > kLongestWord) continue;
    const auto shorter = std::min(word.size(), candidate.size());
    if (std::max(word.size(), candidate.size()) - shorter >= least) continue;
    const std::size_t d = distance(word, candidate);
    if (d < least) {
      least = d;
      best = candidate;
    }
  }
  return std::string(best);
}

std::string printable(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    const auto u = static_cast<unsigned char>(c);
    if ((u < 0x20 && c != '\t') || u == 0x7f) c = '?';
  }
  return out;
}

std::string render(const Diagnostic& diagnostic) {
  const Place& place = diagnostic.place;
  std::string out = printable(place.file);
  if (place.line > 0) out += fmt::format(":{}:{}", place.line, place.column);
  out += fmt::format(": {}: {}", name(diagnostic.severity), printable(diagnostic.message));
  if (!diagnostic.suggestion.empty()) {
    out += fmt::format("; did you mean '{}'?", printable(diagnostic.suggestion));
  }
  if (!diagnostic.source_line.empty()) {
    out += fmt::format("\n  {}\n  {}", printable(diagnostic.source_line),
                       caret_line(diagnostic.source_line, place.column));
  }
  return out;
}

}  // namespace alibi::config
