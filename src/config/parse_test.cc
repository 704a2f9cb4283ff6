// SPDX-License-Identifier: Apache-2.0
// What configurations say: one table of snippets with what they set or what is said about them.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "config/settings.h"

namespace alibi::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// A whole file around some lines: line 1 is the first of them.
std::string in_instance(const std::string& lines) {
  return "vrrp_instance V { interface eth0\n" + lines +
         "\nvirtual_router_id 51\nvirtual_ipaddress {\n10.0.0.1\n}\n}\n";
}
std::string in_script(const std::string& lines) {
  return "vrrp_script S { script /bin/true\n" + lines + "\n}\n" + in_instance("");
}
std::string in_globals(const std::string& lines) {
  return "global_defs { \n" + lines + "\n}\n" + in_instance("");
}

Parsed parse_text(const std::string& text) { return parse(text, "t"); }

struct Bad {
  std::string name;
  std::string text;
  std::string said;  ///< in the rendering of one diagnostic
  int exit_code = 5;
  std::size_t count = 1;
};
void PrintTo(const Bad& bad, std::ostream* out) { *out << bad.name; }

class BadSnippet : public ::testing::TestWithParam<Bad> {};

TEST_P(BadSnippet, IsNamedWithItsPlace) {
  const auto& bad = GetParam();
  const auto parsed = parse_text(bad.text);
  std::vector<std::string> said;
  for (const auto& d : parsed.diagnostics) {
    const auto text = render(d);
    said.push_back(text.substr(0, text.find('\n')));
  }
  EXPECT_THAT(said, ::testing::Contains(HasSubstr(bad.said)));
  EXPECT_EQ(said.size(), bad.count) << ::testing::PrintToString(said);
  EXPECT_EQ(parsed.exit_code(), bad.exit_code);
  EXPECT_EQ(parsed.runnable(), bad.exit_code != 4);
}

