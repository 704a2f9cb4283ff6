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

namespace {

/// Up to the octets of the text, which are last.
constexpr std::size_t kLeast = offsetof(Tell, text) + offsetof(FixedText, bytes);
static_assert(sizeof(Tell) - kLeast < FixedText::kCapacity + alignof(Tell));

}  // namespace

std::span<const std::byte> sent_part(const Tell& tell) {
  return std::as_bytes(std::span(&tell, 1)).first(kLeast + tell.text.size);
}

bool hear(const os::MessageQueue& queue, Tell& tell) {
  std::size_t got = 0;
  do {
    tell = {};
    got = queue.receive(std::as_writable_bytes(std::span(&tell, 1)));
  } while (got != 0 && (got < kLeast || got != kLeast + tell.text.size));
  return got != 0;
}

std::string script_text(std::string_view name, int status, bool timed_out) {
  const std::string start = "script " + std::string(name);
  if (timed_out) return start + " timed out";
  if (status == 0) return start + " succeeded";
  return start + " failed (" + os::exit_text(status) + ")";
}

}  // namespace alibi::daemon
