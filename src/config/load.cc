// SPDX-License-Identifier: Apache-2.0
// The way in: files and include patterns read, the stages joined, the exit code.
#include <fmt/format.h>
#include <glob.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>

#include "config/complete.h"
#include "config/parser.h"
#include "config/sources.h"

namespace alibi::config {
namespace {

// glob() with { , } as well, as keepalived; not in POSIX.
#ifdef GLOB_BRACE
constexpr int kGlobFlags = GLOB_BRACE;
#else
constexpr int kGlobFlags = 0;
#endif

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

// The files that an include names, relative to the file it stands in.
Result<std::vector<File>> read_included(const std::string& pattern, const std::string& from) {
  const auto path = std::filesystem::path(from).parent_path() / pattern;
  glob_t found{};
  const int code = ::glob(path.c_str(), kGlobFlags | GLOB_MARK, nullptr, &found);
  std::vector<std::string> names;
  for (std::size_t i = 0; code == 0 && i < found.gl_pathc; ++i)
    names.emplace_back(found.gl_pathv[i]);
  ::globfree(&found);
  std::vector<File> files;
  for (const auto& name : names) {
    if (name.back() == '/') continue;  // keepalived passes over directories
    auto file = read_file(name);
    if (!file) return tl::unexpected(file.error());
    files.push_back(std::move(*file));
  }
  if (files.empty()) return fail(fmt::format("include: no file matches {}", path.string()));
  return files;
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
  read = {config_id.empty() ? short_host_name() : config_id, {path, ""}, {}};
  auto file = read_file(path);
  if (!file) {
    Parsed parsed;
    parsed.diagnostics.push_back(
        {Severity::Error, Place{path, 0, 0}, file.error().message, "", "", true});
    return parsed;
  }
  read.file = std::move(*file);
  const auto include = [&](const std::string& pattern, const std::string& from) {
    auto files = read_included(pattern, from);
    if (files) read.includes.push_back({pattern, from, *files});
    return files;
  };
  return parse_file(read.file, {read.config_id, include});
}

Parsed load_again(const Sources& sources) {
  const auto include = [&](const std::string& pattern,
                           const std::string& from) -> Result<std::vector<File>> {
    for (const auto& known : sources.includes) {
      if (known.pattern == pattern && known.from == from) return known.files;
    }
    return fail(fmt::format("include: no file matched {}", pattern));
  };
  return parse_file(sources.file, {sources.config_id, include});
}

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
