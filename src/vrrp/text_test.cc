// SPDX-License-Identifier: Apache-2.0
// The text form round trip, its errors, and the log wording.
#include "vrrp/text.h"

#include <gtest/gtest.h>

#include "vrrp/log_text.h"

namespace alibi::vrrp {
namespace {

Parameters parameters() {
  Parameters p;
  p.name = "VI_1";
  p.vrid = Vrid{51};
  p.addresses = {*wire::IpAddress::parse("10.0.0.100")};
  return p;
}

TEST(Text, InputsRoundTrip) {
  for (const char* line : {
           "start", "stop", "timer",
           "advert from 10.0.0.2 prio 101 vrid 51 v 2 int 1 auth none vips 10.0.0.100 ttl 255",
           "advert from fe80::2 prio 0 vrid 7 v 3 int 0.25 auth none vips none ttl 64 unicast",
           "advert from 10.0.0.2 prio 1 vrid 1 v 2 int 1 auth pass:x:746f74616c6c795f vips "
           "10.0.0.1,10.0.0.2 ttl 255",
           "priority 102 because script chk_haproxy succeeded", "priority 100",
           "fault track_failed because script chk failed (exit status 1)", "fault link_down",
           "clear", "clear link_down", "source 10.0.0.1", "source none",
           "address-lost 10.0.0.100", "group master because VI_2 of group VG: x", "group backup",
           "group wait 0.25", "group wait 1 because VI_2 hears a master"}) {
    const auto input = parse_input(line, parameters());
    ASSERT_TRUE(input) << line << ": " << input.error().message;
    EXPECT_EQ(print(*input), line);
  }
}

TEST(Text, OutputsRoundTrip) {
  for (const char* line :
       {"send prio 0", "add-addresses", "remove-addresses", "garp 5",
        "transition BACKUP MASTER master_silent : no advert from 10.0.0.2 for 3.612 s",
        "transition INIT BACKUP start_up", "rejected ttl from 10.0.0.2",
        "rejected address_list from 10.0.0.2 first accepted : why", "note : Changing",
        "note verbose : Receive advertisement timeout"}) {
    const auto output = parse_output(line);
    ASSERT_TRUE(output) << line << ": " << output.error().message;
    EXPECT_EQ(print(*output), line);
  }
}

TEST(Text, AdvertTakesTheRestFromOurParameters) {
  const auto input = parse_input("advert from 10.0.0.2 prio 101 auth pass:totally_secret",
                                 parameters());
  ASSERT_TRUE(input);
  EXPECT_EQ(print(*input),
            "advert from 10.0.0.2 prio 101 vrid 51 v 2 int 1 auth pass:x:746f74616c6c795f vips "
            "10.0.0.100 ttl 255");
}

TEST(Text, ErrorsNameTheWord) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "''"},
      {"begin", "'begin'"},
      {"start now", "'now'"},
      {"advert from 10.0.0.2", "'prio'"},
      {"advert from here prio 1", "'here'"},
      {"advert from 10.0.0.2 prio 256", "'256'"},
      {"advert from 10.0.0.2 prio 1 int -1", "'-1'"},
      {"advert from 10.0.0.2 prio 1 colour red", "'colour'"},
      {"advert from 10.0.0.2 prio 1 vips 10.0.0.1,", "'10.0.0.1,'"},
      {"advert from 10.0.0.2 prio 1 auth pass:x:zz6f74616c6c795f", "'x:zz6f74616c6c795f'"},
      {"fault tired", "'tired'"},
      {"priority", "''"},
  };
  for (const auto& [line, word] : cases) {
    const auto input = parse_input(line, parameters());
    ASSERT_FALSE(input) << line;
    EXPECT_NE(input.error().message.find(word), std::string::npos) << input.error().message;
  }
  EXPECT_FALSE(parse_output("transition BACKUP NOWHERE start_up"));
  EXPECT_FALSE(parse_output("garp many"));
}

TEST(Text, Durations) {
  EXPECT_EQ(*parse_duration("1"), Duration(1s));
  EXPECT_EQ(*parse_duration("3.609375"), Duration(3609375us));
  EXPECT_EQ(*parse_duration("0.25s"), Duration(250ms));
  EXPECT_EQ(*parse_duration("36.093ms"), Duration(36093us));
  for (const char* bad : {"", "s", "-1", "1.x", "1..5", "1e3", "99999999999", "0.0000000001"}) {
    EXPECT_FALSE(parse_duration(bad)) << bad;
  }
}

TEST(LogText, KeepalivedsWordsAndTheReason) {
  const Parameters p = parameters();
  EXPECT_EQ(log_line(p, Transition{State::Backup, State::Master,
                                   {ReasonCode::MasterSilent, "no advert from 10.0.0.2 for 3.612 s"
                                                              " (master-down interval 3.609 s)"}}),
            "(VI_1) Entering MASTER STATE: no advert from 10.0.0.2 for 3.612 s (master-down "
            "interval 3.609 s) [master_silent]");
  EXPECT_EQ(log_line(p, Transition{State::Init, State::Backup, {ReasonCode::StartUp, ""}}),
            "(VI_1) Entering BACKUP STATE (init) [start_up]");
  EXPECT_EQ(log_line(p, Transition{State::Master, State::Init, {ReasonCode::ShutDown, ""}}),
            "(VI_1) Stopped [shut_down]");
  EXPECT_EQ(log_line(p, SendAdvert{Priority{0}}), "(VI_1) sent 0 priority");
  EXPECT_EQ(log_line(p, SendAdvert{Priority{100}}), "");
  EXPECT_EQ(log_line(p, AddAddresses{}), "(VI_1) setting VIPs.");
  EXPECT_EQ(log_line(p, Rejected{RejectCode::Ttl, {}, "", false}), "");
  EXPECT_TRUE(verbose_only(AddAddresses{}));
  EXPECT_FALSE(verbose_only(Note{"x"}));
}

}  // namespace
}  // namespace alibi::vrrp
