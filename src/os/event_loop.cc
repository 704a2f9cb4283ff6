// SPDX-License-Identifier: Apache-2.0
// The epoll loop: one epoll descriptor, one timerfd in it.
#include "os/event_loop.h"

#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace alibi::os {
namespace {

std::int64_t clock_ns(clockid_t clock) {
  timespec t{};
  ::clock_gettime(clock, &t);
  return static_cast<std::int64_t>(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
}

}  // namespace

Instant monotonic_now() { return Instant{clock_ns(CLOCK_MONOTONIC)}; }

Duration since_boot() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

void sleep_until(Instant when) {
  timespec t{};
  t.tv_sec = when.ns / 1'000'000'000;
  t.tv_nsec = when.ns % 1'000'000'000;
  while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, nullptr) == EINTR) {
  }
}

std::int64_t realtime_now_ns() { return clock_ns(CLOCK_REALTIME); }

Result<EventLoop> EventLoop::create() {
  Fd epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll.valid()) return fail_errno("cannot create an epoll descriptor");
  Fd timer(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
  if (!timer.valid()) return fail_errno("cannot create a timer descriptor");
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = timer.get();
  if (::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, timer.get(), &event) != 0) {
    return fail_errno("cannot watch the timer descriptor");
  }
  return EventLoop(std::move(epoll), std::move(timer));
}

Result<void> EventLoop::add(int fd, std::function<void()> handler) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
    return fail_errno("cannot watch descriptor " + std::to_string(fd));
  }
  handlers_[fd] = std::move(handler);
  return {};
}

void EventLoop::remove(int fd) {
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
  handlers_.erase(fd);
}

void EventLoop::set_deadline(Instant deadline) {
  if (deadline == armed_) return;
  armed_ = deadline;
  itimerspec spec{};
  if (deadline != kNever) {
    const std::int64_t ns = std::max<std::int64_t>(deadline.ns, 1);  // 0 would disarm
    spec.it_value.tv_sec = ns / 1'000'000'000;
    spec.it_value.tv_nsec = ns % 1'000'000'000;
  }
  ::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &spec, nullptr);
}

Result<void> EventLoop::wait() {
  std::array<epoll_event, 32> events{};
  const int count =
      ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), -1);
  if (count < 0) {
    if (errno == EINTR) return {};
    return fail_errno("cannot wait for events");
  }
  for (int i = 0; i < count; ++i) {
    const int fd = events[static_cast<std::size_t>(i)].data.fd;
    if (fd == timer_.get()) {
      std::uint64_t expirations = 0;
      if (::read(fd, &expirations, sizeof expirations) > 0) armed_ = kNever;
      continue;
    }
    // An earlier handler of this round may have removed this one.
    if (const auto found = handlers_.find(fd); found != handlers_.end()) found->second();
  }
  return {};
}

}  // namespace alibi::os
