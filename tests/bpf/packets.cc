// SPDX-License-Identifier: Apache-2.0
// Bytes in network order.
#include "bpf/packets.h"

#include <algorithm>

#include "base/check.h"

namespace alibi::fence_test {
namespace {

constexpr std::uint8_t kMacs[12] = {0x01, 0x00, 0x5e, 0x00, 0x00, 0x12,
                                    0x02, 0x00, 0x00, 0x00, 0x00, 0x02};

wire::IpAddress address(std::string_view text) {
  const auto parsed = wire::IpAddress::parse(text);
  CHECK(parsed.has_value());
  return *parsed;
}

void u16(Frame& out, std::size_t value) {
  out.push_back(static_cast<std::uint8_t>(value >> 8));
  out.push_back(static_cast<std::uint8_t>(value));
}

void put(Frame& out, const wire::IpAddress& a) {
  out.insert(out.end(), a.bytes.begin(), a.bytes.begin() + static_cast<std::ptrdiff_t>(a.size()));
}

void put(Frame& out, const Frame& bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

Frame ethernet(std::uint16_t type) {
  Frame out(std::begin(kMacs), std::end(kMacs));
  u16(out, type);
  return out;
}

Frame ipv4(const Ip& ip, const Frame& payload) {
  Frame out = ethernet(0x0800);
  const std::size_t header = 20 + ip.option_bytes;
  out.push_back(static_cast<std::uint8_t>(0x40 | header / 4));
  out.push_back(0xc0);
  u16(out, header + payload.size());
  u16(out, 0x1234);
  u16(out, ip.fragment);
  out.push_back(ip.ttl);
  out.push_back(ip.protocol);
  u16(out, 0);  // nobody verifies it here: the stack does before us, or the keeper's socket
  put(out, address(ip.source));
  put(out, address(ip.destination));
  out.insert(out.end(), ip.option_bytes, 1);  // "no operation"
  put(out, payload);
  return out;
}

Frame ipv6(const Ip& ip, const Frame& payload) {
  Frame out = ethernet(0x86dd);
  Frame body;
  for (std::size_t i = 0; i < ip.extensions.size(); ++i) {
    Frame extension = ip.extensions[i];
    extension[0] =
        i + 1 < ip.extensions.size() ? ip.extension_kinds[i + 1] : ip.protocol;
    put(body, extension);
  }
  put(body, payload);
  out.insert(out.end(), {0x60, 0, 0, 0});
  u16(out, body.size());
  out.push_back(ip.extensions.empty() ? ip.protocol : ip.extension_kinds.front());
  out.push_back(ip.ttl);
  put(out, address(ip.source));
  put(out, address(ip.destination));
  put(out, body);
  return out;
}

}  // namespace

Frame ip_frame(const Ip& ip, const Frame& payload) {
  return address(ip.source).family == wire::Family::V4 ? ipv4(ip, payload) : ipv6(ip, payload);
}

Frame message(const wire::Advertisement& advert, const Ip& ip, wire::V3Checksum form) {
  return wire::encode_vrrp(advert, address(ip.source), address(ip.destination), form);
}

Frame advert_frame(const wire::Advertisement& advert, const Ip& ip) {
  return ip_frame(ip, message(advert, ip));
}

Frame arp_frame(std::uint16_t operation, std::string_view sender, std::string_view target) {
  Frame out = ethernet(0x0806);
  u16(out, 1);
  u16(out, 0x0800);
  out.push_back(6);
  out.push_back(4);
  u16(out, operation);
  out.insert(out.end(), std::begin(kMacs) + 6, std::end(kMacs));
  put(out, address(sender));
  out.insert(out.end(), 6, 0);
  put(out, address(target));
  return out;
}

Frame nd_frame(std::uint8_t type, std::string_view source, std::string_view destination,
               std::string_view target, bool behind_hop_by_hop) {
  Frame icmp{type, 0, 0, 0, 0, 0, 0, 0};
  put(icmp, address(target));
  Ip ip{.source = source, .destination = destination, .protocol = 58};
  if (behind_hop_by_hop) {
    ip.extensions = {{0, 0, 1, 4, 0, 0, 0, 0}};
    ip.extension_kinds = {0};
  }
  return ip_frame(ip, icmp);
}

Frame with_vlan_tag(Frame frame, std::uint16_t vlan) {
  const Frame tag{0x81, 0x00, static_cast<std::uint8_t>(vlan >> 8),
                  static_cast<std::uint8_t>(vlan)};
  frame.insert(frame.begin() + 12, tag.begin(), tag.end());
  return frame;
}

Frame shortened(Frame frame, std::size_t by) {
  frame.resize(frame.size() - std::min(by, frame.size()));
  return frame;
}

}  // namespace alibi::fence_test
