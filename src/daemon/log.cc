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

namespace alibi::daemon {
namespace {

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

}  // namespace

Log::Log(LogTarget target) : logger_(std::make_shared<spdlog::logger>("alibi", make_sink(target))) {
  logger_->flush_on(spdlog::level::info);
}

void Log::write(std::int64_t unix_ns, Severity severity, const std::string& line) {
  const auto since = std::chrono::nanoseconds(unix_ns);
  const spdlog::log_clock::time_point at(
      std::chrono::duration_cast<spdlog::log_clock::duration>(since));
  logger_->log(at, spdlog::source_loc{}, level(severity), line);
}

}  // namespace alibi::daemon
