// SPDX-License-Identifier: Apache-2.0
// For tests only: a folder that goes away with the test, captures kept beside the repository, and
// the programs of others.
#pragma once

#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

#include "base/check.h"

namespace alibi::evidence::testing {

class TempFolder {
 public:
  TempFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "alibi-test-XXXXXX").string();
    CHECK(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

/// A capture of the shared corpus: $ALIBI_SHARED/corpus/NAME, or ../shared beside the source tree.
/// Empty when this machine has none.
inline std::string corpus_file(const std::string& name) {
  const char* shared = std::getenv("ALIBI_SHARED");
  const std::filesystem::path root = shared != nullptr ? shared : ALIBI_SOURCE_DIR "/../shared";
  const auto path = root / "corpus" / name;
  std::error_code ignored;
  return std::filesystem::exists(path, ignored) ? path.string() : std::string();
}

struct Output {
  std::string text;
  int status = -1;
};

/// What a shell command prints, and its wait status.
inline Output run(const std::string& command) {
  Output out;
  std::FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return out;
  std::array<char, 4096> buffer{};
  std::size_t got = 0;
  while ((got = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0) {
    out.text.append(buffer.data(), got);
  }
  out.status = ::pclose(pipe);
  return out;
}

inline bool installed(const std::string& program) {
  return run("command -v " + program + " 2>&1").status == 0;
}

}  // namespace alibi::evidence::testing
