// SPDX-License-Identifier: Apache-2.0
// Names and places of virtual MACs, as keepalived would have them.
#include "daemon/virtual_macs.h"

#include <gtest/gtest.h>

#include "daemon/testing.h"

namespace alibi::daemon {
namespace {

config::VirtualAddress address(const char* text, const char* interface = "") {
  config::VirtualAddress a;
  a.address = *wire::IpAddress::parse(text);
  a.interface = interface;
  return a;
}

config::Instance instance(std::uint8_t vrid, wire::Family family) {
  config::Instance i = story_settings().instances[0];
  i.vrrp.vrid = Vrid(vrid);
  i.vrrp.family = family;
  i.vmac = config::VirtualMac{};
  return i;
}

TEST(VirtualMacs, NamesAreFreeOnesOfPrefixAndVrid) {
  config::Settings settings;
  settings.instances = {instance(51, wire::Family::V4), instance(51, wire::Family::V6),
                        instance(52, wire::Family::V4), instance(51, wire::Family::V6)};
  settings.instances[2].vmac->name = "vrrp.51";
  const auto plans = plan_virtual_macs(settings);
  ASSERT_EQ(plans.size(), 4U);
  EXPECT_EQ(own_virtual_mac(plans, 2)->name, "vrrp.51");
  EXPECT_EQ(own_virtual_mac(plans, 0)->name, "vrrp1.51");
  EXPECT_EQ(own_virtual_mac(plans, 1)->name, "vrrp6.51");
  EXPECT_EQ(own_virtual_mac(plans, 3)->name, "vrrp2.51");
  EXPECT_EQ(own_virtual_mac(plans, 0)->mac.text(), "00:00:5e:00:01:33");
  EXPECT_EQ(own_virtual_mac(plans, 1)->mac.text(), "00:00:5e:00:02:33");
}

TEST(VirtualMacs, AddressesOfTheOtherFamilyAndOnOtherInterfacesStayWhereTheyAre) {
  config::Settings settings;
  settings.instances = {instance(51, wire::Family::V4)};
  auto& one = settings.instances[0];
  one.excluded_addresses = std::vector{address("2001:db8::1"), address("10.1.1.1", "eth1")};
  auto plans = plan_virtual_macs(settings);
  ASSERT_EQ(plans.size(), 1U);
  EXPECT_EQ(interface_of(one, 0, one.addresses[0], plans), "vrrp.51");
  EXPECT_EQ(interface_of(one, 0, one.excluded_addresses[0], plans), "eth0");
  EXPECT_EQ(interface_of(one, 0, one.excluded_addresses[1], plans), "eth1");

  one.excluded_addresses.edit()[1].use_vmac = true;
  settings.global.vmac_prefix = "vm";
  EXPECT_EQ(interface_of(one, 0, one.excluded_addresses[1], plan_virtual_macs(settings)),
            "vm1.51");
  settings.global.vmac_addr_prefix = "va";
  plans = plan_virtual_macs(settings);
  ASSERT_EQ(plans.size(), 2U);
  EXPECT_FALSE(plans[1].adverts);
  EXPECT_EQ(plans[1].base, "eth1");
  EXPECT_EQ(interface_of(one, 0, one.excluded_addresses[1], plans), "va.51");
  one.excluded_addresses.edit()[1].use_vmac = false;
  one.vmac_for_addresses = true;
  EXPECT_EQ(plan_virtual_macs(settings).size(), 2U);
}

TEST(VirtualMacs, NoneAskedForNoneMade) {
  const auto settings = story_settings();
  EXPECT_TRUE(plan_virtual_macs(settings).empty());
  const auto& one = settings.instances[0];
  EXPECT_EQ(interface_of(one, 0, one.addresses[0], {}), "eth0");
}

}  // namespace
}  // namespace alibi::daemon
