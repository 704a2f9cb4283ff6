// SPDX-License-Identifier: Apache-2.0
// One recording at a time; its thread starts with normal scheduling whatever its creator has
// (SCHED_RESET_ON_FORK, sched(7)).
#include "daemon/verdict_thread.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "os/event_loop.h"
#include "os/realtime.h"

namespace alibi::daemon {

VerdictThread::~VerdictThread() { end(); }

bool VerdictThread::ready(Instant now) {
  const std::lock_guard lock(mutex_);
  return !busy_ && now >= next_look_;
}

void VerdictThread::look(evidence::Recording recording, Instant asked) {
  if (!thread_.joinable()) {
    try {
      thread_ = std::thread([this] { work(); });
    } catch (const std::system_error&) {
      return examine(recording, asked);
    }
  }
  const std::lock_guard lock(mutex_);
  job_ = std::move(recording);
  asked_ = asked;
  busy_ = true;
  wake_.notify_one();
}

void VerdictThread::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return job_ || ending_; });
    if (!job_) return;
    auto recording = std::exchange(job_, std::nullopt);
    const Instant asked = asked_;
    lock.unlock();
    examine(*recording, asked);
    recording.reset();
    os::release_free_memory();  // a look at a busy wire takes several times what the log does
    lock.lock();
    busy_ = false;
  }
}

void VerdictThread::examine(const evidence::Recording& recording, Instant asked) {
  give(recording, watch_.take(recording));
  // A thousand routers make a long look: it may cost a tenth of a core, not all of it.
  const Instant done = os::monotonic_now();
  const std::lock_guard lock(mutex_);
  next_look_ = done + std::max<Duration>(kLookEvery, 9 * (done - asked));
}

void VerdictThread::finish(const evidence::Recording& recording) {
  end();
  give(recording, watch_.rest(recording));
}

void VerdictThread::end() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    wake_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void VerdictThread::give(const evidence::Recording& recording,
                         const std::vector<investigate::Verdict>& verdicts) {
  for (const investigate::Verdict& verdict : verdicts) on_verdict_(recording, verdict, ++number_);
}

}  // namespace alibi::daemon
