// SPDX-License-Identifier: Apache-2.0
// Settings written and read again are the same settings.
#include "config/dump.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "config/grammar.h"

namespace alibi::config {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

void expect_same_again(const Settings& settings, const std::string& what) {
  const std::string text = dump(settings);
  const Parsed again = parse(text, "dump");
  for (const auto& d : again.diagnostics) {
    EXPECT_EQ(d.severity, Severity::Notice) << what << "\n" << render(d);
  }
  EXPECT_EQ(dump(again.settings), text) << what;
  EXPECT_TRUE(again.settings == settings) << what << "\n" << text;
}

TEST(Dump, EveryFileThatCanRunParsesToTheSameSettings) {
  int count = 0;
  for (const char* folder : {"tests/config", "examples"}) {
    for (const auto& entry : fs::directory_iterator(fs::path(ALIBI_SOURCE_DIR) / folder)) {
      if (entry.path().extension() != ".conf") continue;
      const Parsed parsed = load(entry.path().string(), "lb01");
      if (!parsed.runnable()) continue;
      ++count;
      expect_same_again(parsed.settings, entry.path().string());
    }
  }
  EXPECT_GE(count, 5);
}

TEST(Dump, WordsThatNeedQuotationKeepTheirMeaning) {
  const Parsed parsed = parse(
      "global_defs {\nrouter_id \"@a {b} #c !\"\n}\n"
      "vrrp_script \"~S\" {\nscript \"/bin/x '\\\\$HOME' \\042 \\173\" \n}\n"
      "vrrp_instance \"$V 1\" {\ninterface eth0\nvirtual_router_id 1\nnotify /bin/\\#n\n"
      "virtual_ipaddress {\n10.0.0.1\n}\ntrack_script {\n\"~S\"\n}\n}\n",
      "t");
  ASSERT_EQ(parsed.settings.instances.size(), 1U);
  EXPECT_EQ(parsed.settings.global.router_id, "@a {b} #c !");
  expect_same_again(parsed.settings, "quotation");
}

TEST(Dump, AFifoOrItsProgramThatIsIgnoredLeavesNothing) {
  const Parsed parsed =
      parse("global_defs {\nnotify_fifo \"\"\nvrrp_notify_fifo_script \"\" user\n}\n", "t");
  EXPECT_FALSE(parsed.diagnostics.empty());
  EXPECT_TRUE(parsed.settings.global.fifos.empty());
  expect_same_again(parsed.settings, "no FIFO");
}

TEST(Dump, DefaultsAreWrittenOut) {
  const Parsed parsed = parse(
      "vrrp_instance V {\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress {\n10.0.0.1\n}\n}",
      "t");
  const std::string text = dump(parsed.settings);
  for (const char* line : {"state BACKUP", "priority 100", "advert_int 1\n", "version 2",
                           "garp_master_delay 5", "10.0.0.1/32", "smtp_connect_timeout 30"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

// What is read must be written, or be known by another keyword's line.
TEST(Dump, EveryKeywordOfTheVrrpHalfThatIsReadIsWritten) {
  const auto all = [](const Keyword& k) {
    for (const std::string_view other : {"vrrp_version",
                                         "smtp_alert",
                                         "smtp_alert_vrrp",
                                         "lvs_process_name",
                                         "preempt",
                                         "debug",
                                         "native_ipv6",
                                         "neighbour_ip",
                                         "interface",
                                         "vrrp",
                                         "delay",
                                         "hoplimit",
                                         "random_seed",
                                         "thread_timer_expired",
                                         "vmac_garp_intvl",
                                         "include_check",
                                         "no_virtual_ipaddress",
                                         "linkbeat_use_polling",
                                         "linkbeat_interfaces",
                                         "lvs_sync_daemon_interface",
                                         "old_unicast_checksum",
                                         "namespace_with_ipsets",
                                         "tmp_config_directory",
                                         "global_tracking",
                                         "instance",
                                         "use_pid_dir",
                                         "net_namespace",
                                         "child_wait_time"}) {
      if (k.name == other) return true;
    }
    return k.access.read == nullptr || k.status == Status::Later || k.name.starts_with("vrrp_") ||
           k.opens != Block::None;
  };
  for (int i = 0; i < static_cast<int>(Block::VirtualServer); ++i) {
    for (const Keyword& k : keywords_of(static_cast<Block>(i))) {
      EXPECT_TRUE(k.access.write != nullptr || all(k))
          << k.name << " in " << block_name(static_cast<Block>(i)) << " is not written";
    }
  }
}

}  // namespace
}  // namespace alibi::config
