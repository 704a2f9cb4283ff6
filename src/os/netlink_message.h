// SPDX-License-Identifier: Apache-2.0
// One netlink request under construction, in a buffer of fixed size: nothing is allocated.
#pragma once

#include <libmnl/libmnl.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>

#include "base/check.h"
#include "wire/address.h"

namespace alibi::os {

/// Header, one fixed body, attributes. What does not fit is a programmer's error: the largest
/// request here, a route with many next hops, is bounded by its caller.
class NetlinkMessage {
 public:
  static constexpr std::size_t kBytes = 8192;

  NetlinkMessage(int type, int flags) : header_(mnl_nlmsg_put_header(buffer_.data())) {
    header_->nlmsg_type = static_cast<std::uint16_t>(type);
    header_->nlmsg_flags = static_cast<std::uint16_t>(flags);
  }
  NetlinkMessage(const NetlinkMessage&) = delete;
  NetlinkMessage& operator=(const NetlinkMessage&) = delete;

  /// The body that follows the header, zeroed; to be called first and once.
  template <typename Body>
  Body& body() {
    return *static_cast<Body*>(mnl_nlmsg_put_extra_header(header_, sizeof(Body)));
  }

  void put(int type, const void* data, std::size_t size) {
    CHECK(mnl_attr_put_check(header_, kBytes, number(type), size, data));
  }
  void put_u8(int type, std::uint8_t value) { put(type, &value, sizeof value); }
  void put_u16(int type, std::uint16_t value) { put(type, &value, sizeof value); }
  void put_u32(int type, std::uint32_t value) { put(type, &value, sizeof value); }
  void put_text(int type, const std::string& text) { put(type, text.c_str(), text.size() + 1); }
  void put_flag(int type) { put(type, nullptr, 0); }
  void put_address(int type, const wire::IpAddress& address) {
    put(type, address.bytes.data(), address.size());
  }
  /// Octets inside a nest that are no attribute (struct rtnexthop), a multiple of four.
  void put_raw(const void* data, std::size_t size) {
    CHECK(header_->nlmsg_len + size <= kBytes && size % 4 == 0);
    std::memcpy(buffer_.data() + header_->nlmsg_len, data, size);
    header_->nlmsg_len += static_cast<std::uint32_t>(size);
  }
  nlattr* nest(int type) { return mnl_attr_nest_start(header_, number(type)); }
  void end(nlattr* nest) { mnl_attr_nest_end(header_, nest); }

  nlmsghdr* header() { return header_; }
  std::span<const std::uint8_t> bytes() const {
    return {reinterpret_cast<const std::uint8_t*>(buffer_.data()), header_->nlmsg_len};
  }

 private:
  static std::uint16_t number(int type) { return static_cast<std::uint16_t>(type); }

  alignas(nlmsghdr) std::array<char, kBytes> buffer_{};
  nlmsghdr* header_;
};

}  // namespace alibi::os
