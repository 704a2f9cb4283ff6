// SPDX-License-Identifier: Apache-2.0
// What a command line says of the configuration, and what settings are as evidence.
#include "daemon/process_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "daemon/configured_routers.h"
#include "os/process_files.h"

namespace alibi::daemon {
namespace {

using evidence::TrackedObject;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(ConfigArguments, AreFoundAsGetoptFindsThem) {
  using Words = std::vector<std::string>;
  const auto file = [](const Words& words) { return config_arguments(words).file; };
  EXPECT_EQ(file({"keepalived", "-n"}), "/etc/keepalived/keepalived.conf");
  EXPECT_EQ(file({"keepalived", "-f", "/a"}), "/a");
  EXPECT_EQ(file({"keepalived", "-nlf", "/a"}), "/a");
  EXPECT_EQ(file({"keepalived", "-nlf/a", "-D"}), "/a");
  EXPECT_EQ(file({"alibi", "run", "--use-file=/a"}), "/a");
  EXPECT_EQ(file({"keepalived", "--use-file", "/a"}), "/a");
  EXPECT_EQ(file({"keepalived", "-p", "-f", "-f", "/a"}), "/a");  // -p's argument is -f
  EXPECT_EQ(file({"keepalived", "--pid", "-f"}), "/etc/keepalived/keepalived.conf");
  EXPECT_EQ(file({"keepalived", "-f"}), "/etc/keepalived/keepalived.conf");
  EXPECT_EQ(file({}), "/etc/keepalived/keepalived.conf");
  EXPECT_EQ(config_arguments({"keepalived", "-i", "blue"}).config_id, "blue");
}

std::string text(const std::string& more, const std::string& priority = "110",
                 const std::string& other = "100") {
  return "vrrp_script chk {\nscript \"/bin/check a  b\"\nweight -20\n}\n"
         "track_file f {\nfile /run/f\n}\n"
         "vrrp_instance A {\ninterface eth0\nvirtual_router_id 51\npriority " +
         priority +
         "\nuse_vmac\nvirtual_ipaddress {\n10.0.0.1\n10.0.1.1 dev eth2\n}\n"
         "track_script {\nchk\n}\ntrack_interface {\neth1 weight 30 reverse\n}\n}\n"
         "vrrp_instance B {\ninterface eth3\ndont_track_primary\nvirtual_router_id 52\npriority " +
         other + "\nvirtual_ipaddress {\n2001:db8::1\n}\n}\n" + more;
}

ConfiguredRouters routers(const std::string& config) {
  const config::Parsed parsed = config::parse(config, "t");
  EXPECT_TRUE(parsed.runnable());
  return configured_routers(parsed.settings);
}

TEST(ConfiguredRouters, HoldWhatEachDependsOn) {
  const auto all = routers(text("vrrp_sync_group G {\ngroup {\nA\nB\n}\n"
                                "track_file {\nf weight 0\n}\n}\n"))
                       .routers;
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].vrid, 51);
  EXPECT_EQ(all[0].family, 4);
  EXPECT_EQ(all[0].virtual_mac_link, "vrrp.51");
  EXPECT_TRUE(all[0].track_primary);
  EXPECT_THAT(all[0].address_links, ElementsAre("eth2"));
  EXPECT_EQ(all[0].sync_group, "G");
  EXPECT_EQ(all[1].family, 6);
  EXPECT_FALSE(all[1].track_primary);
  const TrackedObject file{TrackedObject::Kind::File, "f", "/run/f", 0, false};
  EXPECT_THAT(all[1].tracks, ElementsAre(file));
  EXPECT_EQ(all[0].tracks.back(), file);
}

TEST(ConfiguredRouters, ObjectsHaveTheirOwnWeightsUnlessTheLineSaysOtherwise) {
  const auto all = routers(text("")).routers;
  EXPECT_THAT(
      all.at(0).tracks,
      ElementsAre(TrackedObject{TrackedObject::Kind::Interface, "eth1", "", 30, true},
                  TrackedObject{TrackedObject::Kind::Script, "chk", "/bin/check a b", -20, false}));
}

TEST(ConfiguredRouters, SettingsDifferWhereTheRoutersDo) {
  const auto before = routers(text(""));
  const auto after = routers(text("", "90"));
  EXPECT_NE(before.settings[0], after.settings[0]);
  EXPECT_EQ(before.settings[1], after.settings[1]);
  EXPECT_EQ(before.settings, routers("# a comment\n" + text("")).settings);
  const auto global = routers("global_defs {\nvrrp_garp_master_delay 9\n}\n" + text(""));
  EXPECT_NE(before.settings[1], global.settings[1]);
  // A member's other members are its business, their settings are not.
  const std::string group = "vrrp_sync_group G {\ngroup {\nA\nB\n}\n}\n";
  EXPECT_NE(before.settings[0], routers(text(group)).settings[0]);
  EXPECT_EQ(routers(text(group)).settings[0], routers(text(group, "110", "90")).settings[0]);
}

TEST(ProcessConfig, IsOnlyReadOfDaemonsThatHaveOne) {
  ProcessConfig read;
  std::thread([&read] { read = read_process_config(getpid(), 0); }).join();
  EXPECT_THAT(read.unknown, HasSubstr("has no configuration file"));
  std::thread([&read] { read = read_process_config(0x7fffffff, 0); }).join();
  EXPECT_THAT(read.unknown, HasSubstr("gone"));
}

TEST(ProcessFiles, TellTheLatestChange) {
  const auto folder =
      std::filesystem::temp_directory_path() / ("alibi-" + std::to_string(getpid()));
  std::filesystem::create_directory(folder);
  const std::string file = folder / "file";
  const std::string link = folder / "link";
  std::ofstream(file) << "x";
  const std::int64_t first = os::changed_unix_ns(file);
  EXPECT_GT(first, 0);
  while (os::changed_unix_ns(file) == first)
    std::filesystem::rename(file, folder / "other"),
        std::filesystem::rename(folder / "other", file);
  std::filesystem::create_symlink(file, link);
  EXPECT_GE(os::changed_unix_ns(link), os::changed_unix_ns(file));
  EXPECT_EQ(os::changed_unix_ns(folder / "none"), 0);
  std::filesystem::remove_all(folder);
  EXPECT_GT(os::started_unix_ns(getpid()), 1'700'000'000'000'000'000 / 10);
  EXPECT_FALSE(os::arguments_of(getpid()).empty());
}

}  // namespace
}  // namespace alibi::daemon