std::vector<Bad> bad_instances() {
  const auto inst = [](std::string name, const std::string& lines, std::string said, int code = 5,
                       std::size_t count = 1) {
    return Bad{std::move(name), in_instance(lines), std::move(said), code, count};
  };
  return {
      inst("misspelt", "priorty 5",
           "t:2:1: warning: unknown keyword 'priorty' in vrrp_instance; "
           "the line is ignored; did you mean 'priority'?"),
      inst("unknown_block_is_one", "wibble {\na b\nc {\nd\n}\n}", "unknown keyword 'wibble'"),
      inst("wrong_block", "auth_type PASS", "(auth_type belongs in authentication)"),
      inst("outside_word", "global_defs", "(global_defs stands outside of blocks)"),
      inst("no_value", "priority", "t:2:1: error: priority needs a value", 4),
      inst("priority_300", "priority 300",
           "t:2:10: warning: priority must be a whole number from "
           "1 to 255, not '300'; 100 is used"),
      inst("priority_10x", "priority 10x", "not '10x'"),
      inst("vrid_0", "virtual_router_id 0", "virtual_router_id must be"),
      inst("state", "state master", "BACKUP is used; did you mean 'MASTER'?"),
      inst("state_twice", "state MASTER\npriority 9\nstate BACKUP", "BACKUP is ignored"),
      inst("advert_zero", "advert_int 0", "advert_int must be from 0.01 to 255 seconds, not '0'"),
      inst("advert_v2", "advert_int 1.5", "whole seconds; 2 is used"),
      inst("advert_v3_long", "version 3\nadvert_int 50", "40.95 is used"),
      inst("advert_v3_fine", "version 3\nadvert_int 0.015", "0.02 s is used"),
      inst("version_4", "version 4", "version must be a whole number from 2 to 3"),
      inst("pass_cut", "authentication {\nauth_type PASS\nauth_pass totally_secret\n}",
           "t:4:11: warning: auth_pass has 14 characters; only the first 8 are used"),
      inst("pass_missing", "authentication {\nauth_type PASS\n}", "needs an auth_pass"),
      inst("pass_v3", "version 3\nauthentication {\nauth_type PASS\nauth_pass x\n}",
           "version 3 has no authentication"),
      inst("auth_ah", "authentication {\nauth_type AH\nauth_pass x\n}", "AH is not supported", 4,
           2),
      inst("auth_type_case", "authentication {\nauth_type pass\n}", "did you mean 'PASS'?"),
      inst("nopreempt_master", "state MASTER\npriority 9\nnopreempt", "nopreempt does not work"),
      inst("nopreempt_owner", "priority 255\nnopreempt", "does not go with priority 255"),
      inst("delay_nopreempt", "nopreempt\npreempt_delay 5", "does not go with nopreempt"),
      inst("delay_long", "preempt_delay 1001", "from 0 to 1000 seconds"),
      inst("garp_repeat_0", "garp_master_repeat 0", "1 is used"),
      inst("bool", "smtp_alert maybe", "takes on or off"),
      inst("unknown_script", "track_script {\nchk\n}", "no vrrp_script is called 'chk'"),
      inst("two_on_a_line", "virtual_ipaddress_excluded { 10.0.0.8 10.0.0.9 }",
           "a line holds one address: '10.0.0.9' is ignored"),
      inst("not_an_address", "virtual_ipaddress_excluded {\n10.0.0.256\n}",
           "t:3:1: error: '10.0.0.256' is not an IP address; it is left out"),
      inst("prefix", "virtual_ipaddress_excluded {\n10.0.0.2/33\n}", "32 is used"),
      inst("scope", "virtual_ipaddress_excluded {\n10.0.0.2/24 scope lnk\n}",
           "did you mean 'link'?"),
      inst("brd_host", "virtual_ipaddress_excluded {\n10.0.0.2 brd +\n}", "brd is ignored"),
      inst("brd_bad", "virtual_ipaddress_excluded {\n10.0.0.2 brd x\n}",
           "error: 'x' is not a broadcast address"),
      inst("long_name", "interface a_very_long_interface", "cannot be an interface", 4),
      inst("loopback", "interface lo", "loopback", 4),
      inst("unicast_without_peers", "unicast_peer {\n}", "the instance speaks multicast"),
      inst("mixed_families", "virtual_ipaddress {\n10.0.0.2\nfe80::1\n}",
           "t:4:1: error: 'fe80::1' is not of the address family"),
      inst("brace_missing", "authentication\nauth_type PASS\nauth_pass x\n}",
           "t:2:1: warning: a '{' is missing after authentication"),
      inst("value_brace_missing", "track_script\npriority 9",
           "a '{' is missing after track_script"),
      inst("close_missing", "authentication {\nauth_type PASS\nauth_pass x",
           "t:2:1: warning: the block of authentication is not closed: a '}' is missing"),
      inst("mcast_dst", "mcast_dst_ip 10.0.0.19", "is not a multicast address"),
  };
}

