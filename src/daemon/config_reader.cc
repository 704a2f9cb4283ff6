// SPDX-License-Identifier: Apache-2.0
// One thread a reading; its end is an eventfd.
#include "daemon/config_reader.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <system_error>
#include <utility>

namespace alibi::daemon {

Result<ConfigReader> ConfigReader::create() {
  auto shared = std::make_unique<Shared>();
  shared->news = os::Fd(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!shared->news.valid()) return fail_errno("cannot create an event descriptor");
  return ConfigReader(std::move(shared));
}

ConfigReader::ConfigReader(ConfigReader&&) noexcept = default;

ConfigReader::~ConfigReader() {
  if (thread_.joinable()) thread_.join();
}

int ConfigReader::news_fd() const { return shared_->news.get(); }

Result<void> ConfigReader::start(const std::string& path, const std::string& config_id) {
  try {
    thread_ = std::thread([shared = shared_.get(), path, config_id] {
      shared->read.parsed = config::load(path, config_id, shared->read.sources);
      const std::uint64_t one = 1;
      static_cast<void>(!::write(shared->news.get(), &one, sizeof one));
    });
  } catch (const std::system_error& error) {
    return fail(std::string("cannot start a thread: ") + error.what(), error.code().value());
  }
  return {};
}

ReadConfig ConfigReader::take() {
  thread_.join();
  std::uint64_t count = 0;
  static_cast<void>(!::read(shared_->news.get(), &count, sizeof count));
  return std::exchange(shared_->read, {});
}

}  // namespace alibi::daemon
