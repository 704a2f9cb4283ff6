// SPDX-License-Identifier: Apache-2.0
// The way in: files and include patterns read, the stages joined, the exit code.
#include <fmt/format.h>
#include <glob.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>

#include "config/complete.h"
#include "config/parser.h"
#include "config/read.h"
#include "config/sources.h"

namespace alibi::config {
namespace {

Result<File> read_file(const std::string& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (error) return fail(fmt::format("cannot read {}: {}", path, error.message()));
  if (!std::filesystem::is_regular_file(status)) {
    return fail(fmt::format("{} is not a regular file", path));
  }
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail_errno(fmt::format("cannot read {}", path));
  std::string text;
  std::array<char, 65536> chunk{};
  while (text.size() <= kMaxFileBytes && in) {
    in.read(chunk.data(), chunk.size());
    text.append(chunk.data(), static_cast<std::size_t>(in.gcount()));
  }
  if (in.bad()) return fail_errno(fmt::format("cannot read {}", path));
  if (text.size() > kMaxFileBytes) {
    return fail(fmt::format("{} is larger than {} MiB", path, kMaxFileBytes >> 20U));
  }
  return File{path, std::move(text)};
}

constexpr std::size_t kMaxBraceExpansions = 1000;

// `a{b,c}d` as `abd` and `acd`, so that each can be asked whether it names a file.
std::vector<std::string> without_braces(const std::string& pattern) {
  std::vector<std::string> done;
  std::vector<std::string> open{pattern};
  while (!open.empty() && done.size() + open.size() < kMaxBraceExpansions) {
    const std::string one = open.back();
    open.pop_back();
    const auto close = one.find('}');
    const auto begin = close == std::string::npos ? close : one.rfind('{', close);
    if (begin == std::string::npos) {
      done.push_back(one);
      continue;
    }
    std::string_view inside = std::string_view(one).substr(begin + 1, close - begin - 1);
    std::vector<std::string> next;
    while (true) {
      const auto comma = std::min(inside.find(','), inside.size());
      next.push_back(one.substr(0, begin) + std::string(inside.substr(0, comma)) +
                     one.substr(close + 1));
      if (comma == inside.size()) break;
      inside.remove_prefix(comma + 1);
    }
    open.insert(open.end(), next.rbegin(), next.rend());
  }
  done.insert(done.end(), open.begin(), open.end());
  return done;
}

// The files that an include names, relative to the file it stands in.
Included find_included(const std::string& pattern, const std::string& from) {
  Included found;
  const auto path = std::filesystem::path(from).parent_path() / pattern;
  for (const std::string& one : without_braces(path.string())) {
    glob_t matches{};
    const int code = ::glob(one.c_str(), GLOB_MARK, nullptr, &matches);
    if (code != 0 || matches.gl_pathc == 0) found.unmatched.push_back(one);
    for (std::size_t i = 0; code == 0 && i < matches.gl_pathc; ++i) {
      const std::string name(matches.gl_pathv[i]);
      if (name.back() == '/') continue;  // keepalived passes over directories
      auto file = read_file(name);
      if (file) {
        found.files.push_back(std::move(*file));
      } else {
        found.unreadable.push_back(file.error().message);
      }
    }
    ::globfree(&matches);
  }
  return found;
}

// Another number at each start, unless random_seed says otherwise.
std::uint64_t seed_of_the_day() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U +
         static_cast<std::uint64_t>(now.tv_nsec);
}

std::string environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? "" : value;
}

std::string short_host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return {};
  const std::string_view all(name.data());
  return std::string(all.substr(0, all.find('.')));
}

Parsed parse_file(const File& file, const ReadOptions& options) {
  Reporter report;
  const Source source = read_source(file, options, report);
  Context context(source, report);
  Parser(split(source), context).run();
  Parsed parsed;
  parsed.settings = complete(context);
  parsed.diagnostics = std::move(report).finish();
  return parsed;
}

}  // namespace

Parsed load(const std::string& path, const std::string& config_id) {
  Sources read;
  return load(path, config_id, read);
}

Parsed load(const std::string& path, const std::string& config_id, Sources& read) {
  read = {};
  read.config_id = config_id.empty() ? short_host_name() : config_id;
  read.file.name = path;
  read.seed = seed_of_the_day();
  auto file = read_file(path);
  if (!file) {
    Parsed parsed;
    parsed.diagnostics.push_back(
        {Severity::Error, Place{path, 0, 0}, file.error().message, "", "", true});
    return parsed;
  }
  read.file = std::move(*file);
  const auto include = [&](const std::string& pattern, const std::string& from) {
    Included found = find_included(pattern, from);
    read.includes.push_back({pattern, from, found.files, found.unreadable, found.unmatched});
    return found;
  };
  const auto remember = [&](const std::string& name) {
    return read.environment[name] = environment(name);
  };
  return parse_file(read.file, {read.config_id, include, read.seed, remember});
}

Parsed load_again(const Sources& sources) {
  const auto include = [&](const std::string& pattern, const std::string& from) -> Included {
    for (const auto& known : sources.includes) {
      if (known.pattern == pattern && known.from == from) {
        return {known.files, known.unreadable, known.unmatched};
      }
    }
    return {{}, {}, {pattern}};
  };
  const auto recall = [&](const std::string& name) {
    const auto known = sources.environment.find(name);
    return known == sources.environment.end() ? std::string() : known->second;
  };
  return parse_file(sources.file, {sources.config_id, include, sources.seed, recall});
}

Result<ReadInput> read_input(const std::string& path, const std::string& config_id) {
  auto file = read_file(path);
  if (!file) return tl::unexpected(file.error());
  return ReadInput{std::move(*file),
                   {config_id.empty() ? short_host_name() : config_id, find_included,
                    seed_of_the_day(), environment}};
}

Parsed parse(const ReadInput& input) { return parse_file(input.file, input.options); }

Parsed parse(std::string_view text, const std::string& file_name) {
  return parse_file({file_name, std::string(text.substr(0, kMaxFileBytes))}, {});
}

bool Parsed::runnable() const {
  return std::none_of(diagnostics.begin(), diagnostics.end(),
                      [](const Diagnostic& d) { return d.fatal; });
}

int Parsed::exit_code() const {
  if (!runnable()) return 4;
  const bool clean = std::all_of(diagnostics.begin(), diagnostics.end(), [](const Diagnostic& d) {
    return d.severity == Severity::Notice;
  });
  return clean ? 0 : 5;
}

}  // namespace alibi::config
