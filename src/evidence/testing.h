// SPDX-License-Identifier: Apache-2.0
// For tests only: a folder that goes away with the test, and captures kept beside the repository.
#pragma once

#include <unistd.h>

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

}  // namespace alibi::evidence::testing
