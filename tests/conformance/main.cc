// SPDX-License-Identifier: Apache-2.0
// Registers every scenario under scenarios/ as a test of its own.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
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
  return RUN_ALL_TESTS();
}
