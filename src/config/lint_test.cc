// SPDX-License-Identifier: Apache-2.0
// Each pitfall is found where it stands, and a good file has none.
#include "config/lint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace alibi::config {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::string instance(const std::string& lines) {
  return "vrrp_instance V { interface eth0\n" + lines +
         "\nvirtual_router_id 7\nvirtual_ipaddress {\n10.0.0.1\n}\n}\n";
}
const std::string kGood = "global_defs { max_auto_priority 9\nscript_user nobody\n}\n";
const std::string kScript = "vrrp_script s {\nscript /bin/true\nweight 5\n}\n";

std::vector<std::string> ids(const std::string& text, const Settings* peer = nullptr) {
  std::vector<std::string> out;
  for (const Finding& f : lint_text(text, "t", peer).findings) {
    EXPECT_GE(f.place.line, 1) << f.id;
    EXPECT_FALSE(f.reason.empty() || f.remedy.empty());
    EXPECT_THAT(render(f), HasSubstr("[" + std::string(f.id) + "]"));
    out.emplace_back(f.id);
  }
  return out;
}

struct Case {
  const char* id;
  std::string text;
};

TEST(Lint, EachPitfallOfTheTextIsFound) {
  const std::vector<Case> cases = {
      {"auth-pass-cut", instance("authentication {\nauth_type PASS\nauth_pass longer_than_8\n}")},
      {"sample-password",
       "vrrp_instance V {\ninterface eth0\nvirtual_router_id 51\nvirtual_ipaddress {\n10.0.0.1\n}\n"
       "authentication {\nauth_type PASS\nauth_pass 1111\n}\n}\n"},
      {"state-master-nopreempt", instance("state MASTER\npriority 9\nnopreempt")},
      {"preempt-delay-ignored", instance("nopreempt\npreempt_delay 5")},
      {"owner-by-default", instance("state MASTER")},
      {"strict-without-accept", instance("strict_mode")},
      {"v2-subsecond", instance("advert_int 0.5")},
      {"unicast-without-peer", instance("unicast_src_ip 10.0.0.2")},
      {"unicast-without-peer", instance("unicast_peer {\n}")},
      {"two-addresses-a-line", instance("virtual_ipaddress_excluded { 10.0.0.3 10.0.0.4 }")},
      {"no-address", "vrrp_instance V {\ninterface eth0\nvirtual_router_id 7\n}\n"},
      {"shell-syntax", "vrrp_script s {\nscript \"pidof x | wc\"\n}\n" + instance("")},
      {"shell-syntax", instance("notify \"echo $(date) >> /x\"")},
      {"script-as-root", kScript + instance("")},
      {"timeout-over-interval",
       "vrrp_script s {\nscript /bin/true\ninterval 2\ntimeout 3\n}\n" + instance("")},
      {"interval-zero", "vrrp_script s {\nscript /bin/true\ninterval 0\n}\n" + instance("")},
      {"script-unused", kScript + instance("")},
      {"weights-need-peer", kScript + instance("track_script {\ns\n}")},
      {"weights-on-owner", kScript + instance("priority 255\ntrack_script {\ns\n}")},
      {"weights-clamped", kScript + instance("priority 252\ntrack_script {\ns\n}")},
      {"group-fault", "vrrp_script s {\nscript /bin/true\n}\n" + instance("") +
                          "vrrp_sync_group G {\ngroup {\nV\n}\ntrack_script {\ns\n}\n}\n"},
      {"smtp-alert-nowhere", instance("smtp_alert")},
      {"max-auto-priority", instance("")},
  };
  std::set<std::string_view> covered;
  for (const Case& one : cases) {
    EXPECT_THAT(ids(one.text), Contains(one.id)) << one.text;
    covered.insert(one.id);
  }
  for (const LintRule& rule : lint_rules()) {
    static const std::set<std::string_view> elsewhere = {"script-missing",      "script-writable",
                                                         "weights-cannot-flip", "peer-mismatch",
                                                         "priority-tie",        "duplicate-vrid"};
    EXPECT_EQ(covered.count(rule.id) + elsewhere.count(rule.id), 1U) << rule.id;
  }
}

TEST(Lint, AGoodFileHasNoFinding) {
  EXPECT_THAT(ids(kGood + "vrrp_script s {\nscript \"/bin/a 'b | c'\"\n}\n" +
                  instance("track_script {\ns\n}\nauthentication {\nauth_type PASS\n"
                           "auth_pass ownpass1\n}")),
              IsEmpty());
}

TEST(Lint, TwoFilesAreComparedForWhatCanNeverFailOver) {
  const auto file = [](const std::string& priority, const std::string& more = "") {
    return kGood + kScript + instance("priority " + priority + "\ntrack_script {\ns\n}\n" + more);
  };
  // 110+5 well, 110 failed: still above 100+5. And 101+5 well, 101 failed: below 105.
  const auto peer = parse(file("100"), "peer").settings;
  EXPECT_THAT(ids(file("110"), &peer), Contains("weights-cannot-flip"));
  EXPECT_THAT(ids(file("101"), &peer), IsEmpty());
  EXPECT_THAT(ids(file("100"), &peer), Contains("priority-tie"));
  EXPECT_THAT(ids(file("101", "version 3"), &peer), Contains("peer-mismatch"));
  EXPECT_THAT(ids(file("101", "advert_int 2"), &peer), Contains("peer-mismatch"));
  EXPECT_THAT(ids(file("101", "authentication {\nauth_type PASS\nauth_pass x\n}"), &peer),
              Contains("peer-mismatch"));
  // Seen from the lower router, the same pair.
  const auto upper = parse(file("110"), "peer").settings;
  EXPECT_THAT(ids(file("100"), &upper), Contains("weights-cannot-flip"));
}

TEST(Lint, NegativeAndReversedWeightsCountTheOtherWayRound) {
  const auto file = [](const std::string& priority, const std::string& weight) {
    return kGood + "vrrp_script s {\nscript /bin/true\nweight " + weight + "\n}\n" +
           instance("priority " + priority + "\ntrack_script {\ns\n}");
  };
  const auto peer = parse(file("100", "-20"), "peer").settings;
  EXPECT_THAT(ids(file("110", "-20"), &peer), Not(Contains("weights-cannot-flip")));
  EXPECT_THAT(ids(file("130", "-20"), &peer), Contains("weights-cannot-flip"));
  EXPECT_THAT(ids(file("110", "0"), &peer), Not(Contains("weights-cannot-flip")));
}

}  // namespace
}  // namespace alibi::config
