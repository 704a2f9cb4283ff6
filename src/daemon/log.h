// SPDX-License-Identifier: Apache-2.0
// The log: stderr, syslog or the journal, each line with the time at which its fact happened, not
// the time at which it was written.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "daemon/channels.h"

namespace spdlog {
class logger;
}

namespace alibi::daemon {

enum class Severity : std::uint8_t { Information, Warning, Error };

/// Writing may block when the reader of the log does not read: for the teller alone.
class Log {
 public:
  explicit Log(LogTarget target);
  void write(std::int64_t unix_ns, Severity severity, const std::string& line);

 private:
  std::shared_ptr<spdlog::logger> logger_;
};

}  // namespace alibi::daemon
