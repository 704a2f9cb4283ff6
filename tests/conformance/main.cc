// SPDX-License-Identifier: Apache-2.0
// Registers every scenario under scenarios/ as a test of its own.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "conformance/scenario.h"

namespace alibi::conformance {
namespace {

class Played : public testing::Test {
 public:
  explicit Played(Scenario scenario) : scenario_(std::move(scenario)) {}
  void TestBody() override {
    const auto done = play(scenario_);
    EXPECT_TRUE(done) << done.error().message << "\nclause: " << scenario_.clause;
  }

 private:
  Scenario scenario_;
};

std::string test_name(std::string text) {
  std::replace_if(text.begin(), text.end(), [](char c) { return std::isalnum(c) == 0; }, '_');
  return text;
}

std::set<std::string>& known() {
  static std::set<std::string> names;
  return names;
}

/// docs/conformance.md names scenarios as `file: name`; one that is not there would prove nothing.
class Named : public testing::Test {
 public:
  void TestBody() override {
    std::ifstream in(ALIBI_CONFORMANCE_DOC);
    std::stringstream text;
    text << in.rdbuf();
    const std::string page = text.str();
    int named = 0;
    for (auto at = page.find('`'); at != std::string::npos; at = page.find('`', at + 1)) {
      const auto end = page.find('`', at + 1);
      ASSERT_NE(end, std::string::npos);
      const std::string word = page.substr(at + 1, end - at - 1);
      at = end;
      if (word.find(": ") == std::string::npos || word == "file: name") continue;
      EXPECT_TRUE(known().contains(word)) << "no scenario '" << word << "'";
      ++named;
    }
    EXPECT_GT(named, 50);
  }
};

bool register_file(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  const auto scenarios = read_scenarios(path.filename().string(), text.str());
  if (!scenarios) {
    std::fprintf(stderr, "%s\n", scenarios.error().message.c_str());
    return false;
  }
  for (const Scenario& scenario : *scenarios) {
    known().insert(path.stem().string() + ": " + scenario.name);
    testing::RegisterTest(test_name("Conformance_" + path.stem().string()).c_str(),
                          test_name(scenario.name).c_str(), nullptr, scenario.clause.c_str(),
                          path.c_str(), scenario.head.number,
                          [scenario]() -> testing::Test* { return new Played(scenario); });
  }
  return !scenarios->empty();
}

}  // namespace
}  // namespace alibi::conformance

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(ALIBI_SCENARIOS)) {
    if (entry.path().extension() != ".txt") continue;
    if (!alibi::conformance::register_file(entry.path())) return 1;
    ++files;
  }
  if (files == 0) {
    std::fprintf(stderr, "no scenarios in %s\n", ALIBI_SCENARIOS);
    return 1;
  }
  testing::RegisterTest("Conformance_document", "names_scenarios_that_exist", nullptr, nullptr,
                        __FILE__, __LINE__,
                        []() -> testing::Test* { return new alibi::conformance::Named; });
  return RUN_ALL_TESTS();
}
