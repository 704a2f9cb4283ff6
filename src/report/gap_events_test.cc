// SPDX-License-Identifier: Apache-2.0
#include "report/gap_events.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace alibi::report {
namespace {

using investigate::GapEvent;

class GapEvents : public ::testing::Test {
 protected:
  void SetUp() override {
    setenv("TZ", "UTC", 1);
    std::vector<evidence::Tap> taps(1);
    taps[0].label = "eth\"0";
    auto made = investigate::GapWatch::create({}, taps);
    ASSERT_TRUE(made);
    watch_.emplace(std::move(*made));
    event_.stream.router = {Vrid{205}, wire::Family::V4, 2};
    event_.from = wire::IpAddress::v4(0x0a000001);
    event_.to = wire::IpAddress::v4(0x0a000002);
    event_.since = Instant{1'700'000'000'000'000'000};
    event_.length = 3609ms;
    event_.at = event_.since + event_.length;
    event_.expected = 1s;
    event_.packet_before = 20;
    event_.packet = 21;
  }
  std::string line(EventFormat format) const {
    return gap_event_line(*watch_, event_, format, clock_);
  }

  std::optional<investigate::GapWatch> watch_;
  GapEvent event_;
  ShownClock clock_;
};

TEST_F(GapEvents, AGap) {
  event_.what = GapEvent::What::Gap;
  event_.capture_lost = 2;
  event_.sent_unseen = 3;
  EXPECT_EQ(line(EventFormat::Text),
            "2023-11-14 22:13:23.609000  gap          VRID 205 (IPv4, v2) at eth\"0: 3.609000 s "
            "after 10.0.0.1, ended by 10.0.0.2, the capture lost 2 frames meanwhile, 3 sent that "
            "did not get here\n");
  EXPECT_EQ(line(EventFormat::Csv),
            "gap,\"eth\"\"0\",\"VRID 205 (IPv4, v2)\",10.0.0.1,10.0.0.2,1700000000000000000,"
            "1700000003609000000,3609000000,20,21,2,3,false\n");
  EXPECT_EQ(gap_events_head(EventFormat::Csv).substr(0, 15), "kind,tap,stream");
}

TEST_F(GapEvents, IsToldByTheClockAsItIs) {
  event_.what = GapEvent::What::Gap;
  clock_.set(event_.at - 1s, 3600s);
  EXPECT_EQ(line(EventFormat::Text).substr(0, 26), "2023-11-14 23:13:23.609000");
  EXPECT_NE(line(EventFormat::Csv).find(",1700000000000000000,1700003603609000000,3609000000,"),
            std::string::npos);
  clock_.set(event_.at, -2s);
  EXPECT_EQ(line(EventFormat::Text).substr(0, 26), "2023-11-14 22:13:21.609000");
  clock_.set(event_.at, 0s);
  EXPECT_NE(line(EventFormat::Json).find("\"at_unix_ns\":1700000003609000000"), std::string::npos);
  ASSERT_EQ(clock_.remarks().size(), 3U);
  EXPECT_EQ(
      clock_.remarks()[0],
      "at 2023-11-14 22:13:22.609000 the clock was set: from then on it is 3600.000 s ahead of "
      "what it was at the beginning, which is what the report goes by");
}

TEST_F(GapEvents, AHandOver) {
  event_.what = GapEvent::What::HandOver;
  event_.incident.emplace();
  event_.incident->kind = investigate::Kind::Silence;
  event_.incident->at = event_.at;
  event_.incident->silent_since = event_.since;
  event_.incident->from_priority = Priority{101};
  event_.incident->to_priority = Priority{100};
  EXPECT_EQ(line(EventFormat::Text),
            "2023-11-14 22:13:23.609000  silence      VRID 205 (IPv4, v2) at eth\"0: 10.0.0.1 "
            "(priority 101) to 10.0.0.2 (priority 100), 3.609000 s after the last advert\n");
  const std::string json = line(EventFormat::Json);
  EXPECT_NE(json.find("\"event\":\"hand_over\""), std::string::npos) << json;
  EXPECT_NE(json.find("\"kind\":\"silence\",\"from_priority\":101"), std::string::npos) << json;
  EXPECT_EQ(json.find('\n'), json.size() - 1);
}

TEST_F(GapEvents, TheSummaryIsOneLineOfJson) {
  const std::string json = gap_summary({}, EventFormat::Json);
  EXPECT_EQ(json.substr(0, 31), "{\"event\":\"summary\",\"report\":{\"s");
  EXPECT_EQ(json.find('\n'), json.size() - 1);
  EXPECT_EQ(gap_summary({}, EventFormat::Csv), "");
}

}  // namespace
}  // namespace alibi::report
