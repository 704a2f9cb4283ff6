// SPDX-License-Identifier: Apache-2.0
// Whole files: each tests/config/*.conf gives what its .expected says (UPDATE=1 rewrites them), and
// each shipped example loads.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "config/keywords.h"
#include "config/settings.h"

namespace alibi::config {
namespace {

namespace fs = std::filesystem;
const fs::path kRoot = ALIBI_SOURCE_DIR;

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string time_text(Duration d) { return seconds_text(d, 3); }

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : " ") + fmt::format("[{}]", word);
  return out;
}

std::string address_text(const VirtualAddress& a) {
  std::string out = fmt::format("{}/{}", a.address.text(), a.prefix_length);
  if (!a.interface.empty()) out += " dev " + a.interface;
  if (a.broadcast) out += " brd " + a.broadcast->text();
  if (!a.scope.empty()) out += " scope " + *a.scope;
  if (!a.label.empty()) out += " label " + *a.label;
  return out;
}

std::string instance_text(const Instance& i) {
  const auto& v = i.vrrp;
  std::string out = fmt::format(
      "instance {}: {} vrid {} version {} IPv{} priority {}{} every {}{}{}\n", v.name, i.interface,
      v.vrid.value, v.version, v.family == wire::Family::V4 ? 4 : 6, v.base_priority.value,
      v.start_as_master ? " master" : "", time_text(v.advert_interval),
      v.preempt ? "" : " nopreempt", i.smtp_alert ? " smtp_alert" : "");
  out += fmt::format("  garp {}x after {} {}x, refresh {} {}x; down after {}; delay {}\n",
                     v.garp_master_repeat, time_text(v.garp_master_delay), v.garp_master_repeat,
                     time_text(v.garp_master_refresh), v.garp_master_refresh_repeat,
                     v.down_timer_adverts, time_text(v.preempt_delay));
  out += fmt::format("  auth {} skip_check {} lower_no_advert {} higher_send {} unicast {}\n",
                     static_cast<int>(v.auth_type), v.skip_check_adv_addr, v.lower_prio_no_advert,
                     v.higher_prio_send_advert, v.unicast);
  for (const auto& a : i.addresses) out += "  address " + address_text(a) + "\n";
  for (const auto& a : i.excluded_addresses) out += "  excluded " + address_text(a) + "\n";
  if (i.source) out += "  source " + i.source->text() + "\n";
  for (const auto& peer : i.unicast_peers) out += "  peer " + peer.address.text() + "\n";
  for (const auto& t : i.tracks->scripts) {
    out += fmt::format("  tracks {} weight {}{}\n", t.name,
                       t.weight ? std::to_string(*t.weight) : "own",
                       t.reverse.value_or(false) ? " reverse" : "");
  }
  for (const auto& [name, text] : {std::pair{"master", i.notify_master->text},
                                   {"backup", i.notify_backup->text},
                                   {"fault", i.notify_fault->text},
                                   {"stop", i.notify_stop->text},
                                   {"any", i.notify->text}}) {
    if (!text.empty()) out += fmt::format("  notify {}: {}\n", name, text);
  }
  return out;
}

std::string settings_text(const Settings& s) {
  std::string out =
      fmt::format("router_id {} script_user {}:{} security {}\n", s.global.router_id,
                  s.global.script_user, s.global.script_group, s.global.enable_script_security);
  out += fmt::format("mail from {} to {} over {}:{} in {} as {}\n", s.global.mail.from,
                     joined(s.global.mail.to), s.global.mail.server_host, s.global.mail.server_port,
                     time_text(s.global.mail.connect_timeout), s.global.mail.helo_name);
  for (const auto& c : s.scripts) {
    out += fmt::format("script {}: {} every {} timeout {} weight {}{} rise {} fall {}{} as {}:{}\n",
                       c.name, joined(c.command), time_text(c.interval), time_text(c.timeout),
                       c.weight, c.reverse ? " reverse" : "", c.rise, c.fall,
                       c.init_fail ? " init_fail" : "", c.user, c.group);
  }
  for (const auto& i : s.instances) out += instance_text(i);
  return out;
}

// Paths as seen from the folder of the snapshots.
std::string without_folder(std::string text, const std::string& folder) {
  for (auto at = text.find(folder); at != std::string::npos; at = text.find(folder, at)) {
    text.erase(at, folder.size());
  }
  return text;
}

std::string load_text(const fs::path& path) {
  const Parsed parsed = load(path.string(), "lb01");
  std::string out;
  for (const auto& d : parsed.diagnostics) out += render(d) + "\n";
  out += fmt::format("exit code {}\n", parsed.exit_code());
  return without_folder(out + settings_text(parsed.settings), path.parent_path().string() + "/");
}

