// SPDX-License-Identifier: Apache-2.0
// The thread, and files that are whole.
#include "daemon/dump_writer.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <utility>

#include "daemon/dump.h"
#include "os/event_loop.h"
#include "os/fd.h"

namespace alibi::daemon {
namespace {

Result<void> write_all(int fd, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return fail_errno("cannot write " + path);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

std::string text_of(const View& view, DumpKind kind) {
  switch (kind) {
    case DumpKind::Data:
      return data_text(view, os::interface_list());
    case DumpKind::Json:
      return json_text(view, view.settings->global.dumps.json_version);
    case DumpKind::Stats:
    case DumpKind::StatsAndClear:
      break;
  }
  return stats_text(view);
}

const std::string& file_of(const config::Dumps& dumps, DumpKind kind) {
  return kind == DumpKind::Data   ? dumps.state_file
         : kind == DumpKind::Json ? dumps.json_file
                                  : dumps.stats_file;
}

}  // namespace

std::string dump_path(const config::Settings& settings, DumpKind kind) {
  const config::Dumps& dumps = settings.global.dumps;
  std::string path = file_of(dumps, kind);
  // As keepalived; a file that is named stays where it is.
  const char* folder = std::getenv("TMPDIR");
  if (folder != nullptr && *folder == '/' && path == file_of(config::Dumps{}, kind)) {
    path = folder + path.substr(path.rfind('/'));
  }
  const std::string& name = settings.global.instance_name;
  if (kind != DumpKind::Data || !dumps.use_instance || name.empty()) return path;
  const auto dot = path.rfind('.');
  const auto slash = path.rfind('/');
  if (dot == std::string::npos || (slash != std::string::npos && dot < slash)) {
    return path + "." + name;
  }
  return path.insert(dot, "." + name);
}

Result<void> write_whole(const std::string& path, const std::string& text, unsigned mode) {
  std::string part = path + ".XXXXXX";
  const os::Fd fd(::mkostemp(part.data(), O_CLOEXEC));
  if (!fd.valid()) return fail_errno("cannot make a file beside " + path);
  auto written = write_all(fd.get(), text, path);
  if (written && ::fchmod(fd.get(), mode) != 0) written = fail_errno("cannot chmod " + part);
  if (written && ::rename(part.c_str(), path.c_str()) != 0) {
    written = fail_errno("cannot replace " + path);
  }
  if (!written) ::unlink(part.c_str());
  return written;
}

/// Outlives the DumpWriter when its thread is stuck in the kernel.
struct DumpWriter::Shared {
  Shared(const config::Settings& s, const RunOptions& o, const SharedPage& p)
      : settings(s), options(o), page(p), news(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}
  const config::Settings& settings;
  const RunOptions& options;
  const SharedPage& page;
  os::Fd news;
  std::mutex mutex;
  std::condition_variable wake;
  std::condition_variable idle;
  std::array<bool, kDumpKinds> wanted{};
  std::vector<std::string> errors;
  bool busy = false;
  bool stopping = false;

  bool anything() const {
    for (const bool w : wanted) {
      if (w) return true;
    }
    return false;
  }
  void write(DumpKind kind);
  void tell(const std::string& error);
};

void DumpWriter::Shared::write(DumpKind kind) {
  const View view = look(settings, options, page, os::monotonic_now(), os::realtime_now_ns());
  const auto written =
      write_whole(dump_path(settings, kind), text_of(view, kind), 0666 & ~options.umask);
  auto& household = page.household();
  auto& count = written ? household.outlet_done : household.outlet_drops;
  count[static_cast<std::size_t>(WayOut::Dump)].fetch_add(1);
  if (!written) return tell(written.error().message);
  if (kind != DumpKind::StatsAndClear) return;
  for (std::size_t i = 0; i < view.instances.size(); ++i) {
    page.rare(i).cleared.publish(view.instances[i].counters);
  }
}

void DumpWriter::Shared::tell(const std::string& error) {
  {
    const std::lock_guard lock(mutex);
    if (errors.size() < 16) errors.push_back(error);
  }
  const std::uint64_t one = 1;
  static_cast<void>(::write(news.get(), &one, sizeof one));
}

DumpWriter::DumpWriter(const config::Settings& settings, const RunOptions& options,
                       const SharedPage& page)
    : shared_(std::make_shared<Shared>(settings, options, page)),
      thread_([shared = shared_] { work(shared); }) {}

DumpWriter::~DumpWriter() {
  bool done = false;
  {
    std::unique_lock lock(shared_->mutex);
    done = shared_->idle.wait_for(lock, std::chrono::seconds(1),
                                  [&] { return !shared_->busy && !shared_->anything(); });
    shared_->stopping = true;
  }
  shared_->wake.notify_all();
  if (done) {
    thread_.join();
  } else {
    thread_.detach();
  }
}

int DumpWriter::news_fd() const { return shared_->news.get(); }

void DumpWriter::request(DumpKind kind) {
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->wanted[static_cast<std::size_t>(kind)] = true;
  }
  shared_->wake.notify_one();
}

std::vector<std::string> DumpWriter::errors() {
  std::uint64_t count = 0;
  static_cast<void>(::read(shared_->news.get(), &count, sizeof count));
  const std::lock_guard lock(shared_->mutex);
  return std::exchange(shared_->errors, {});
}

void DumpWriter::work(const std::shared_ptr<Shared>& shared) {
  std::unique_lock lock(shared->mutex);
  for (;;) {
    shared->wake.wait(lock, [&] { return shared->stopping || shared->anything(); });
    if (shared->stopping) return;
    for (std::size_t i = 0; i < kDumpKinds; ++i) {
      if (!std::exchange(shared->wanted[i], false)) continue;
      shared->busy = true;
      lock.unlock();
      shared->write(static_cast<DumpKind>(i));
      lock.lock();
      shared->busy = false;
    }
    if (!shared->anything()) shared->idle.notify_all();
  }
}

}  // namespace alibi::daemon
