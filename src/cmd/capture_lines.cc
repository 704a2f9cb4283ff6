// SPDX-License-Identifier: Apache-2.0
#include "cmd/capture_lines.h"

#include <cstdio>
#include <utility>

namespace alibi::cmd {

std::string CaptureLines::interface_name(std::uint32_t index) {
  const auto [at, fresh] = names_.try_emplace(index);
  if (!fresh) return at->second;
  const auto cooked = static_cast<int>(wire::LinkType::LinuxSll2);
  for (const os::CaptureTap& tap : taps_->all())
    if (tap.link_type() == cooked && at->second.empty()) at->second = tap.interface_name(index);
  return at->second;
}

bool CaptureLines::take(const evidence::CapturedFrame& frame) {
  if (!options_.prints()) return true;
  const auto& taps = taps_->all();
  printer_.print(frame, taps.size() > 1 ? taps[frame.interface].name() : "");
  unflushed_ = true;
  return !options_.line_buffered || printer_.flush();
}

bool CaptureLines::caught_up(Instant /*now*/, bool idle) {
  return !idle || !std::exchange(unflushed_, false) || printer_.flush();
}

void CaptureLines::close(bool interrupted, Instant /*now*/) {
  // As tcpdump does it: the line that was being printed may not be whole.
  if (interrupted && options_.write_file.empty()) std::putchar('\n');
  (void)printer_.flush();
}

}  // namespace alibi::cmd
