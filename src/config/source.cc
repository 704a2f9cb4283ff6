// SPDX-License-Identifier: Apache-2.0
// The reading of lines, and the preprocessor (include, @id, $NAME), with a bound on everything.
#include "config/source.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "config/definitions.h"
#include "config/loops.h"

namespace alibi::config {
namespace {

constexpr std::string_view kBlanks = " \t\f\v\r";

bool starts_with(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

std::size_t first_visible(std::string_view text) {
  return std::min(text.find_first_not_of(kBlanks), text.size());
}

// The words of `text` up to `most` of them; quotes are taken off.
std::vector<std::string> words_of(std::string_view text, std::size_t most) {
  std::vector<std::string> out;
  while (out.size() < most) {
    text.remove_prefix(first_visible(text));
    if (text.empty()) break;
    const bool quoted = text.front() == '"';
    if (quoted) text.remove_prefix(1);
    const auto end = std::min(quoted ? text.find('"') : text.find_first_of(kBlanks), text.size());
    out.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + (quoted ? 1 : 0), text.size()));
  }
  return out;
}

// include_check, and the letters after `include`.
struct IncludeChecks {
  bool readable = false;
  bool match = false;
  bool wildcard = false;
  bool brace = false;

  bool set(std::string_view name, bool value) {
    if (name == "readable") {
      readable = value;
    } else if (name == "match") {
      match = value;
    } else if (name == "wildcard_match") {
      wildcard = value;
    } else if (name == "brace_match") {
      brace = value;
    } else {
      return false;
    }
    return true;
  }
  void letter(char c) {
    readable = readable || c == 'r' || c == 'a';
    match = match || c == 'm' || c == 'a';
    wildcard = wildcard || c == 'w' || c == 'a';
    brace = brace || c == 'b' || c == 'a';
  }
};

bool is_include(const std::vector<std::string>& words) {
  if (words.size() != 2 || !starts_with(words[0], "include")) return false;
  return words[0].size() == 7 ||
         (words[0].size() == 8 && std::string_view("rmwba").find(words[0][7]) != std::string::npos);
}

class Preprocessor {
 public:
  Preprocessor(const ReadOptions& options, Reporter& report)
      : options_(options),
        report_(report),
        definitions_(options.config_id, options.seed, options.environment) {}

  void read(const File& file, int depth);
  Source take() { return std::move(source_); }

 private:
  struct At {
    std::uint32_t file;
    int number;
    std::string_view original;
  };

  void say(Severity severity, const At& at, int column, std::string message, bool fatal = false) {
    report_.add({severity, Place{source_.files[at.file], at.number, column}, std::move(message),
                 std::string(at.original.substr(0, 200)), "", fatal});
  }
  bool full(const At& at);
  std::optional<std::string> decomment(const At& at, bool& exact);
  void physical_line(const At& at, int depth);
  void logical_line(std::string text, bool exact, const At& at, int depth);
  bool keep_for_id(std::string& text);
  bool expand(std::string& text, bool& exact, std::vector<std::string>& following, const At& at);
  void loop(std::string_view text, std::size_t begin, const At& at, int depth);
  void special(const std::vector<std::string>& words, const At& at);
  void include(const std::vector<std::string>& words, const At& at, int depth);
  void read_included(const Included& found, const At& at, int column, int depth);

