// SPDX-License-Identifier: Apache-2.0
// What the recorder says of the machine as a whole, and which of it is a named loss.
#include <algorithm>
#include <fstream>
#include <string>

#include "recorder/watching.h"

namespace alibi::testing {
namespace {

class RecorderHost : public Watching {
 protected:
  template <typename T>
  std::vector<T> facts() const {
    std::vector<T> found;
    for (const evidence::Event& event : recording_.events)
      if (const T* fact = std::get_if<T>(&event.fact)) found.push_back(*fact);
    return found;
  }

  bool is_lost(const std::string& source) const {
    return std::any_of(recording_.losses.begin(), recording_.losses.end(),
                       [&](const evidence::SourceLoss& loss) { return loss.source == source; });
  }

  static bool readable(const std::string& path) {
    std::string word;
    return static_cast<bool>(std::ifstream(path) >> word);
  }
};

TEST_F(RecorderHost, EachSourceIsThereOrItsLossIsNamed) {
  start_recorder(false);
  poll_for(1200ms);
  recording_ = recorder_->snapshot();
  const auto hosts = facts<evidence::HostFacts>();
  ASSERT_EQ(hosts.size(), 1U);
  EXPECT_FALSE(hosts[0].kernel.empty());
  EXPECT_GT(hosts[0].cpus, 0);
  EXPECT_EQ(facts<evidence::Pressure>().empty(), !readable("/proc/pressure/cpu"));
  EXPECT_EQ(is_lost("pressure"), !readable("/proc/pressure/cpu"));
  EXPECT_EQ(is_lost("rtc"), !readable("/sys/class/rtc/rtc0/since_epoch"));
  EXPECT_GE(facts<evidence::CpuStolen>().size(), static_cast<std::size_t>(hosts[0].cpus));
  EXPECT_GE(facts<evidence::SoftnetCounters>().size(), 1U);
  EXPECT_TRUE(facts<evidence::ClockJump>().empty());
  for (const evidence::CpuSilent& silent : facts<evidence::CpuSilent>())
    EXPECT_LT(silent.since_ns, recording_.end.ns);
}

}  // namespace
}  // namespace alibi::testing
