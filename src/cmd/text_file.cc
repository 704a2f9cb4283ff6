// SPDX-License-Identifier: Apache-2.0
// A full disk shows at fclose() at the latest.
#include "cmd/text_file.h"

#include <cstdio>

namespace alibi::cmd {

Result<void> write_text_file(const std::string& path, const std::string& text) {
  const bool to_stdout = path == "-";
  std::FILE* file = to_stdout ? stdout : std::fopen(path.c_str(), "wb");
  if (file == nullptr) return fail_errno("cannot write " + path);
  const bool whole = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  const int closed = to_stdout ? std::fflush(file) : std::fclose(file);
  if (closed != 0 || !whole) return fail_errno("cannot write " + path);
  return {};
}

}  // namespace alibi::cmd
