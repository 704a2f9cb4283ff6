// SPDX-License-Identifier: Apache-2.0
// Netlink messages: what is built is read back by the same kernel structures.
#include "os/netlink.h"

#include <gtest/gtest.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <cstring>
#include <map>

#include "os/netlink_parse.h"

namespace alibi::os {
namespace {

using Bytes = std::vector<std::uint8_t>;

const nlmsghdr* header_of(const Bytes& message) {
  return reinterpret_cast<const nlmsghdr*>(message.data());
}

std::map<int, Bytes> attributes_of(const Bytes& message) {
  std::map<int, Bytes> found;
  mnl_attr_parse(
      header_of(message), sizeof(ifaddrmsg),
      [](const nlattr* a, void* data) {
        const auto* payload = static_cast<const std::uint8_t*>(mnl_attr_get_payload(a));
        (*static_cast<std::map<int, Bytes>*>(data))[mnl_attr_get_type(a)] =
            Bytes(payload, payload + mnl_attr_get_payload_len(a));
        return MNL_CB_OK;
      },
      &found);
  return found;
}

AddressSpec spec_v4() {
  AddressSpec spec;
  spec.index = IfIndex(7);
  spec.address = *wire::IpAddress::parse("192.168.205.7");
  return spec;
}

TEST(AddressMessage, Ipv4HasLocalAndAddressAndAsksForAcknowledgement) {
  AddressSpec spec = spec_v4();
  spec.label = "eth0:vip";
  spec.scope = RT_SCOPE_LINK;
  spec.broadcast = wire::IpAddress::parse("192.168.205.255");
  const auto message = address_message(spec, true, 42);
  const auto* header = header_of(message);
  EXPECT_EQ(header->nlmsg_len, message.size());
  EXPECT_EQ(header->nlmsg_type, RTM_NEWADDR);
  EXPECT_EQ(header->nlmsg_seq, 42U);
  EXPECT_EQ(header->nlmsg_flags, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL);
  const auto attributes = attributes_of(message);
  const Bytes address{192, 168, 205, 7};
  EXPECT_EQ(attributes.at(IFA_LOCAL), address);
  EXPECT_EQ(attributes.at(IFA_ADDRESS), address);
  EXPECT_EQ(attributes.at(IFA_BROADCAST), (Bytes{192, 168, 205, 255}));
  EXPECT_EQ(attributes.at(IFA_LABEL).back(), 0);

  const auto parsed = parse_address(header);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->address, spec.address);
  EXPECT_EQ(parsed->index, spec.index);
  EXPECT_EQ(parsed->prefix_length, 32);
  EXPECT_EQ(parsed->scope, RT_SCOPE_LINK);
  EXPECT_FALSE(parsed->deleted);
}

TEST(AddressMessage, Ipv6HostAddressIsDeprecatedAndWithoutDuplicateDetection) {
  AddressSpec spec;
  spec.index = IfIndex(3);
  spec.address = *wire::IpAddress::parse("2001:db8::7");
  spec.prefix_length = 128;
  spec.flags = IFA_F_NODAD;
  const auto attributes = attributes_of(address_message(spec, true, 1));
  std::uint32_t flags = 0;
  std::memcpy(&flags, attributes.at(IFA_FLAGS).data(), sizeof flags);
  EXPECT_EQ(flags, static_cast<std::uint32_t>(IFA_F_NODAD));
  ifa_cacheinfo lifetime{};
  std::memcpy(&lifetime, attributes.at(IFA_CACHEINFO).data(), sizeof lifetime);
  EXPECT_EQ(lifetime.ifa_prefered, 0U);
  EXPECT_EQ(lifetime.ifa_valid, UINT32_MAX);

  spec.prefix_length = 64;
  const auto usual = attributes_of(address_message(spec, true, 1));
  std::memcpy(&lifetime, usual.at(IFA_CACHEINFO).data(), sizeof lifetime);
  EXPECT_EQ(lifetime.ifa_prefered, UINT32_MAX);
}

TEST(AddressMessage, PeerFlagsAndLifetimeAreWhatWasAsked) {
  AddressSpec spec = spec_v4();
  spec.peer = wire::IpAddress::parse("10.1.2.3");
  spec.prefix_length = 24;
  spec.flags = IFA_F_NOPREFIXROUTE;
  spec.preferred_seconds = 30;
  const auto attributes = attributes_of(address_message(spec, true, 1));
  EXPECT_EQ(attributes.at(IFA_LOCAL), (Bytes{192, 168, 205, 7}));
  EXPECT_EQ(attributes.at(IFA_ADDRESS), (Bytes{10, 1, 2, 3}));
  EXPECT_EQ(attributes.at(IFA_FLAGS), (Bytes{0, 2, 0, 0}));
  ifa_cacheinfo lifetime{};
  std::memcpy(&lifetime, attributes.at(IFA_CACHEINFO).data(), sizeof lifetime);
  EXPECT_EQ(lifetime.ifa_prefered, 30U);
  EXPECT_EQ(parse_address(header_of(address_message(spec, true, 1)))->address, spec.address);
  const auto plain = attributes_of(address_message(spec_v4(), true, 1));
  EXPECT_EQ(plain.count(IFA_FLAGS) + plain.count(IFA_CACHEINFO), 0U);
}

TEST(ParseAddress, OneUnderDuplicateDetectionIsNotUsable) {
  AddressSpec spec;
  spec.address = *wire::IpAddress::parse("fe80::7");
  spec.flags = IFA_F_TENTATIVE;
  EXPECT_FALSE(parse_address(header_of(address_message(spec, true, 1)))->usable);
  spec.flags = IFA_F_NODAD;
  EXPECT_TRUE(parse_address(header_of(address_message(spec, true, 1)))->usable);
}

TEST(AddressMessage, RemovalCreatesNothing) {
  const auto message = address_message(spec_v4(), false, 1);
  EXPECT_EQ(header_of(message)->nlmsg_type, RTM_DELADDR);
  EXPECT_EQ(header_of(message)->nlmsg_flags, NLM_F_REQUEST | NLM_F_ACK);
  EXPECT_TRUE(parse_address(header_of(message))->deleted);
}

TEST(ParseLink, OtherMessagesAndShortOnesAreNoLinks) {
  const auto message = address_message(spec_v4(), true, 1);
  EXPECT_FALSE(parse_link(header_of(message)));
  nlmsghdr bare{};
  bare.nlmsg_len = sizeof bare;
  bare.nlmsg_type = RTM_NEWLINK;
  EXPECT_FALSE(parse_link(&bare));
  bare.nlmsg_type = RTM_NEWADDR;
  EXPECT_FALSE(parse_address(&bare));
}

TEST(ParseScope, NamesAndNumbers) {
  EXPECT_EQ(parse_scope(""), RT_SCOPE_UNIVERSE);
  EXPECT_EQ(parse_scope("link"), RT_SCOPE_LINK);
  EXPECT_EQ(parse_scope("200"), RT_SCOPE_SITE);
  EXPECT_EQ(parse_scope("256"), std::nullopt);
  EXPECT_EQ(parse_scope("lnik"), std::nullopt);
}

TEST(Netlink, LoopbackIsThereWithItsAddress) {
  auto netlink = Netlink::open();
  ASSERT_TRUE(netlink);
  const auto interfaces = netlink->interfaces();
  ASSERT_TRUE(interfaces);
  const auto lo = std::find_if(interfaces->begin(), interfaces->end(),
                               [](const Interface& i) { return i.name == "lo"; });
  ASSERT_NE(lo, interfaces->end());
  AddressSpec spec;
  spec.index = lo->index;
  spec.address = *wire::IpAddress::parse("192.0.2.254");
  EXPECT_FALSE(netlink->has(spec).value_or(true));
}

}  // namespace
}  // namespace alibi::os
