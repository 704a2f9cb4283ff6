// SPDX-License-Identifier: Apache-2.0
// Frames: all of them, with the right direction, across stalls of the recorder; and when the ring
// is too small after all, every lost one counted.
#include <unistd.h>

#include "os/namespaces.h"
#include "os/packet_ring.h"
#include "recorder/watching.h"

namespace alibi::testing {
namespace {

class RecorderTaps : public Watching {};

TEST_F(RecorderTaps, AStalledRecorderLosesNothing) {
  start_recorder(false);
  constexpr unsigned kFrames = 30;
  for (unsigned i = 1; i <= kFrames; ++i) {  // 10 a second, while nobody polls
    network_->send_advert("tap0", i);
    usleep(100'000);
  }
  ASSERT_TRUE(recorder_->poll_once(0ms));
  recorder_->stop();
  const evidence::Recording recording = recorder_->snapshot();
  ASSERT_EQ(recording.taps.size(), 2U);
  for (const evidence::Tap& tap : recording.taps) {
    EXPECT_EQ(tap.written, kFrames) << tap.label;
    EXPECT_EQ(tap.dropped, 0U) << tap.label;
    EXPECT_EQ(tap.received, tap.written + tap.dropped) << tap.label;
    EXPECT_EQ(tap.undecoded, 0U) << tap.label;
  }
  for (const evidence::SourceLoss& loss : recording.losses)
    EXPECT_FALSE(loss.source.starts_with("tap")) << loss.why;
  ASSERT_EQ(recording.heartbeats.size(), 2 * kFrames);
  Instant last;
  for (const evidence::Heartbeat& beat : recording.heartbeats) {
    EXPECT_EQ(beat.direction,
              beat.tap == 0 ? evidence::Direction::Out : evidence::Direction::In);
    EXPECT_EQ(beat.packet.decoded.advertisement.vrid, Vrid{77});
    EXPECT_GE(beat.at, last);
    last = beat.at;
  }
  // The stamps are the kernel's, not those of the late reading.
  EXPECT_GT(recording.heartbeats.back().at - recording.heartbeats.front().at, 2500ms);
}

TEST_F(RecorderTaps, EveryFrameThatDoesNotFitIsCounted) {
  const auto netns = os::open_network_namespace(network_->spec());
  ASSERT_TRUE(netns);
  const auto filter = os::compile_filter(os::heartbeat_expression(), 400);
  ASSERT_TRUE(filter);
  os::PacketRing ring;
  ASSERT_TRUE(os::inside_network_namespace(*netns, [&]() -> Result<void> {
    auto opened = os::PacketRing::open("tap1", *filter, 128);
    if (!opened) return tl::unexpected(opened.error());
    ring = std::move(*opened);
    return {};
  }));
  for (unsigned i = 0; i < 200; ++i) network_->send_advert("tap0", i);
  unsigned read = 0;
  ring.drain([&read](const os::RingFrame&) { ++read; });
  ring.stop();
  ring.drain([&read](const os::RingFrame&) { ++read; });
  EXPECT_EQ(read, 128U);
  EXPECT_EQ(ring.counts().received, 200U);
  EXPECT_EQ(ring.counts().dropped, 72U);
}

TEST_F(RecorderTaps, AnInterfaceMayComeBack) {
  start_recorder(false);
  network_->send_advert("tap0", 1);
  poll_for(100ms);
  ASSERT_TRUE(network_->run({"ip", "link", "del", "tap0"}));
  const auto* gone = await<evidence::LinkChange>(
      [](const evidence::LinkChange& fact) { return fact.deleted && fact.interface == "tap0"; });
  ASSERT_NE(gone, nullptr);
  ASSERT_TRUE(network_->run({"ip", "link", "add", "tap0", "type", "veth", "peer", "name", "tap1"}));
  ASSERT_TRUE(network_->run({"ip", "link", "set", "tap0", "up"}));
  ASSERT_TRUE(network_->run({"ip", "link", "set", "tap1", "up"}));
  // Both taps are open again when an advertisement shows at the far one.
  const Instant end = os::monotonic_now() + kPatience;
  std::uint64_t seen = 0;
  while (seen < 2 && os::monotonic_now() < end) {
    network_->send_advert("tap0", 2);
    poll_for(200ms);
    seen = recorder_->totals()[1].written;
  }
  EXPECT_GE(seen, 2U);
}

TEST_F(RecorderTaps, AddressAndCarrierAreHeard) {
  start_recorder(false);
  ASSERT_TRUE(network_->run({"ip", "addr", "add", "10.77.0.9/24", "dev", "tap0"}));
  const auto* added = await<evidence::AddressChange>(
      [](const evidence::AddressChange& fact) { return fact.added && fact.interface == "tap0"; });
  ASSERT_NE(added, nullptr);
  EXPECT_EQ(added->address, wire::IpAddress::v4(0x0A4D0009));
  ASSERT_TRUE(network_->run({"ip", "link", "set", "tap1", "down"}));
  const auto* lost = await<evidence::LinkChange>([](const evidence::LinkChange& fact) {
    return fact.interface == "tap0" && fact.admin_up && !fact.carrier;
  });
  EXPECT_NE(lost, nullptr);
}

TEST_F(RecorderTaps, AMissingInterfaceIsAnErrorThatNamesIt) {
  daemon::RecorderOptions options;
  options.taps = {{"A", "nowhere0", network_->spec(), "one"}};
  const auto started = daemon::Recorder::start(std::move(options));
  ASSERT_FALSE(started);
  EXPECT_NE(started.error().message.find("nowhere0"), std::string::npos);
}

}  // namespace
}  // namespace alibi::testing
