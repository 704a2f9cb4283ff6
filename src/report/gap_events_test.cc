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
  std::string line(EventFormat format) const { return gap_event_line(*watch_, event_, format); }

  std::optional<investigate::GapWatch> watch_;
  GapEvent event_;
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