std::vector<fs::path> files_of(const fs::path& folder) {
  std::vector<fs::path> out;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".conf") out.push_back(entry.path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

TEST(Snapshot, EveryFileGivesWhatIsExpected) {
  const auto files = files_of(kRoot / "tests/config");
  ASSERT_GE(files.size(), 5U);
  const bool update = std::getenv("UPDATE") != nullptr;
  for (const auto& path : files) {
    const auto expected = fs::path(path).replace_extension(".expected");
    const std::string got = load_text(path);
    if (update) std::ofstream(expected, std::ios::binary) << got;
    EXPECT_EQ(got, read(expected)) << path << " (UPDATE=1 rewrites the snapshot)";
  }
}

TEST(Keywords, TheDocumentationListsTheTable) {
  const std::string marker = "<!-- generated: alibi check --keywords -->\n";
  const fs::path path = kRoot / "docs/configuration.md";
  const std::string text = read(path);
  const auto at = text.find(marker);
  ASSERT_NE(at, std::string::npos);
  const std::string head = text.substr(0, at + marker.size());
  if (std::getenv("UPDATE") != nullptr) {
    std::ofstream(path, std::ios::binary) << head << keywords_markdown();
  }
  EXPECT_EQ(read(path), head + keywords_markdown()) << "UPDATE=1 rewrites the list";
}

TEST(Examples, EachLoadsAndCanRun) {
  const auto files = files_of(kRoot / "examples");
  ASSERT_GE(files.size(), 2U);
  for (const auto& path : files) {
    const auto parsed = load(path.string());
    EXPECT_TRUE(parsed.runnable()) << path;
    EXPECT_FALSE(parsed.settings.instances.empty()) << path;
    for (const auto& d : parsed.diagnostics) {
      EXPECT_EQ(d.message, "auth_pass has 14 characters; only the first 8 are used") << render(d);
    }
  }
}

TEST(Examples, TheStorysPairIsReadToTheLastWord) {
  const auto parsed = load((kRoot / "examples/loadbalancer01.conf").string());
  const Settings& s = parsed.settings;
  EXPECT_EQ(s.global.router_id, "loadbalancer01");
  EXPECT_EQ(s.global.mail.to, std::vector<std::string>{"ops@example.org"});
  EXPECT_EQ(s.global.mail.from, "loadbalancer01@example.org");
  EXPECT_EQ(s.global.mail.server_host, "10.10.9.8");
  EXPECT_EQ(s.global.mail.connect_timeout, 30s);
  ASSERT_EQ(s.scripts.size(), 1U);
  EXPECT_EQ(s.scripts[0].command, (std::vector<std::string>{"killall", "-0", "haproxy"}));
  EXPECT_EQ(s.scripts[0].interval, 2s);
  EXPECT_EQ(s.scripts[0].timeout, 2s);
  EXPECT_EQ(s.scripts[0].weight, 2);
  ASSERT_EQ(s.instances.size(), 1U);
  const Instance& i = s.instances[0];
  EXPECT_EQ(i.vrrp.name, "loadbalancer");
  EXPECT_EQ(i.interface, "eth0");
  EXPECT_EQ(i.vrrp.vrid, Vrid(205));
  EXPECT_EQ(i.vrrp.base_priority, Priority(101));
  EXPECT_EQ(i.vrrp.version, 2);
  EXPECT_TRUE(i.smtp_alert);
  EXPECT_EQ(i.vrrp.auth_type, wire::AuthType::Pass);
  EXPECT_EQ(std::string(i.vrrp.auth_data.begin(), i.vrrp.auth_data.end()), "totally_");
  ASSERT_EQ(i.vrrp.addresses.size(), 1U);
  EXPECT_EQ(i.vrrp.addresses[0].text(), "192.168.205.7");
  ASSERT_EQ(i.tracks->scripts.size(), 1U);
  EXPECT_EQ(i.tracks->scripts[0].name, "chk_haproxy");
  const auto other = load((kRoot / "examples/loadbalancer02.conf").string());
  EXPECT_EQ(other.settings.instances.at(0).vrrp.base_priority, Priority(100));
  EXPECT_FALSE(other.settings.instances[0].vrrp.start_as_master);
}

TEST(Load, AFileThatCannotBeReadSaysSo) {
  for (const char* path : {"/nonexistent/k.conf", "/dev/null", "/"}) {
    const auto parsed = load(path);
    EXPECT_EQ(parsed.exit_code(), 4) << path;
    ASSERT_EQ(parsed.diagnostics.size(), 1U);
    EXPECT_EQ(parsed.diagnostics[0].place.line, 0);
  }
}

}  // namespace
}  // namespace alibi::config
