// SPDX-License-Identifier: Apache-2.0
// Any octets as a packet that is to be printed. The first octet chooses the link type, the second
// how much is told.
#include <array>
#include <span>

#include "base/check.h"
#include "report/hex_dump.h"
#include "report/packet_line.h"

using alibi::wire::LinkType;

namespace {

constexpr std::array kLinkTypes = {LinkType::Ethernet, LinkType::Raw, LinkType::LinuxSll,
                                   LinkType::LinuxSll2, LinkType::Null};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  alibi::report::PacketLineOptions options;
  options.verbosity = data[1] & 3;
  options.link_header = (data[1] & 4) != 0;
  options.quiet = (data[1] & 8) != 0;
  const auto bytes = std::span(data, size).subspan(2);
  const LinkType type = kLinkTypes[data[0] % kLinkTypes.size()];
  const auto line = alibi::report::packet_line(bytes, data[1] * 16U, type, options);
  // Packets in packets are bounded, and with them the line.
  CHECK(line.text.size() < 1000 + size * 40);
  CHECK(alibi::report::link_header_size(bytes, type) <= bytes.size());
  (void)alibi::report::hex_dump(bytes, alibi::report::HexDump::HexAndText);
  (void)alibi::report::hex_dump(bytes, alibi::report::HexDump::Text);
  return 0;
}