std::vector<Bad> bad_others() {
  const auto twice = in_instance("") +
                     "vrrp_instance W {\ninterface eth0\nvirtual_router_id 51\n"
                     "virtual_ipaddress {\n10.0.0.2\n}\n}\n";
  return {
      {"interval_0", in_script("interval 0"), "1 second is used", 5, 1},
      {"weight_300", in_script("weight 300"), "from -253 to 253", 5, 1},
      {"weight_word", in_script("weight 3 revers"), "did you mean 'reverse'?", 5, 1},
      {"rise_x", in_script("rise x"), "1 is used", 5, 1},
      {"no_script_line", "vrrp_script S {\n}\n" + in_instance(""), "has no script line", 5, 1},
      {"empty_script", "vrrp_script S {\nscript \"\"\n}\n" + in_instance(""), "is empty", 5, 1},
      {"script_without_name", "vrrp_script {\nscript x\n}\n" + in_instance(""), "needs a name", 4,
       1},
      {"script_twice", in_script("") + "vrrp_script S {\nscript x\n}\n", "is defined twice", 5, 1},
      {"instance_without_name", "vrrp_instance {\n}\n" + in_instance(""), "needs a name", 5, 1},
      {"instance_twice", in_instance("") + in_instance(""), "already defined on line 1", 5, 1},
      {"vrid_twice", twice, "vrrp_instance V (line 1) has virtual_router_id 51 on eth0, too", 4, 1},
      {"no_vrid", "vrrp_instance V {\ninterface eth0\nvirtual_ipaddress {\n10.0.0.1\n}\n}",
       "t:1:15: error: vrrp_instance V needs a virtual_router_id", 4, 1},
      {"no_interface",
       "vrrp_instance V {\nvirtual_router_id 1\nvirtual_ipaddress {\n10.0.0.1\n}\n}",
       "needs an interface", 4, 1},
      {"no_address", "vrrp_instance V {\nvirtual_router_id 1\ninterface eth0\n}", "nothing to keep",
       5, 1},
      {"no_address_v6", "vrrp_instance V {\nvirtual_router_id 1\ninterface eth0\nnative_ipv6\n}",
       "is IPv6 and has no virtual_ipaddress", 4, 2},
      {"script_after_use",
       in_instance("track_script {\nS\n}") + "vrrp_script S {\nscript /bin/true\n}\n",
       "is defined after this line", 5, 1},
      {"smtp_port", in_globals("smtp_server 10.0.0.9 99999"), "the port must be", 5, 1},
      {"smtp_server_empty", in_globals("smtp_server"), "needs a value", 4, 1},
      {"router_id_empty", in_globals("router_id"), "the line is ignored", 5, 1},
      {"group4", in_globals("vrrp_mcast_group4 10.0.0.19"), "is not an IPv4 multicast", 5, 1},
      {"extra_close", in_instance("") + "}", "this '}' closes nothing", 5, 1},
      {"brace_alone", "{\nx\n}\n" + in_instance(""), "a '{' without a keyword", 5, 1},
      {"end_in_block",
       "vrrp_instance V {\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress {"
       "\n10.0.0.1\n",
       "a '}' is missing", 5, 2},
      {"next_block_in_block", "vrrp_script S {\nscript x\n" + in_instance(""),
       "the block of vrrp_script is not closed", 5, 1},
      {"unknown_in_lvs",
       "virtual_server 10.0.0.1 80 {\nreal_server 10.0.0.2 80 {\nwieght 1\n}\n}\n" +
           in_instance(""),
       "unknown keyword 'wieght' in real_server; the line is ignored; did you mean 'weight'?", 5,
       2},
  };
}

const auto kName = [](const auto& info) { return info.param.name; };
INSTANTIATE_TEST_SUITE_P(Instance, BadSnippet, ::testing::ValuesIn(bad_instances()), kName);
INSTANTIATE_TEST_SUITE_P(Other, BadSnippet, ::testing::ValuesIn(bad_others()), kName);

struct Good {
  std::string name;
  std::string text;
  std::function<void(const Settings&)> check;
};
void PrintTo(const Good& good, std::ostream* out) { *out << good.name; }

class GoodSnippet : public ::testing::TestWithParam<Good> {};

TEST_P(GoodSnippet, SetsWhatItSays) {
  const auto parsed = parse_text(GetParam().text);
  std::string said;
  for (const auto& d : parsed.diagnostics) said += render(d) + "\n";
  EXPECT_EQ(said, "");
  EXPECT_EQ(parsed.exit_code(), 0);
  GetParam().check(parsed.settings);
}

Good inst(std::string name, const std::string& lines, std::function<void(const Instance&)> check) {
  return Good{std::move(name), in_instance(lines),
              [check](const Settings& s) { check(s.instances.at(0)); }};
}

Good script(std::string name, const std::string& lines, std::function<void(const Script&)> check) {
  return Good{std::move(name), in_script(lines),
              [check](const Settings& s) { check(s.scripts.at(0)); }};
}

