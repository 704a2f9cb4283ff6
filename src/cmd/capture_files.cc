// SPDX-License-Identifier: Apache-2.0
#include "cmd/capture_files.h"

#include <cstdio>
#include <filesystem>
#include <string_view>

namespace alibi::cmd {

bool is_case(const std::string& path) {
  if (path == "-") return false;
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) return false;
  char magic[16] = {};
  const std::size_t n = std::fread(magic, 1, sizeof magic, file);
  std::fclose(file);
  return n == sizeof magic && std::string_view(magic, 15) == "SQLite format 3";
}

Result<void> check_readable(const std::string& path) {
  if (path == "-") return {};
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (error || !std::filesystem::exists(status)) return {};
  if (std::filesystem::is_regular_file(status)) return {};
  return fail(path +
              ": not a regular file; to read a capture from a pipe give '-' and standard input");
}

}  // namespace alibi::cmd
