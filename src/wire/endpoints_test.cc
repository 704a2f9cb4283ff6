// SPDX-License-Identifier: Apache-2.0
#include "wire/endpoints.h"

#include <gtest/gtest.h>

#include "wire/testing.h"

namespace alibi::wire {
namespace {

using testing::hex;
using testing::operator+;
using Octets = std::vector<std::uint8_t>;

std::string flow(const Octets& frame, LinkType type = LinkType::Ethernet) {
  const auto out = endpoints_of(frame, type);
  return out ? flow_text(*out) : "none";
}

TEST(Endpoints, NamesTheFlow) {
  Octets ip = encode_ipv4_header(IpAddress::v4(0x0a000001), IpAddress::v4(0xe0000066), 1, 8);
  ip[9] = 17;
  const Octets mac = hex("01005e000066 020000000001");
  EXPECT_EQ(flow(mac + hex("0800") + ip + hex("07c1 07c1 0008 0000")),
            "10.0.0.1 > 224.0.0.102 udp 1985");
  EXPECT_EQ(flow(mac + hex("8100 0005 0800") + ip + hex("0201 07c1 0008 0000")),
            "10.0.0.1 > 224.0.0.102 udp 513>1985");
  EXPECT_EQ(flow(hex(testing::kV2PassFrame)), "10.0.0.91 > 224.0.0.18 protocol 112");
  EXPECT_EQ(flow(hex("0180c2000002 020000000001 8809 01")),
            "02:00:00:00:00:01 > 01:80:c2:00:00:02 type 0x8809");
  EXPECT_EQ(flow(hex("0180")), "none");
}

TEST(Endpoints, EveryPrefixIsReadWithoutAComplaintFromTheSanitizers) {
  const Octets frame = hex(testing::kV2PassFrame);
  for (std::size_t size = 0; size <= frame.size(); ++size) {
    const Octets cut(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_EQ(endpoints_of(cut, LinkType::Ethernet).has_value(), size >= 14) << size;
  }
  const auto out = endpoints_of(frame, LinkType::Ethernet);
  EXPECT_EQ(out->payload.size(), frame.size() - 34);
}

}  // namespace
}  // namespace alibi::wire
