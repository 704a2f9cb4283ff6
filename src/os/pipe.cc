// SPDX-License-Identifier: Apache-2.0
// pipe2(2): only the reading end is non-blocking, a program would not expect it of the other.
#include "os/pipe.h"

#include <fcntl.h>

#include <algorithm>
#include <array>

namespace alibi::os {

Result<OutputPipe> OutputPipe::create() {
  int fds[2];
  if (::pipe2(fds, O_CLOEXEC) != 0) return fail_errno("cannot create a pipe");
  Fd reader(fds[0]);
  Fd writer(fds[1]);
  if (::fcntl(reader.get(), F_SETFL, O_NONBLOCK) != 0) return fail_errno("cannot set up a pipe");
  return OutputPipe(std::move(reader), std::move(writer));
}

void OutputPipe::drain(std::string& text, std::size_t limit) const {
  std::array<char, 4096> buffer;
  for (int turn = 0; turn < 64; ++turn) {  // one that prints without end must not hold us up
    const ssize_t got = ::read(reader_.get(), buffer.data(), buffer.size());
    if (got <= 0) return;
    const std::size_t room = limit - std::min(limit, text.size());
    text.append(buffer.data(), std::min(room, static_cast<std::size_t>(got)));
  }
}

}  // namespace alibi::os
