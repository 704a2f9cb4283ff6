// SPDX-License-Identifier: Apache-2.0
#include "config/sources.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

namespace alibi::config {
namespace {

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "alibi-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name) << text;
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

std::string instance(const std::string& name, int vrid) {
  return "vrrp_instance " + name + " {\n interface eth0\n virtual_router_id " +
         std::to_string(vrid) + "\n}\n";
}

TEST(Sources, ReadsTheSameAgainWhenTheFilesHaveChanged) {
  const Folder folder;
  const auto main = folder.write("main.conf", "include part*.conf\n@me " + instance("A", 1));
  folder.write("part1.conf", instance("B", 2));
  folder.write("part2.conf", instance("C", 3));
  Sources read;
  const auto first = load(main, "me", read);
  ASSERT_TRUE(first.runnable());
  folder.write("main.conf", instance("OTHER", 9));
  folder.write("part1.conf", "");
  folder.write("part2.conf", "");
  const auto again = load_again(read);
  ASSERT_TRUE(again.runnable());
  const auto names = [](const Parsed& parsed) {
    std::vector<std::string> found;
    for (const auto& i : parsed.settings.instances) found.push_back(i.vrrp.name);
    return found;
  };
  EXPECT_EQ(names(again), names(first));
  EXPECT_EQ(names(again), (std::vector<std::string>{"B", "C", "A"}));
  EXPECT_EQ(again.diagnostics.size(), first.diagnostics.size());
}

TEST(Sources, FileThatCannotBeReadIsAnErrorAndKeepsNothing) {
  Sources read;
  EXPECT_FALSE(load("/nonexistent/alibi.conf", "", read).runnable());
  EXPECT_TRUE(read.includes.empty());
  EXPECT_FALSE(read.config_id.empty());
}

}  // namespace
}  // namespace alibi::config
