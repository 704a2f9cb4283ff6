// SPDX-License-Identifier: Apache-2.0
// A recorder over a SmallNetwork's two taps, and waiting for events instead of sleeping.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "daemon/recorder.h"
#include "os/event_loop.h"
#include "recorder/subject.h"

namespace alibi::testing {

class Watching : public ::testing::Test {
 protected:
  static constexpr Duration kPatience = 20s;

  void SetUp() override {
    if (const std::string why = unable(); !why.empty()) GTEST_SKIP() << why;
    network_ = std::make_unique<SmallNetwork>();
  }

  /// Starts recording; the test is skipped when this kernel or user allows no probes.
  void start_recorder(bool needs_probes = true, std::size_t max_bytes = 64U << 20) {
    daemon::RecorderOptions options;
    options.max_bytes = max_bytes;
    options.watch = targets_;
    options.taps = {{"A", "tap0", network_->spec(), "one"}, {"B", "tap1", network_->spec(), "two"}};
    auto started = daemon::Recorder::start(std::move(options));
    ASSERT_TRUE(started) << started.error().message;
    recorder_ = std::make_unique<daemon::Recorder>(std::move(*started));
    if (!needs_probes) return;
    for (const auto& loss : recorder_->losses())
      if (loss.source == "sched" || loss.source == "process" || loss.source == "signal")
        GTEST_SKIP() << "BPF: " << loss.source << ": " << loss.why;
  }

  void poll_for(Duration time) {
    const Instant end = os::monotonic_now() + time;
    while (os::monotonic_now() < end) ASSERT_TRUE(recorder_->poll_once(20ms));
  }

  /// Records until an event of that kind satisfies `wanted`; null after kPatience.
  template <typename T>
  const T* await(const std::function<bool(const T&)>& wanted) {
    const Instant end = os::monotonic_now() + kPatience;
    while (os::monotonic_now() < end) {
      if (!recorder_->poll_once(50ms)) return nullptr;
      recording_ = recorder_->snapshot();
      for (const evidence::Event& event : recording_.events)
        if (const T* fact = std::get_if<T>(&event.fact); fact != nullptr && wanted(*fact))
          return fact;
    }
    return nullptr;
  }

  bool await_found(pid_t pid, evidence::ProcessFound::Role role) {
    return await<evidence::ProcessFound>([=](const evidence::ProcessFound& found) {
             return found.pid == pid && found.role == role;
           }) != nullptr;
  }

  /// Watch that, too; before start_recorder().
  void ask_for(const std::string& text) {
    auto target = daemon::WatchTarget::parse(text);
    ASSERT_TRUE(target) << target.error().message;
    targets_.push_back(std::move(*target));
  }

  std::vector<daemon::WatchTarget> targets_;
  std::unique_ptr<SmallNetwork> network_;
  std::unique_ptr<daemon::Recorder> recorder_;
  evidence::Recording recording_;
};

}  // namespace alibi::testing