std::vector<Good> good_instances() {
  return {
      inst("defaults", "",
           [](const Instance& i) {
             EXPECT_EQ(i.vrrp.base_priority, Priority(100));
             EXPECT_EQ(i.vrrp.version, 2);
             EXPECT_EQ(i.vrrp.advert_interval, 1s);
             EXPECT_TRUE(i.vrrp.preempt);
             EXPECT_EQ(i.vrrp.garp_master_repeat, 5);
             EXPECT_EQ(i.vrrp.garp_master_delay, 5s);
             EXPECT_EQ(i.vrrp.down_timer_adverts, 3);
             EXPECT_EQ(i.vrrp.auth_type, wire::AuthType::None);
             EXPECT_FALSE(i.smtp_alert);
             EXPECT_EQ(i.addresses.at(0).prefix_length, 32);
           }),
      inst("one_line",
           "priority 5 # five\nauthentication { auth_type PASS }\n"
           "authentication { auth_pass \"a b\" }",
           [](const Instance& i) {
             EXPECT_EQ(i.vrrp.base_priority, Priority(5));
             const std::array<std::uint8_t, 8> pass{'a', ' ', 'b'};
             EXPECT_EQ(i.vrrp.auth_data, pass);
           }),
      inst("v3", "advert_int 0.25\nversion 3",
           [](const Instance& i) {
             EXPECT_EQ(i.vrrp.version, 3);
             EXPECT_EQ(i.vrrp.advert_interval, 250ms);
           }),
      inst("address_options",
           "virtual_ipaddress_excluded {\n10.0.0.2/24 brd + dev eth1 scope link label eth1:vip\n"
           "10.0.9.2/22 brd -\n2001:db8::1/64\n10.0.0.3/24 broadcast 10.0.0.99\n}",
           [](const Instance& i) {
             ASSERT_EQ(i.excluded_addresses.size(), 4U);
             const auto& a = i.excluded_addresses[0];
             EXPECT_EQ(a.prefix_length, 24);
             EXPECT_EQ(a.broadcast->text(), "10.0.0.255");
             EXPECT_EQ(a.interface, "eth1");
             EXPECT_EQ(*a.scope, "link");
             EXPECT_EQ(*a.label, "eth1:vip");
             EXPECT_EQ(i.excluded_addresses[1].broadcast->text(), "10.0.8.0");
             EXPECT_EQ(i.excluded_addresses[2].prefix_length, 64);
             EXPECT_EQ(i.excluded_addresses[3].broadcast->text(), "10.0.0.99");
           }),
      inst("unicast", "unicast_src_ip 10.0.0.2\nunicast_peer {\n10.0.0.3\n10.0.0.4\n}",
           [](const Instance& i) {
             EXPECT_TRUE(i.vrrp.unicast);
             EXPECT_EQ(i.source->text(), "10.0.0.2");
             EXPECT_EQ(i.unicast_peers.size(), 2U);
           }),
      inst("preemption", "nopreempt\npreempt\npreempt_delay 2.5",
           [](const Instance& i) {
             EXPECT_TRUE(i.vrrp.preempt);
             EXPECT_EQ(i.vrrp.preempt_delay, 2500ms);
           }),
      inst("notify", "notify_master \"/bin/m one 'two three'\"\nnotify /bin/n",
           [](const Instance& i) {
             EXPECT_EQ(i.notify_master->text, "/bin/m one 'two three'");
             EXPECT_EQ(i.notify->text, "/bin/n");
           }),
  };
}

std::vector<Good> good_scripts() {
  return {
      script("script_defaults", "",
             [](const Script& s) {
               EXPECT_THAT(s.command, ElementsAre("/bin/true"));
               EXPECT_EQ(s.interval, 1s);
               EXPECT_EQ(s.timeout, 1s);
               EXPECT_EQ(s.weight, 0);
               EXPECT_EQ(s.rise, 1);
             }),
      script(
          "script_values",
          "script \"killall -0 'a b'\"\ninterval 0.5\ntimeout 3\nweight -5 reverse\nrise 2\nfall "
          "3\ninit_fail\nuser nobody nogroup",
          [](const Script& s) {
            EXPECT_THAT(s.command, ElementsAre("killall", "-0", "a b"));
            EXPECT_EQ(s.command_text, "killall -0 'a b'");
            EXPECT_EQ(s.interval, 500ms);
            EXPECT_EQ(s.timeout, 3s);
            EXPECT_EQ(s.weight, -5);
            EXPECT_TRUE(s.reverse);
            EXPECT_EQ(s.fall, 3);
            EXPECT_TRUE(s.init_fail);
            EXPECT_EQ(s.group, "nogroup");
          }),
      script("script_words", "script /bin/a b \"c d\"  # e",
             [](const Script& s) {
               EXPECT_THAT(s.command, ElementsAre("/bin/a", "b", "c d"));
               EXPECT_EQ(s.command_text, "/bin/a b \"c d\"");
             }),
      {"track_weight",
       "vrrp_script S {\nscript x\nweight 7 reverse\n}\nvrrp_script T {\nscript x\n"
       "}\n" +
           in_instance("track_script {\nS weight 3 noreverse\nT weight -3 "
                       "reverse\n}"),
       [](const Settings& s) {
         const auto& tracks = s.instances[0].tracks->scripts;
         EXPECT_EQ(*tracks.at(0).weight, 3);
         EXPECT_FALSE(tracks[0].reverse.value());
         EXPECT_EQ(*tracks.at(1).weight, -3);
         EXPECT_TRUE(tracks[1].reverse.value());
       }},
  };
}

