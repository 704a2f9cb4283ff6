// SPDX-License-Identifier: Apache-2.0
#include "daemon/kept_sources.h"

#include <gtest/gtest.h>

namespace alibi::daemon {
namespace {

config::Sources sample(std::size_t instances) {
  config::Sources sources{"me", {"main.conf", "include more.conf\n"}, {}, 77, {{"HOME", "/root"}}};
  std::string more;
  for (std::size_t i = 0; i < instances; ++i) {
    more += "vrrp_instance X" + std::to_string(i) + " {\n    interface eth0\n}\n";
  }
  sources.includes.push_back({"more.conf", "main.conf", {{"more.conf", more}}, {"gone"}, {"*"}});
  return sources;
}

std::size_t octets(const config::Sources& sources) {
  BlobWriter out;
  write(out, sources);
  return out.bytes().size();
}

TEST(KeptSources, ComeBackAsTheyWere) {
  for (const std::size_t instances : {0U, 1U, 1000U}) {
    const config::Sources before = sample(instances);
    const config::Sources after = KeptSources(before).get();
    EXPECT_EQ(after.config_id, "me");
    EXPECT_EQ(after.file.text, before.file.text);
    ASSERT_EQ(after.includes.size(), 1U);
    EXPECT_EQ(after.includes[0].files.at(0).text, before.includes[0].files[0].text);
    EXPECT_EQ(after.includes[0].unreadable, before.includes[0].unreadable);
    EXPECT_EQ(after.includes[0].unmatched, before.includes[0].unmatched);
    EXPECT_EQ(after.seed, 77U);
    EXPECT_EQ(after.environment, before.environment);
  }
}

TEST(KeptSources, TakeLittleRoom) {
  const config::Sources sources = sample(1000);
  EXPECT_LT(KeptSources(sources).size() * 5, octets(sources));
}

}  // namespace
}  // namespace alibi::daemon
