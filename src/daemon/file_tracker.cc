// SPDX-License-Identifier: Apache-2.0
// inotify on each file and its folder, and the reading.
#include "daemon/file_tracker.h"

#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "track/file_number.h"

namespace alibi::daemon {
namespace {

constexpr std::uint32_t kFolderEvents = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM |
                                        IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF;
constexpr std::uint32_t kFileEvents =
    IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF;
// A writer that truncates, writes and closes is read after its close; one that keeps the file open
// is waited for this long.
constexpr Duration kSettle = 100ms;
constexpr Duration kRetry = 1s;  // while the folder itself is not there
constexpr std::size_t kMostOctets = 128;
constexpr const char* kEmpty = "is empty";

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

std::string_view name_in(const std::string& path) {
  const auto slash = path.rfind('/');
  return std::string_view(path).substr(slash == std::string::npos ? 0 : slash + 1);
}

bool is_link(const std::string& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0 && S_ISLNK(info.st_mode);
}

struct Content {
  std::string text;
  std::string problem;  ///< why there is none
};

Content content_of(const std::string& path) {
  // Not to be held by a FIFO that nobody writes to.
  const os::Fd fd(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!fd.valid()) return {"", errno == ENOENT ? "is missing" : ::strerror(errno)};
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode)) return {"", "is no regular file"};
  std::array<char, kMostOctets> buffer;
  const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
  if (got < 0) return {"", ::strerror(errno)};
  if (got == 0) return {"", kEmpty};
  return {std::string(buffer.data(), static_cast<std::size_t>(got)), ""};
}

}  // namespace

Result<void> FileTracker::begin(os::EventLoop& loop) {
  const auto& settings = board_.settings();
  for (std::size_t i = 0; i < settings.files.size(); ++i) {
    const auto object = board_.objects().find(TrackKind::File, settings.files[i].name);
    if (!object || !board_.objects()[*object].used) continue;
    if (board_.last(*object).health == TrackHealth::Unknown) make(settings.files[i]);
    files_.push_back({settings.files[i], *object, ""});
  }
  auto inotify = os::Inotify::create();
  if (!inotify) return tl::unexpected(inotify.error());
  inotify_ = std::move(*inotify);
  return loop.add(inotify_->fd(), [this] {
    inotify_->drain(
        [this](int watch, std::uint32_t mask, std::string_view name) { hear(watch, mask, name); });
  });
}

/// init_file
void FileTracker::make(const config::TrackedFile& file) {
  if (!file.make) return;
  // Not to be held by a FIFO that nobody reads, either.
  const int flags =
      O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK | (file.overwrite ? O_TRUNC : O_EXCL);
  const os::Fd fd(::open(file.path.c_str(), flags, 0644));
  const std::string text = std::to_string(file.initial) + "\n";
  if (!fd.valid() && errno == EEXIST && !file.overwrite) return;
  if (!fd.valid() || ::write(fd.get(), text.data(), text.size()) < 0) {
    board_.say("track_file " + file.name + ": cannot write " + file.path + ": " + ::strerror(errno),
               2);
  }
}

void FileTracker::hear(int watch, std::uint32_t mask, std::string_view name) {
  const bool overflow = (mask & IN_Q_OVERFLOW) != 0;
  for (Watched& file : files_) {
    if (!overflow && !concerns(file, watch, mask, name)) continue;
    const bool only_modified = watch == file.file_watch && (mask & ~IN_MODIFY) == 0;
    const Instant at = os::monotonic_now() + (only_modified ? kSettle : Duration(0));
    file.read_at = only_modified ? std::min(file.read_at, at) : at;
    if (watch == file.file_watch && (mask & IN_IGNORED) != 0) file.file_watch.reset();
    if (watch == file.folder_watch && (mask & IN_IGNORED) != 0) file.folder_watch.reset();
  }
}

bool FileTracker::concerns(const Watched& file, int watch, std::uint32_t mask,
                           std::string_view name) const {
  if (watch == file.file_watch) return true;
  if (watch != file.folder_watch) return false;
  if ((mask & (IN_IGNORED | IN_DELETE_SELF | IN_MOVE_SELF)) != 0) return true;
  // Of a folder above the file's every change counts, and where links lead nobody knows.
  if (file.folder != folder_of(file.settings.path) || is_link(file.settings.path)) return true;
  // A file that is being made is read when its writer closes it, not before.
  return name == name_in(file.settings.path);
}

/// Watches what is there now: the file, and its folder or the nearest one above that exists.
void FileTracker::watch(Watched& file) {
  const auto old_file = file.file_watch;
  file.file_watch = inotify_->watch(file.settings.path, kFileEvents);
  if (old_file && old_file != file.file_watch) drop_watch(old_file);
  const auto old_folder = file.folder_watch;
  std::string folder = folder_of(file.settings.path);
  file.folder_watch = inotify_->watch(folder, kFolderEvents | IN_ONLYDIR | IN_MASK_ADD);
  while (!file.folder_watch && folder != "/" && folder != ".") {
    folder = folder_of(folder);
    file.folder_watch = inotify_->watch(folder, kFolderEvents | IN_ONLYDIR | IN_MASK_ADD);
  }
  file.folder = folder;
  if (old_folder && old_folder != file.folder_watch) drop_watch(old_folder);
}

void FileTracker::drop_watch(std::optional<int> watch) {
  const bool needed = std::any_of(files_.begin(), files_.end(), [&](const Watched& f) {
    return f.file_watch == watch || f.folder_watch == watch;
  });
  if (!needed) inotify_->unwatch(*watch);
}

Instant FileTracker::step() {
  const Instant now = os::monotonic_now();
  Instant next = kNever;
  for (Watched& file : files_) {
    if (file.read_at <= now) {
      watch(file);  // before the reading: what changes in between is heard
      file.read_at = file.folder_watch ? kNever : now + kRetry;
      read(file);
    }
    next = std::min(next, file.read_at);
  }
  return next;
}

void FileTracker::read(Watched& file) {
  const Content content = content_of(file.settings.path);
  // Its writer may be between making it and writing to it: empty is believed at the second look.
  const bool empty = content.problem == kEmpty;
  if (empty && !std::exchange(file.was_empty, true)) {
    file.read_at = os::monotonic_now() + kSettle;
    return;
  }
  file.was_empty = empty;
  if (!content.problem.empty()) return found(file, 0, content.problem);
  const auto number = track::parse_file_number(content.text);
  found(file, number.value, number.clean ? "" : "holds more than a number, or none");
}

void FileTracker::found(Watched& file, std::int32_t value, const std::string& remark) {
  const std::string counts = " counts as " + std::to_string(value);
  const std::string& name = file.settings.name;
  if (!remark.empty() && remark != file.remark) {
    board_.say("tracked file " + name + ": " + file.settings.path + " " + remark + ":" + counts, 1);
  }
  const bool changed = !file.known || value != file.value;
  if (file.known && changed && remark.empty()) {
    board_.say("tracked file " + name + " is " + std::to_string(value) + ", was " +
               std::to_string(file.value));
  }
  const bool publish = changed || remark != file.remark;
  file.known = true;
  file.value = value;
  file.remark = remark;
  if (!publish) return;
  TrackState state;
  state.health = TrackHealth::Up;
  state.value = value;
  state.why = "file " + name +
              (remark.empty() ? " is " + std::to_string(value) : " " + remark + " and" + counts);
  board_.publish(file.object, state);
}

}  // namespace alibi::daemon
