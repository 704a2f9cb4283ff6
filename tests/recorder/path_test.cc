// SPDX-License-Identifier: Apache-2.0
// What adverts have to pass: ports, neighbours, queues and rules, as the kernel and nft tell them.
#include <unistd.h>

#include "recorder/watching.h"

namespace alibi::testing {
namespace {

class RecorderPath : public Watching {
 protected:
  void shell(std::vector<std::string> argv) { ASSERT_TRUE(network_->run(std::move(argv))); }
};

TEST_F(RecorderPath, APortThatStopsToForwardIsTold) {
  shell({"ip", "link", "add", "bridge0", "type", "bridge", "forward_delay", "0"});
  shell({"ip", "link", "set", "bridge0", "up"});
  shell({"ip", "link", "set", "tap1", "master", "bridge0"});
  start_recorder(false);
  shell({"ip", "link", "set", "tap1", "down"});
  const auto* off = await<evidence::BridgePortChange>([](const evidence::BridgePortChange& f) {
    return f.interface == "tap1" && f.state == "disabled" && f.bridge > 0;
  });
  EXPECT_NE(off, nullptr);
  // Forwarding is a change as well, and may take a moment.
  shell({"ip", "link", "set", "tap1", "up"});
  const auto* again = await<evidence::BridgePortChange>([](const evidence::BridgePortChange& f) {
    return f.interface == "tap1" && f.state == "forwarding";
  });
  EXPECT_NE(again, nullptr);
  shell({"ip", "link", "set", "tap1", "nomaster"});
  const auto* removed = await<evidence::BridgePortChange>([](const evidence::BridgePortChange& f) {
    return f.interface == "tap1" && f.state == "removed";
  });
  EXPECT_NE(removed, nullptr);
}

TEST_F(RecorderPath, NeighboursThatMoveOrDoNotAnswerAreTold) {
  shell({"ip", "addr", "add", "10.77.0.9/24", "dev", "tap0"});
  start_recorder(false);
  const auto place = [&](const char* mac) {
    shell({"ip", "neigh", "replace", "10.77.0.1", "lladdr", mac, "dev", "tap0"});
  };
  place("02:00:00:00:00:01");
  place("02:00:00:00:00:02");
  const auto* moved = await<evidence::NeighbourChange>([](const evidence::NeighbourChange& f) {
    return f.interface == "tap0" && f.mac.text() == "02:00:00:00:00:02";
  });
  ASSERT_NE(moved, nullptr);
  EXPECT_EQ(moved->address, wire::IpAddress::v4(0x0A4D0001));
  for (const evidence::Event& event : recording_.events)
    if (const auto* fact = std::get_if<evidence::NeighbourChange>(&event.fact)) {
      EXPECT_NE(fact->mac.text(), "02:00:00:00:00:01") << "where it was met first is no change";
    }
  // Asked for, as a unicast advert would: nobody is there.
  network_->run({"ping", "-c", "1", "-W", "1", "10.77.0.77"});
  const auto* failed = await<evidence::NeighbourChange>([](const evidence::NeighbourChange& f) {
    return f.failed && f.address == wire::IpAddress::v4(0x0A4D004D);
  });
  EXPECT_NE(failed, nullptr);
}

TEST_F(RecorderPath, AQueueIsCountedFromWhereItWas) {
  shell({"tc", "qdisc", "replace", "dev", "tap0", "root", "pfifo", "limit", "10"});
  start_recorder();
  if (IsSkipped()) return;
  const auto* base = await<evidence::QdiscCounters>([](const evidence::QdiscCounters& f) {
    return f.tap == 0 && f.kind == "pfifo" && f.dropped == 0;
  });
  EXPECT_NE(base, nullptr);
  // Of a rate that lets nothing through: the first is sent, one waits, the others are dropped.
  shell({"ip", "addr", "add", "10.77.0.9/24", "dev", "tap0"});
  shell({"ip", "neigh", "replace", "10.77.0.1", "lladdr", "02:00:00:00:00:01", "dev", "tap0"});
  shell({"tc", "qdisc", "replace", "dev", "tap0", "root", "tbf", "rate", "8bit", "burst", "100",
         "limit", "100"});
  network_->run({"ping", "-c", "20", "-i", "0.01", "-w", "1", "10.77.0.1"});
  const auto* dropped = await<evidence::QdiscCounters>([](const evidence::QdiscCounters& f) {
    return f.tap == 0 && f.kind == "tbf" && f.dropped > 0;
  });
  EXPECT_NE(dropped, nullptr);
}

TEST_F(RecorderPath, WhoChangedTheRulesIsTold) {
  start_recorder();
  if (IsSkipped()) return;
  if (!network_->run({"nft", "add", "table", "inet", "alibi_test"})) GTEST_SKIP() << "no nft";
  const auto* change = await<evidence::RulesetChange>(
      [](const evidence::RulesetChange& f) { return f.process == "nft" && f.pid > 0; });
  ASSERT_NE(change, nullptr);
  for (const evidence::SourceLoss& loss : recording_.losses) EXPECT_NE(loss.source, "rules");
}

}  // namespace
}  // namespace alibi::testing
