// SPDX-License-Identifier: Apache-2.0
// Work that may hang, beside a thread that must not: in a thread of its own, whose result is asked
// for and never waited for.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "base/instant.h"

namespace alibi::daemon {

/// One result at a time. The work owns all that it uses: one that hangs is left behind.
template <typename T>
class BackgroundJob {
 public:
  BackgroundJob() = default;
  BackgroundJob(const BackgroundJob&) = delete;
  BackgroundJob& operator=(const BackgroundJob&) = delete;
  ~BackgroundJob() {
    constexpr Duration kPatienceAtTheEnd = 500ms;
    if (runs() && !ended(kPatienceAtTheEnd)) thread_.detach();
  }

  /// Started, and its result not taken yet.
  bool runs() const { return state_ != nullptr; }

  /// False: the machine has no thread for it. Call only while none runs.
  bool start(std::function<T()> work) {
    state_ = std::make_shared<State>();
    const auto body = [state = state_, work = std::move(work)] {
      T value = work();
      const std::lock_guard lock(state->mutex);
      state->value = std::move(value);
      state->ended.notify_one();
    };
    try {
      thread_ = std::thread(body);
    } catch (const std::system_error&) {
      state_.reset();
      return false;
    }
    return true;
  }

  /// The result, once, when the work has ended.
  std::optional<T> take() {
    if (!runs() || !ended(Duration{0})) return std::nullopt;
    std::optional<T> value = std::move(state_->value);
    state_.reset();
    return value;
  }

 private:
  struct State {
    std::mutex mutex;
    std::condition_variable ended;
    std::optional<T> value;
  };

  bool ended(Duration patience) {
    std::unique_lock lock(state_->mutex);
    if (!state_->ended.wait_for(lock, patience, [&] { return state_->value.has_value(); }))
      return false;
    lock.unlock();
    thread_.join();
    return true;
  }

  std::shared_ptr<State> state_;
  std::thread thread_;
};

}  // namespace alibi::daemon
