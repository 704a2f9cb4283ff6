// SPDX-License-Identifier: Apache-2.0
// Any octets as a capture file: whatever they are, reading ends, stays inside the input and gives
// frames whose numbers are consistent,
// and a reading that passes over other traffic misses no advertisement.
#include <span>

#include "base/check.h"
#include "evidence/capture_file.h"

using namespace alibi;

namespace {

struct Reading {
  std::uint64_t handed_out = 0;
  std::uint64_t heard = 0;  ///< advertisements
};

evidence::CaptureSummary check_reading(std::span<const std::uint8_t> file, wire::Interest interest,
                                       Reading& out) {
  std::uint64_t last = 0;
  const auto summary =
      evidence::read_capture_bytes(file, "fuzz", interest, [&](const evidence::CapturedFrame& f) {
        CHECK(f.number > last);
        last = f.number;
        ++out.handed_out;
        out.heard += wire::decode_frame(f.bytes, f.link_type).vrrp.has_value() ? 1U : 0U;
      });
  if (!summary) {
    CHECK(out.handed_out == 0 && !summary.error().message.empty());
    return {};
  }
  CHECK(last <= summary->frames);
  std::uint64_t frames = 0;
  std::uint64_t passed_over = 0;
  for (const evidence::CaptureInterface& interface : summary->interfaces) {
    frames += interface.frames;
    passed_over += interface.passed_over;
    CHECK(!interface.timed || interface.first_ns <= interface.last_ns);
  }
  CHECK(frames == summary->frames && passed_over + out.handed_out == frames);
  return *summary;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::uint8_t> file(data, size);
  Reading all;
  Reading some;
  const auto everything = check_reading(file, wire::Interest::Everything, all);
  const auto heartbeats = check_reading(file, wire::Interest::Heartbeats, some);
  CHECK(all.handed_out == everything.frames && some.heard == all.heard);
  CHECK(everything.frames == heartbeats.frames && everything.damage == heartbeats.damage);
  return 0;
}
