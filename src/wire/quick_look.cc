// SPDX-License-Identifier: Apache-2.0
// Walks as decode_frame() does, but reads no more than tells where the next header is.
#include "wire/quick_look.h"

#include "wire/walk.h"

namespace alibi::wire {
namespace {

class Look {
 public:
  explicit Look(Interest interest) : neighbours_(interest == Interest::HeartbeatsAndNeighbours) {}

  bool link(Bytes bytes, LinkType link_type) {
    LinkHeader header;
    if (take_link_header(bytes, link_type, header) != FrameDefect::None) return false;
    return ether_type(header.ether_type, header.rest);
  }

 private:
  bool ether_type(std::uint16_t type, Bytes bytes) {
    Reader reader(bytes);
    std::uint32_t vlans = 0;
    if (take_tags(type, vlans, reader) != FrameDefect::None) return false;
    if (type == kEtherIpv4) return ipv4(reader.rest());
    if (type == kEtherIpv6) return ipv6(reader.rest());
    return type == kEtherArp && neighbours_;
  }

  bool ipv4(Bytes bytes) {
    if (bytes.size() < 20) return false;
    const std::size_t header_size = (bytes[0] & 0x0fU) * std::size_t{4};
    const bool later_fragment = (bytes[6] & 0x1fU) != 0 || bytes[7] != 0;
    if (bytes.size() < header_size || later_fragment) return false;
    return protocol(bytes[9], bytes.subspan(header_size));
  }

  // Extension headers are rare enough to be left to the decoder.
  bool ipv6(Bytes bytes) {
    if (bytes.size() < 40) return false;
    return protocol(bytes[6], bytes.subspan(40));
  }

  bool protocol(std::uint8_t number, Bytes bytes) {
    Inner inner;
    switch (number) {
      case kVrrpProtocol:
      case kAuthenticationHeader:
      case kHopByHop:
      case kRouting:
      case kFragmentHeader:
      case kDestinationOptions:
        return true;
      case kUdp:
        return take_udp_tunnel(bytes, inner) == FrameDefect::None && tunnel(inner);
      case kGre:
        return take_gre(bytes, inner) == FrameDefect::None && tunnel(inner);
      case kIpInIp:
        return tunnel({kEtherIpv4, bytes});
      case kIpv6InIp:
        return tunnel({kEtherIpv6, bytes});
      case kIcmpv6:
        return neighbours_;
      default:
        return false;
    }
  }

  bool tunnel(const Inner& inner) {
    if (++tunnels_ > kMaxTunnels) return false;
    if (inner.type == kEtherBridging) return link(inner.rest, LinkType::Ethernet);
    return ether_type(inner.type, inner.rest);
  }

  bool neighbours_;
  unsigned tunnels_ = 0;
};

}  // namespace

bool look_closer(Bytes bytes, LinkType link_type, Interest interest) {
  return interest == Interest::Everything || Look(interest).link(bytes, link_type);
}

bool is_known(LinkType link_type) {
  LinkHeader ignored;
  return take_link_header({}, link_type, ignored) != FrameDefect::LinkType;
}

}  // namespace alibi::wire