std::vector<Good> good_files() {
  return {
      {"globals_are_defaults",
       in_instance("smtp_alert off\ngarp_master_repeat 2\n") +
           "global_defs {\nsmtp_alert\nvrrp_garp_master_repeat 7\nvrrp_garp_master_delay 9\n"
           "vrrp_version 3\nvrrp_skip_check_adv_addr\nvrrp_lower_prio_no_advert true\n"
           "vrrp_higher_prio_send_advert yes\nvrrp_down_timer_adverts 4\nv3_checksum_as_v2\n}\n",
       [](const Settings& s) {
         const auto& i = s.instances[0];
         EXPECT_FALSE(i.smtp_alert);
         EXPECT_EQ(i.vrrp.garp_master_repeat, 2);
         EXPECT_EQ(i.vrrp.garp_master_delay, 9s);
         EXPECT_EQ(i.vrrp.version, 3);
         EXPECT_TRUE(i.vrrp.skip_check_adv_addr);
         EXPECT_TRUE(i.vrrp.lower_prio_no_advert);
         EXPECT_TRUE(i.vrrp.higher_prio_send_advert);
         EXPECT_EQ(i.vrrp.down_timer_adverts, 4);
         EXPECT_EQ(i.vrrp.v3_checksum, wire::V3Checksum::MessageOnly);
       }},
      {"mail",
       in_globals("notification_email { a@b.c\nd@e.f g@h.i\n}\nsmtp_server ::1 2525\n"
                  "smtp_helo_name me\nscript_user nobody nogroup"),
       [](const Settings& s) {
         EXPECT_THAT(s.global.mail.to, ElementsAre("a@b.c", "d@e.f", "g@h.i"));
         EXPECT_EQ(s.global.mail.server_host, "::1");
         EXPECT_EQ(s.global.mail.server_port, 2525);
         EXPECT_EQ(s.global.mail.helo_name, "me");
         EXPECT_EQ(s.global.script_group, "nogroup");
       }},
      {"ipv6",
       "vrrp_instance V {\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress {\n"
       "fe80::1\n2001:db8::1/64\n}\n}",
       [](const Settings& s) {
         EXPECT_EQ(s.instances[0].vrrp.version, 3);
         EXPECT_EQ(s.instances[0].vrrp.family, wire::Family::V6);
         EXPECT_EQ(s.instances[0].addresses[0].prefix_length, 128);
       }},
      {"same_vrid_elsewhere",
       in_instance("") + "vrrp_instance W {\ninterface eth1\nvirtual_router_id 51\n"
                         "virtual_ipaddress {\n10.0.1.1\n}\n}\nvrrp_instance X {\ninterface eth0\n"
                         "virtual_router_id 51\nvirtual_ipaddress {\nfe80::1\n}\n}\n",
       [](const Settings& s) { EXPECT_EQ(s.instances.size(), 3U); }},
  };
}

INSTANTIATE_TEST_SUITE_P(Instance, GoodSnippet, ::testing::ValuesIn(good_instances()), kName);
INSTANTIATE_TEST_SUITE_P(Script, GoodSnippet, ::testing::ValuesIn(good_scripts()), kName);
INSTANTIATE_TEST_SUITE_P(File, GoodSnippet, ::testing::ValuesIn(good_files()), kName);

