// SPDX-License-Identifier: Apache-2.0
// spdlog behind Log, and a sink that speaks journald's own protocol.
#include "daemon/log.h"

#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/sinks/syslog_sink.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>

#include "os/fd.h"
#include "os/realtime.h"

namespace alibi::daemon {
namespace {

// After so many lines, and then a pause, the memory they took is given back.
constexpr std::size_t kMany = 512;
constexpr auto kPause = std::chrono::seconds(1);

/// One datagram of NAME=value lines an entry (systemd: "Native Journal Protocol").
class JournalSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  JournalSink() : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    const char* priority = "6";
    if (message.level == spdlog::level::warn) priority = "4";
    if (message.level == spdlog::level::err) priority = "3";
    std::string entry = "PRIORITY=" + std::string(priority) + "\nSYSLOG_IDENTIFIER=alibi\nMESSAGE=";
    for (const char c : std::string_view(message.payload.data(), message.payload.size())) {
      entry += c == '\n' ? ' ' : c;
    }
    entry += '\n';
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    std::strncpy(to.sun_path, "/run/systemd/journal/socket", sizeof to.sun_path - 1);
    ::sendto(fd_.get(), entry.data(), entry.size(), MSG_NOSIGNAL,
             reinterpret_cast<const sockaddr*>(&to), sizeof to);
  }
  void flush_() override {}

  os::Fd fd_;
};

spdlog::sink_ptr make_sink(LogTarget target) {
  switch (target) {
    case LogTarget::Syslog:
      return std::make_shared<spdlog::sinks::syslog_sink_st>("alibi", LOG_PID, LOG_DAEMON, false);
    case LogTarget::Journal:
      return std::make_shared<JournalSink>();
    case LogTarget::Stderr:
      break;
  }
  auto sink = std::make_shared<spdlog::sinks::stderr_sink_st>();
  sink->set_pattern("%Y-%m-%d %H:%M:%S.%e %v");
  return sink;
}

spdlog::level::level_enum level(Severity severity) {
  if (severity == Severity::Error) return spdlog::level::err;
  return severity == Severity::Warning ? spdlog::level::warn : spdlog::level::info;
}

void emit(spdlog::logger& logger, std::int64_t unix_ns, Severity severity,
          const std::string& line) {
  const auto since = std::chrono::nanoseconds(unix_ns);
  const spdlog::log_clock::time_point at(
      std::chrono::duration_cast<spdlog::log_clock::duration>(since));
  logger.log(at, spdlog::source_loc{}, level(severity), line);
}

}  // namespace

Log::Log(LogTarget target) : shared_(std::make_shared<Shared>()) {
  shared_->logger = std::make_shared<spdlog::logger>("alibi", make_sink(target));
  shared_->logger->flush_on(spdlog::level::info);
  thread_ = std::thread([shared = shared_] { work(shared); });
}

Log::~Log() {
  const bool done = drain(1s);
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->stopping = true;
  }
  shared_->wake.notify_all();
  // Stuck in the kernel, it would keep us from ending: it keeps what it needs alive itself.
  if (done) {
    thread_.join();
  } else {
    thread_.detach();
  }
}

void Log::write(std::int64_t unix_ns, Severity severity, const std::string& line) {
  {
    const std::lock_guard lock(shared_->mutex);
    if (shared_->queue.size() >= kQueue) {
      ++shared_->dropped;
      return;
    }
    shared_->queue.push_back({unix_ns, severity, line});
  }
  shared_->wake.notify_one();
}

std::uint64_t Log::dropped() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->dropped;
}

std::uint64_t Log::written() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->written;
}

bool Log::drain(Duration patience) {
  std::unique_lock lock(shared_->mutex);
  return shared_->idle.wait_for(lock, patience,
                                [&] { return shared_->queue.empty() && !shared_->busy; });
}

void Log::work(const std::shared_ptr<Shared>& shared) {
  std::unique_lock lock(shared->mutex);
  const auto called = [&] { return shared->stopping || !shared->queue.empty(); };
  for (std::size_t lines = 0;; ++lines) {
    if (lines >= kMany && !shared->wake.wait_for(lock, kPause, called)) {
      lines = 0;
      lock.unlock();
      os::release_free_memory();
      lock.lock();
    }
    shared->wake.wait(lock, called);
    if (shared->stopping) return;
    const Line line = std::move(shared->queue.front());
    shared->queue.pop_front();
    const std::uint64_t lost =
        shared->queue.empty() ? shared->dropped - shared->dropped_reported : 0;
    shared->dropped_reported += lost;
    shared->busy = true;
    lock.unlock();
    emit(*shared->logger, line.unix_ns, line.severity, line.text);
    if (lost != 0) {
      emit(*shared->logger, line.unix_ns, Severity::Warning,
           "lost " + std::to_string(lost) + " log lines: the log was not read, and " +
               std::to_string(kQueue) + " lines were waiting for it");
    }
    lock.lock();
    shared->busy = false;
    ++shared->written;
    if (shared->queue.empty()) shared->idle.notify_all();
  }
}

}  // namespace alibi::daemon
