// SPDX-License-Identifier: Apache-2.0
// A thread with an epoll loop and a way to be woken for its end.
#include "daemon/track_thread.h"

#include <sys/eventfd.h>
#include <sys/prctl.h>

#include "os/realtime.h"

namespace alibi::daemon {

TrackThread::TrackThread(TrackBoard& board, std::unique_ptr<TrackSource> source)
    : board_(board), source_(std::move(source)), stop_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

TrackThread::~TrackThread() {
  if (thread_.joinable()) thread_.join();
}

void TrackThread::start() {
  thread_ = std::thread([this] { run(); });
}

void TrackThread::ask_to_end() {
  stopping_.store(true);
  ::eventfd_write(stop_.get(), 1);
}

void TrackThread::run() {
  ::prctl(PR_SET_NAME, source_->name().c_str());
  if (source_->realtime()) {
    // Of this thread alone; without it, short intervals are kept as well as the load allows.
    if (const auto set = os::schedule_realtime(1); !set) board_.say(set.error().message, 1);
  }
  if (const auto ran = loop(); !ran) {
    board_.say(source_->name() + ": " + ran.error().message, 2);
  }
  ended_.store(true);
}

Result<void> TrackThread::loop() {
  auto loop = os::EventLoop::create();
  if (!loop) return tl::unexpected(loop.error());
  if (auto added = loop->add(stop_.get(), [] {}); !added) return added;
  if (auto begun = source_->begin(*loop); !begun) return begun;
  while (!stopping_.load()) {
    loop->set_deadline(source_->step());
    if (auto waited = loop->wait(); !waited) return waited;
  }
  source_->end();
  return {};
}

}  // namespace alibi::daemon
