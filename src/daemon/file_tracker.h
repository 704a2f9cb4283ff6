// SPDX-License-Identifier: Apache-2.0
// Watches the tracked files: the number in each, however the file is changed, replaced by another,
// removed with its folder and made again. Lives in a thread of its own: a read may hang.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/track_board.h"
#include "daemon/track_thread.h"
#include "os/inotify.h"

namespace alibi::daemon {

class FileTracker : public TrackSource {
 public:
  explicit FileTracker(TrackBoard& board) : board_(board) {}

  std::string name() const override { return "alibi-files"; }
  Result<void> begin(os::EventLoop& loop) override;
  Instant step() override;

 private:
  struct Watched {
    const config::TrackedFile& settings;
    std::size_t object;
    std::string folder;  ///< that is watched: the file's, or the nearest that is there
    std::optional<int> folder_watch{};
    std::optional<int> file_watch{};
    Instant read_at{};  ///< kNever: nothing to read
    bool known = false;
    bool was_empty = false;
    std::int32_t value = 0;
    std::string remark{};  ///< on the content, as told last
  };

  void make(const config::TrackedFile& file);
  void hear(int watch, std::uint32_t mask, std::string_view name);
  bool concerns(const Watched& file, int watch, std::uint32_t mask, std::string_view name) const;
  void watch(Watched& file);
  void drop_watch(std::optional<int> watch);
  void read(Watched& file);
  void found(Watched& file, std::int32_t value, const std::string& remark);

  TrackBoard& board_;
  std::optional<os::Inotify> inotify_;
  std::vector<Watched> files_;
};

}  // namespace alibi::daemon
