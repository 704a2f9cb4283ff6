// SPDX-License-Identifier: Apache-2.0
#include "os/host_facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "os/proc_fs_host.h"

namespace alibi::os {
namespace {

using ::testing::SizeIs;

TEST(HostFacts, NamesFromTexts) {
  EXPECT_EQ(pretty_name("NAME=\"x\"\nPRETTY_NAME=\"Debian GNU/Linux 12\"\n"),
            "Debian GNU/Linux 12");
  EXPECT_EQ(pretty_name("PRETTY_NAME=plain"), "plain");
  EXPECT_EQ(pretty_name("PRETTY_NAME=\""), "\"");
  EXPECT_EQ(pretty_name("PRETTY_NAME="), "");
  EXPECT_EQ(pretty_name(""), "");
  EXPECT_EQ(hypervisor_name(std::string_view("KVMKVMKVM\0\0\0", 12)), "kvm");
  EXPECT_EQ(hypervisor_name("TCGTCGTCGTCG"), "tcg");
  EXPECT_EQ(hypervisor_name("Unheard of  "), "other");
}

TEST(HostFacts, OfThisMachine) {
  const HostDescription host = describe_host();
  EXPECT_FALSE(host.kernel.empty());
  EXPECT_GT(host.cpus, 0);
  EXPECT_GT(host.memory_kib, 0U);
}

TEST(ProcStat, StealOfEachCpuIsTheEighthNumber) {
  const auto cpus = parse_steal(
      "cpu  1 2 3 4 5 6 7 80 9 10\ncpu0 1 2 3 4 5 6 7 30 9 10\ncpu3 1 2 3 4 5 6 7 50 0 0\n"
      "intr 99\ncpu4 1 2 3 4 5 6 7 1 0 0\n");
  ASSERT_THAT(cpus, SizeIs(2));
  EXPECT_EQ(cpus[0].cpu, 0);
  EXPECT_EQ(cpus[0].ticks, 30U);
  EXPECT_EQ(cpus[1].cpu, 3);
  EXPECT_EQ(cpus[1].ticks, 50U);
  EXPECT_THAT(parse_steal("cpu0 1 2 3\n"), SizeIs(0));  // before Linux 2.6.11
  EXPECT_THAT(parse_steal(""), SizeIs(0));
}

TEST(ProcPressure, TotalsOfBothLines) {
  const auto both = parse_pressure(
      "some avg10=0.00 avg60=0.00 avg300=0.00 total=123\n"
      "full avg10=0.00 avg60=0.00 avg300=0.00 total=45\n");
  ASSERT_TRUE(both);
  EXPECT_EQ(both->some_us, 123U);
  EXPECT_EQ(both->full_us, 45U);
  const auto some = parse_pressure("some avg10=0.00 avg60=0.00 avg300=0.00 total=7\n");
  ASSERT_TRUE(some);
  EXPECT_EQ(some->full_us, 0U);
  EXPECT_FALSE(parse_pressure(""));
  EXPECT_FALSE(parse_pressure("some nothing here\n"));
}

TEST(ProcSoftnet, HexadecimalWithTheCpuInTheThirteenthColumn) {
  const auto cpus = parse_softnet(
      "0000001f 00000002 00000003 0 0 0 0 0 0 0 0 00000000 00000005 0 0\n"
      "000000ff 00000000 00000000 0 0 0 0 0 0 0 0\n\nshort\n");
  ASSERT_THAT(cpus, SizeIs(2));
  EXPECT_EQ(cpus[0].cpu, 5);
  EXPECT_EQ(cpus[0].processed, 31U);
  EXPECT_EQ(cpus[0].dropped, 2U);
  EXPECT_EQ(cpus[0].squeezed, 3U);
  EXPECT_EQ(cpus[1].cpu, 1);  // the line's number
  EXPECT_EQ(cpus[1].processed, 255U);
}

}  // namespace
}  // namespace alibi::os
