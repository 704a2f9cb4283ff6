// SPDX-License-Identifier: Apache-2.0
// Any octets as a captured frame. The first octet chooses the link type; what decodes without a
// defect must come out of the encoder as it went in. The octets after the first are tried as a BFD
// Control packet, too.
#include <array>
#include <span>

#include "base/check.h"
#include "wire/bfd.h"
#include "wire/frame.h"
#include "wire/quick_look.h"

using namespace alibi::wire;

namespace {

constexpr std::array kLinkTypes = {
    LinkType::Ethernet, LinkType::Raw,       LinkType::LinuxSll,         LinkType::Ipv4,
    LinkType::Ipv6,     LinkType::LinuxSll2, static_cast<LinkType>(105), LinkType::Null,
    LinkType::Ppp};

// Encode and decode again: the value must survive, whatever reserved bits the input had set.
void check_round_trip(const VrrpPacket& packet) {
  const VrrpDecoded& decoded = packet.decoded;
  const auto bytes =
      encode_vrrp(decoded.advertisement, packet.source, packet.destination, decoded.checksum_form);
  const VrrpDecoded again = decode_vrrp(bytes, packet.source, packet.destination);
  CHECK(again.defect == VrrpDefect::None);
  CHECK(again.trailing == 0);
  CHECK(again.advertisement == decoded.advertisement);
}

void check_bfd(std::span<const std::uint8_t> payload) {
  const BfdDecoded decoded = decode_bfd(payload);
  CHECK(!text(decoded.defect).empty() && !text(decoded.packet.diagnostic).empty());
  if (decoded.defect != BfdDefect::None) return;
  const BfdDecoded again = decode_bfd(encode_bfd(decoded.packet));
  CHECK(again.defect == BfdDefect::None);
  CHECK(again.packet == decoded.packet);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const LinkType link_type = kLinkTypes[data[0] % kLinkTypes.size()];
  check_bfd(std::span(data, size).subspan(1));
  const Frame frame = decode_frame(std::span(data, size).subspan(1), link_type);
  if (frame.defect == FrameDefect::None) CHECK(frame.vrrp || frame.arp);
  // What the quick look passes over holds nothing.
  const auto bytes = std::span(data, size).subspan(1);
  if (frame.vrrp) CHECK(may_hold(bytes, link_type, Interest::Heartbeats));
  if (frame.arp) CHECK(may_hold(bytes, link_type, Interest::HeartbeatsAndNeighbours));
  if (frame.vrrp) {
    CHECK(!frame.vrrp->source.text().empty() && !frame.vrrp->source_mac.text().empty());
    if (frame.vrrp->decoded.defect == VrrpDefect::None) check_round_trip(*frame.vrrp);
  }
  return 0;
}
