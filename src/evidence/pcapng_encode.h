// SPDX-License-Identifier: Apache-2.0
// Blocks of a pcapng file as octets, little-endian, nanosecond stamps. Knows no file.
#pragma once

#include <string_view>

#include "evidence/capture_file.h"

namespace alibi::evidence {

/// Each function gives one whole block, valid until the next call.
class PcapngEncoder {
 public:
  using Bytes = std::span<const std::uint8_t>;

  Bytes section();
  /// `filter` is the capture filter's text, empty for none.
  Bytes interface(const CaptureInterface& interface, std::uint32_t snap_length,
                  std::string_view filter = {}, std::string_view comment = {});
  /// `frame.bytes` must not be longer than the snap length.
  Bytes packet(const CapturedFrame& frame, std::string_view comment = {});
  Bytes statistics(std::uint32_t index, std::int64_t unix_ns, std::uint64_t received,
                   std::uint64_t dropped, std::string_view comment = {});

 private:
  void begin(std::uint32_t type);
  void number(std::uint64_t value, unsigned octets);
  void time(std::int64_t unix_ns);
  void data(Bytes value);
  void option(std::uint16_t code, std::uint64_t value, unsigned octets);
  void text_option(std::uint16_t code, std::string_view value);
  Bytes finish();

  std::vector<std::uint8_t> bytes_;
};

}  // namespace alibi::evidence