TEST(Parse, AnAdvertHolds255AddressesTheRestIsKeptUnadvertised) {
  std::string lines = "virtual_ipaddress {\n";
  for (int n = 0; n < 300; ++n) lines += fmt::format("10.1.{}.{}\n", n / 250, n % 250 + 1);
  const auto parsed = parse_text(in_instance(lines + "}"));
  const auto& instance = parsed.settings.instances.at(0);
  EXPECT_EQ(instance.addresses.size(), 255U);
  EXPECT_EQ(instance.vrrp.addresses.size(), 255U);
  EXPECT_EQ(instance.excluded_addresses.size(), 46U);  // 300 and the one of in_instance()
  EXPECT_EQ(instance.excluded_addresses[0].address.text(), "10.1.1.6");
  EXPECT_EQ(parsed.exit_code(), 5);
}

TEST(Parse, KnownWordsThatAreNotServedAreNamedOnceAndDoNotCount) {
  const auto parsed =
      parse_text(in_instance("use_ipvlan\nlinkbeat_use_polling\nuse_ipvlan") +
                 "virtual_server 10.0.0.1 80 {\nlb_algo rr\nreal_server 10.0.0.2 80 "
                 "{\nTCP_CHECK {\nconnect_timeout 3\n}\n}\n}\nSSL {\nca x\n}\n");
  EXPECT_EQ(parsed.exit_code(), 0);
  std::vector<std::string> said;
  for (const auto& d : parsed.diagnostics) {
    EXPECT_EQ(d.severity, Severity::Notice);
    said.push_back(d.message);
  }
  EXPECT_THAT(said, ElementsAre(HasSubstr("use_ipvlan is not served by alibi yet"),
                                HasSubstr("linkbeat_use_polling is not served"),
                                HasSubstr("virtual_server is not served")));
  EXPECT_THAT(said[0], HasSubstr("(2 places)"));
}

// keepalived 2.2.7: "track bfd router not found, ignoring"
TEST(Parse, ASessionForCheckersAloneIsNotTracked) {
  const std::string bfd = "bfd_instance router {\nneighbor_ip 10.0.0.9\nchecker\n";
  const std::string instance = in_instance("track_bfd {\nrouter\n}");
  auto parsed = parse_text(bfd + "}\n" + instance);
  ASSERT_EQ(parsed.diagnostics.size(), 1U);
  EXPECT_THAT(parsed.diagnostics[0].message, HasSubstr("router is for the checkers alone"));
  EXPECT_TRUE(parsed.settings.instances[0].tracks->bfds.empty());
  parsed = parse_text(bfd + "vrrp\n}\n" + instance);
  EXPECT_TRUE(parsed.diagnostics.empty());
  EXPECT_EQ(parsed.settings.instances[0].tracks->bfds.size(), 1U);
}

TEST(Parse, APasswordIsNotQuoted) {
  for (const char* line : {"auth_pass totally_secret", "auth_pass \"totally secret\""}) {
    const auto parsed =
        parse_text(in_instance("authentication {\nauth_type PASS\n" + std::string(line) + "\n}"));
    ASSERT_EQ(parsed.diagnostics.size(), 1U);
    EXPECT_THAT(render(parsed.diagnostics[0]), Not(HasSubstr("secret")));
    EXPECT_THAT(parsed.diagnostics[0].source_line, HasSubstr("auth_pass"));
  }
}

TEST(Parse, MailWithoutReceiverOrServerIsNamed) {
  const auto parsed = parse_text(in_instance("smtp_alert"));
  ASSERT_EQ(parsed.diagnostics.size(), 1U);
  EXPECT_THAT(parsed.diagnostics[0].message, HasSubstr("no notification_email"));
  EXPECT_EQ(parsed.exit_code(), 0);
}

TEST(Parse, OfNothingIsNothing) {
  const auto parsed = parse_text("");
  EXPECT_EQ(parsed.exit_code(), 0);
  ASSERT_EQ(parsed.diagnostics.size(), 1U);
  EXPECT_THAT(render(parsed.diagnostics[0]),
              "t: notice: there is no vrrp_instance: alibi has "
              "nothing to keep");
}

}  // namespace
}  // namespace alibi::config
