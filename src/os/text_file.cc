// SPDX-License-Identifier: Apache-2.0
// One read, one write: the kernel's files want the value whole.
#include "os/text_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>

#include "os/fd.h"

namespace alibi::os {

Result<std::string> read_text(const std::string& path) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 4096> buffer;
  const ssize_t got = fd.valid() ? ::read(fd.get(), buffer.data(), buffer.size()) : -1;
  if (got < 0) return fail_errno("cannot read " + path);
  std::string text(buffer.data(), static_cast<std::size_t>(got));
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

Result<void> write_text(const std::string& path, const std::string& value) {
  const Fd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd.valid() ||
      ::write(fd.get(), value.data(), value.size()) != static_cast<ssize_t>(value.size())) {
    return fail_errno("cannot write '" + value + "' to " + path);
  }
  return {};
}

}  // namespace alibi::os
