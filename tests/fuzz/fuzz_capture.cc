// SPDX-License-Identifier: Apache-2.0
// Any octets as a capture file: whatever they are, reading ends, stays inside the input and gives
// frames whose numbers are consistent.
#include <span>

#include "base/check.h"
#include "evidence/capture_file.h"

using namespace alibi;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::uint8_t> file(data, size);
  std::uint64_t frames = 0;
  std::size_t heard = 0;
  const auto summary =
      evidence::read_capture_bytes(file, "fuzz", [&](const evidence::CapturedFrame& frame) {
        CHECK(frame.number == ++frames);
        CHECK(frame.bytes.empty() ||
              (frame.bytes.data() >= file.data() &&
               frame.bytes.data() + frame.bytes.size() <= file.data() + file.size()));
        heard += wire::decode_frame(frame.bytes, frame.link_type).vrrp.has_value() ? 1U : 0U;
      });
  CHECK(heard <= frames);
  if (!summary) {
    CHECK(frames == 0 && !summary.error().message.empty());
    return 0;
  }
  CHECK(summary->frames == frames);
  CHECK(frames == 0 || !summary->interfaces.empty());
  return 0;
}
