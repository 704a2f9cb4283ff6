// SPDX-License-Identifier: Apache-2.0
// Names of the frame defects, as counters and messages write them.
#include "wire/frame.h"

namespace alibi::wire {

std::string_view text(FrameDefect defect) {
  switch (defect) {
    case FrameDefect::None:
      return "none";
    case FrameDefect::NotOurs:
      return "not_ours";
    case FrameDefect::Truncated:
      return "truncated";
    case FrameDefect::BadIpHeader:
      return "bad_ip_header";
    case FrameDefect::Fragment:
      return "fragment";
    case FrameDefect::LinkType:
      return "link_type";
    case FrameDefect::TooDeep:
      return "too_deep";
  }
  return "unknown";
}

}  // namespace alibi::wire
