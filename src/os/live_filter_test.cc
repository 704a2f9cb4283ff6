// SPDX-License-Identifier: Apache-2.0
// What the programs do in the kernel is tested with real interfaces in tests/capture.
#include "os/live_filter.h"

#include <gtest/gtest.h>

#include "os/capture_devices.h"
#include "os/capture_ring.h"

namespace alibi::os {
namespace {

constexpr auto kAncillary = static_cast<std::uint32_t>(SKF_AD_OFF);

TEST(CookedOffsets, FieldsOfTheHeaderAreAskedOfTheKernel) {
  SocketFilter program = {{BPF_LD | BPF_H | BPF_ABS, 0, 0, 0},
                          {BPF_LD | BPF_B | BPF_ABS, 0, 0, 10},
                          {BPF_LD | BPF_B | BPF_ABS, 0, 0, kCookedHeader + 9},
                          {BPF_LDX | BPF_B | BPF_MSH, 0, 0, kCookedHeader},
                          {BPF_LD | BPF_W | BPF_IMM, 0, 0, 3},
                          {BPF_LD | BPF_W | BPF_ABS, 0, 0, kAncillary + SKF_AD_VLAN_TAG_PRESENT}};
  ASSERT_TRUE(fix_cooked_offsets(program));
  EXPECT_EQ(program[0].k, kAncillary + SKF_AD_PROTOCOL);
  EXPECT_EQ(program[1].k, kAncillary + SKF_AD_PKTTYPE);
  EXPECT_EQ(program[2].k, 9U);
  EXPECT_EQ(program[3].k, 0U);
  EXPECT_EQ(program[4].k, 3U);
  EXPECT_EQ(program[5].k, kAncillary + SKF_AD_VLAN_TAG_PRESENT);
}

TEST(CookedOffsets, WhatTheKernelHidesIsRefused) {
  SocketFilter program = {{BPF_LD | BPF_B | BPF_ABS, 0, 0, 12}};
  EXPECT_FALSE(fix_cooked_offsets(program));
}

// Jumps in front of the program land inside it or on its first instruction.
TEST(Direction, JumpsStayInside) {
  const SocketFilter program = {{BPF_RET | BPF_K, 0, 0, 100}};
  for (const auto direction :
       {CaptureDirection::Both, CaptureDirection::In, CaptureDirection::Out}) {
    const SocketFilter out = with_direction(program, direction, 1);
    ASSERT_GT(out.size(), program.size());
    for (std::size_t i = 0; i < out.size(); ++i) {
      if (BPF_CLASS(out[i].code) != BPF_JMP) continue;
      EXPECT_LE(i + 1 + std::max(out[i].jt, out[i].jf), out.size() - program.size());
    }
    EXPECT_EQ(out.back().k, 100U);
  }
}

TEST(OfflineFilterTest, LooksAtTheLinkTypeItWasMadeFor) {
  const std::vector<std::uint8_t> raw = {0x45, 0, 0, 20, 0, 0, 0, 0, 255, 112,
                                         0,    0, 1, 1,  1, 1, 2, 2, 2,   2};
  const auto filter = OfflineFilter::compile("ip proto 112", 101);
  ASSERT_TRUE(filter) << filter.error().message;
  EXPECT_TRUE(filter->passes(raw, 20));
  EXPECT_FALSE(OfflineFilter::compile("ip proto 112", 1)->passes(raw, 20));
  EXPECT_FALSE(OfflineFilter::compile("no such thing at all", 1));
}

}  // namespace
}  // namespace alibi::os