  const ReadOptions& options_;
  Reporter& report_;
  Definitions definitions_;
  Source source_;
  std::size_t bytes_ = 0;
  std::size_t steps_ = 0;  // lines seen, those that leave nothing included
  IncludeChecks checks_;
  bool full_ = false;
};

bool Preprocessor::full(const At& at) {
  if (!full_ && (steps_ >= kMaxLines || bytes_ >= kMaxExpandedBytes)) {
    full_ = true;
    say(Severity::Error, at, 1,
        fmt::format("more than {} lines or {} MiB of configuration; the rest is not read",
                    kMaxLines, kMaxExpandedBytes >> 20U),
        true);
  }
  return full_;
}

void Preprocessor::read(const File& file, int depth) {
  const auto index = static_cast<std::uint32_t>(source_.files.size());
  source_.files.push_back(file.name);
  const auto slash = file.name.rfind('/');
  const std::string around = definitions_.directory();
  const IncludeChecks checks = checks_;
  definitions_.directory(slash == std::string::npos ? "." : file.name.substr(0, slash));
  std::string_view rest = file.text;
  for (int number = 1; !rest.empty() && !full_; ++number) {
    const auto end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    while (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    physical_line({index, number, line}, depth);
  }
  definitions_.end_of_text();
  definitions_.directory(around);
  checks_ = checks;
}

void Preprocessor::physical_line(const At& at, int depth) {
  if (full(at)) return;
  if (at.original.size() > kMaxLineBytes) {
    say(Severity::Warning, at, static_cast<int>(kMaxLineBytes) + 1,
        fmt::format("the line has {} octets, more than the {} that keepalived takes; it is ignored",
                    at.original.size(), kMaxLineBytes));
    return;
  }
  if (const auto nul = at.original.find('\0'); nul != std::string_view::npos) {
    say(Severity::Warning, at, static_cast<int>(nul) + 1,
        "the line holds a NUL octet and is ignored");
    return;
  }
  bool exact = true;
  auto text = decomment(at, exact);
  if (text) {
    logical_line(std::move(*text), exact, at, depth);
  } else if (at.original.find_first_not_of(kBlanks) == std::string_view::npos) {
    definitions_.end_of_text();  // a blank line ends a definition of several lines
  }
}

// Takes the comment off; nothing when nothing is left. A '#' or '!' starts one unless it is inside
// "..." or escaped.
std::optional<std::string> Preprocessor::decomment(const At& at, bool& exact) {
  std::string out;
  bool quote = false;
  for (std::size_t i = 0; i < at.original.size(); ++i) {
    const char c = at.original[i];
    const bool more = i + 1 < at.original.size();
    if (c == '\\' && more) {
      const char next = at.original[i + 1];
      if (!quote && (next == '#' || next == '!')) {
        exact = false;
      } else {
        out += c;
      }
      out += next;
      ++i;
      continue;
    }
    if (c == '"') quote = !quote;
    if (!quote && (c == '#' || c == '!')) break;
    out += c;
  }
  if (quote) {
    say(Severity::Error, at, static_cast<int>(at.original.rfind('"')) + 1,
        "the quotation mark is not closed on this line; add a '\"'", true);
  }
  const auto end = out.find_last_not_of(kBlanks);
  if (end == std::string::npos) return std::nullopt;
  out.resize(end + 1);
  return out;
}

// `@id text` is for the system with that id only, `@^id text` for all others.
bool Preprocessor::keep_for_id(std::string& text) {
  const auto at = first_visible(text);
  if (at == text.size() || text[at] != '@') return true;
  const bool others = starts_with(std::string_view(text).substr(at + 1), "^");
  const auto begin = at + (others ? 2 : 1);
  const auto end = text.find_first_of(kBlanks, begin);
  if (end == std::string::npos) return false;
  const bool same = !options_.config_id.empty() &&
                    std::string_view(text).substr(begin, end - begin) == options_.config_id;
  if (same == others) return false;
  std::fill(text.begin() + static_cast<std::ptrdiff_t>(at),
            text.begin() + static_cast<std::ptrdiff_t>(end), ' ');
  return true;
}

bool Preprocessor::expand(std::string& text, bool& exact, std::vector<std::string>& following,
                          const At& at) {
  const auto outcome = definitions_.expand(text, following);
  exact = exact && !outcome.changed;
  if (outcome.problem.empty()) return true;
  const auto column = at.original.find('$');
  say(Severity::Error, at, column == std::string_view::npos ? 1 : static_cast<int>(column) + 1,
      outcome.problem, true);
  return false;
}

void Preprocessor::logical_line(std::string text, bool exact, const At& at, int depth) {
  if (full(at)) return;
  ++steps_;
  if (definitions_.wants_more()) return definitions_.more(text);
  std::vector<std::string> following;
  // A definition may bring another @id to the front.
  for (int round = 0; round < 2; ++round) {
    if (!keep_for_id(text)) return;
    const auto begin = first_visible(text);
    if (definitions_.define(std::string_view(text).substr(begin))) return;
    if (starts_with(std::string_view(text).substr(begin), "~")) break;
    if (!expand(text, exact, following, at)) return;
  }
  const auto begin = first_visible(text);
  if (starts_with(std::string_view(text).substr(begin), "~")) return loop(text, begin, at, depth);
  const auto words = words_of(text, 8);
  if (is_include(words)) {
    include(words, at, depth);
  } else if (!words.empty()) {
    special(words, at);
    bytes_ += text.size() + at.original.size();
    source_.lines.push_back({at.file, at.number, std::string(at.original), std::move(text), exact});
  }
  for (auto& line : following) {
    if (full_) return;
    if (depth >= kMaxIncludeDepth) {
      full_ = true;  // what names itself twice would double at every step
      say(Severity::Error, at, 1,
          "a definition of several lines names itself; the rest is not read", true);
      return;
    }
    logical_line(std::move(line), false, at, depth + 1);
  }
}

// The rest of the line once for each round, the values being defined meanwhile.
void Preprocessor::loop(std::string_view text, std::size_t begin, const At& at, int depth) {
  std::string head(text.substr(begin, text.find(')', begin) - begin + 1));
  std::vector<std::string> following;
  bool exact = false;
  if (head.find('$') != std::string::npos && !expand(head, exact, following, at)) return;
  const Loop loop = read_loop(head);
  const auto column = static_cast<int>(begin) + 1;
  if (!loop.problem.empty()) return say(Severity::Error, at, column, loop.problem, true);
  if (depth >= kMaxIncludeDepth) {
    full_ = true;
    return say(
        Severity::Error, at, column,
        fmt::format("loops are nested more than {} deep; the rest is not read", kMaxIncludeDepth),
        true);
  }
  const std::string rest(text.substr(text.find(')', begin) + 1));
  std::vector<Definitions::Saved> saved;
  for (const auto& name : loop.names) saved.push_back(definitions_.save(name));
  for (const auto& round : loop.rounds) {
    if (full(at)) break;
    ++steps_;
    for (std::size_t i = 0; i < round.size(); ++i) definitions_.set(loop.names[i], round[i]);
    if (first_visible(rest) < rest.size()) logical_line(rest, false, at, depth + 1);
  }
  for (auto& one : saved) definitions_.put_back(std::move(one));
}

// Keywords that the preprocessor itself listens to; the parser checks their form.
void Preprocessor::special(const std::vector<std::string>& words, const At& at) {
  if (words[0] == "random_seed" && words.size() > 1) {
    std::uint32_t seed = 0;
    const auto& digits = words[1];
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), seed);
    if (error == std::errc() && end == digits.data() + digits.size()) {
      definitions_.seed(seed);
    } else {
      say(Severity::Warning, at, static_cast<int>(first_visible(at.original)) + 1,
          fmt::format("random_seed takes a whole number, not '{}'; it is ignored", digits));
    }
  } else if (words[0] == "include_check") {
    if (words.size() == 1) checks_ = {true, true, true, true};
    bool add = true;
    for (std::size_t i = 1; i < words.size(); ++i) {
      std::string_view word = words[i];
      // Without a sign the list begins anew; with one it changes what there is.
      if (i == 1 && word.front() != '+' && word.front() != '-') checks_ = {};
      if (!word.empty() && (word.front() == '+' || word.front() == '-')) {
        add = word.front() == '+';
        word.remove_prefix(1);
      }
      if (!checks_.set(word, add)) {
        say(Severity::Warning, at, static_cast<int>(first_visible(at.original)) + 1,
            fmt::format("include_check knows readable, match, wildcard_match and brace_match, not "
                        "'{}'",
                        word));
      }
    }
  }
}

