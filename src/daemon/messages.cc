// SPDX-License-Identifier: Apache-2.0
// Filling and reading the fixed-size messages.
#include "daemon/messages.h"

#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "os/event_loop.h"
#include "os/process.h"

namespace alibi::daemon {

FixedText::FixedText(std::string_view text) {
  constexpr std::string_view kCut = "...";
  std::size_t keep = text.size();
  if (keep > kCapacity) {
    keep = kCapacity - kCut.size();
    while (keep > 0 && (static_cast<unsigned char>(text[keep]) & 0xc0U) == 0x80U) --keep;
  }
  std::memcpy(bytes.data(), text.data(), keep);
  if (keep < text.size()) {
    std::memcpy(bytes.data() + keep, kCut.data(), kCut.size());
    keep += kCut.size();
  }
  size = static_cast<std::uint8_t>(keep);
}

Tell make_tell(Tell::Kind kind) {
  Tell tell;
  tell.kind = kind;
  tell.pid = ::getpid();
  tell.monotonic_ns = os::monotonic_now().ns;
  tell.unix_ns = os::realtime_now_ns();
  return tell;
}

std::string script_text(std::string_view name, int status, bool timed_out) {
  const std::string start = "script " + std::string(name);
  if (timed_out) return start + " timed out";
  if (status == 0) return start + " succeeded";
  return start + " failed (" + os::exit_text(status) + ")";
}

}  // namespace alibi::daemon
