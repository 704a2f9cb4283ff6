// SPDX-License-Identifier: Apache-2.0
// Reads a configuration in a thread of normal priority, so that a large file holds nobody up.
#pragma once

#include <memory>
#include <string>
#include <thread>

#include "base/result.h"
#include "config/sources.h"
#include "os/fd.h"

namespace alibi::daemon {

struct ReadConfig {
  config::Sources sources;
  config::Parsed parsed;
};

/// Used from one thread, which should not fork while running() (the reader may hold a lock).
class ConfigReader {
 public:
  static Result<ConfigReader> create();
  ~ConfigReader();
  ConfigReader(ConfigReader&&) noexcept;
  ConfigReader& operator=(ConfigReader&&) = delete;

  /// No thread to be had is the error.
  Result<void> start(const std::string& path, const std::string& config_id);
  bool running() const { return thread_.joinable(); }
  int news_fd() const;
  /// What was read, once news_fd() is readable.
  ReadConfig take();

 private:
  struct Shared {
    os::Fd news;
    ReadConfig read;
  };
  explicit ConfigReader(std::unique_ptr<Shared> shared) : shared_(std::move(shared)) {}

  std::unique_ptr<Shared> shared_;
  std::thread thread_;
};

}  // namespace alibi::daemon