void Preprocessor::include(const std::vector<std::string>& words, const At& at, int depth) {
  const int column = static_cast<int>(first_visible(at.original)) + 1;
  if (!options_.include) {
    return say(
        Severity::Warning, at, column,
        fmt::format("include {} is not followed: the text does not come from a file", words[1]));
  }
  if (depth >= kMaxIncludeDepth) {
    full_ = true;
    return say(Severity::Error, at, column,
               fmt::format("includes are nested more than {} deep; does a file include itself? The "
                           "rest is not read",
                           kMaxIncludeDepth),
               true);
  }
  IncludeChecks checks = checks_;
  if (words[0].size() > 7) checks.letter(words[0][7]);
  const Included found = options_.include(words[1], source_.files[at.file]);
  // A file that matches and cannot be read, or a pattern without a file, is an error only where
  // a check asks for it.
  const bool readable = checks.readable || checks.match || checks.wildcard || checks.brace;
  for (const auto& why : found.unreadable) {
    say(readable ? Severity::Error : Severity::Warning, at, column, why, readable);
  }
  const bool wild = words[1].find_first_of("*?[") != std::string::npos;
  const bool none = found.files.empty() && found.unreadable.empty();
  const bool insists = (checks.match && none && !wild) || (checks.wildcard && none) ||
                       (checks.brace && !found.unmatched.empty());
  if (none || insists) {
    const auto& what = found.unmatched.empty() ? words[1] : found.unmatched.front();
    say(insists ? Severity::Error : Severity::Warning, at, column,
        fmt::format("include: no file matches {}", what), insists);
  }
  read_included(found, at, column, depth);
}

void Preprocessor::read_included(const Included& found, const At& at, int column, int depth) {
  for (const auto& file : found.files) {
    if (full(at)) return;
    if (source_.files.size() >= kMaxFiles) {
      full_ = true;
      say(Severity::Error, at, column, fmt::format("more than {} files are included", kMaxFiles),
          true);
      return;
    }
    read(file, depth + 1);
  }
}

}  // namespace

Source read_source(const File& file, const ReadOptions& options, Reporter& report) {
  Preprocessor preprocessor(options, report);
  preprocessor.read(file, 0);
  return preprocessor.take();
}

}  // namespace alibi::config
