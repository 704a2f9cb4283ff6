// SPDX-License-Identifier: Apache-2.0
// Source addresses and address specifications from links as heard.
#include "daemon/links.h"

#include <gtest/gtest.h>

#include "daemon/testing.h"

namespace alibi::daemon {
namespace {

wire::IpAddress ip(const char* text) { return *wire::IpAddress::parse(text); }

os::InterfaceAddress on(int index, const char* address) {
  os::InterfaceAddress a;
  a.index = IfIndex(index);
  a.address = ip(address);
  return a;
}

os::Interface interface(int index, const char* name) {
  os::Interface i;
  i.index = IfIndex(index);
  i.name = name;
  i.up = true;
  return i;
}

Links links() {
  return Links({interface(1, "lo"), interface(2, "eth0")},
               {on(1, "127.0.0.1"), on(2, "192.168.205.7"), on(2, "192.168.205.2"),
                on(2, "192.168.205.9"), on(2, "2001:db8::2"), on(2, "fe80::2")});
}

TEST(Links, PrimaryIsTheFirstThatIsNoVirtualAddress) {
  const auto virtual_ones = all_virtual_addresses(story_settings());
  EXPECT_EQ(links().primary(IfIndex(2), wire::Family::V4, virtual_ones), ip("192.168.205.2"));
  EXPECT_EQ(links().primary(IfIndex(2), wire::Family::V6, virtual_ones), ip("fe80::2"));
  EXPECT_TRUE(links().primary(IfIndex(3), wire::Family::V4, virtual_ones).is_unspecified());
}

TEST(Links, FollowsAddressesThatComeAndGo) {
  auto l = links();
  auto gone = on(2, "192.168.205.2");
  gone.deleted = true;
  l.apply(gone);
  EXPECT_EQ(l.primary(IfIndex(2), wire::Family::V4, {ip("192.168.205.7")}), ip("192.168.205.9"));
  l.apply(on(2, "192.168.205.9"));  // said again: keeps its place, is not there twice
  gone = on(2, "192.168.205.9");
  gone.deleted = true;
  l.apply(gone);
  EXPECT_TRUE(l.primary(IfIndex(2), wire::Family::V4, {ip("192.168.205.7")}).is_unspecified());
}

TEST(Links, RenamedAndDeletedInterfaces) {
  auto l = links();
  l.apply(interface(2, "wan0"));
  EXPECT_EQ(l.find("eth0"), nullptr);
  ASSERT_NE(l.find("wan0"), nullptr);
  auto gone = interface(2, "wan0");
  gone.deleted = true;
  l.apply(gone);
  EXPECT_EQ(l.find(IfIndex(2)), nullptr);
}

TEST(AddressSpecs, OwnAndOtherInterfaceExcludedOnesToo) {
  auto settings = story_settings();
  auto& instance = settings.instances[0];
  config::VirtualAddress extra;
  extra.address = ip("10.1.1.1");
  extra.prefix_length = 24;
  extra.interface = "lo";
  extra.scope = "host";
  instance.excluded_addresses = std::vector{extra};
  const auto specs = address_specs(instance, 0, {}, links());
  ASSERT_TRUE(specs);
  ASSERT_EQ(specs->size(), 2U);
  EXPECT_EQ(specs->at(0).index, IfIndex(2));
  EXPECT_EQ(specs->at(0).prefix_length, 32);
  EXPECT_EQ(specs->at(1).index, IfIndex(1));
  EXPECT_EQ(specs->at(1).prefix_length, 24);

  instance.excluded_addresses.edit()[0].interface = "eth9";
  const auto missing = address_specs(instance, 0, {}, links());
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message, "interface eth9 does not exist, needed for address 10.1.1.1");
  instance.excluded_addresses.edit()[0] = extra;
  instance.excluded_addresses.edit()[0].scope = "everywhere";
  EXPECT_FALSE(address_specs(instance, 0, {}, links()));
}

}  // namespace
}  // namespace alibi::daemon
