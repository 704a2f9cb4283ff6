// SPDX-License-Identifier: Apache-2.0
// Where the tracker's threads put what they found: into the shared page, to the keeper, and into
// words for the log. Each object has one writer; nothing here waits.
#pragma once

#include <atomic>
#include <memory>
#include <string_view>

#include "daemon/channels.h"
#include "daemon/tracked_objects.h"

namespace alibi::daemon {

class TrackBoard {
 public:
  TrackBoard(const config::Settings& settings, const Channels& channels);

  const config::Settings& settings() const { return settings_; }
  const Channels& channels() const { return channels_; }
  const TrackedObjects& objects() const { return objects_; }
  /// What was published last, also by a tracker before this one.
  TrackState last(std::size_t object) const { return channels_.page.tracked(object); }

  /// `state` without object and sequence, which are filled in.
  void publish(std::size_t object, TrackState state);
  /// What the tracker of the generation before found since the keepers handed over.
  void inherit_scripts(const config::Settings& old, const SharedPage& page);
  /// Sends again what a full queue did not take; true when some of it still waits.
  bool resend();

  void say(std::string_view text, std::uint8_t severity = 0) const {
    voice_.say_daemon(text, severity);
  }
  void say(const Tell& tell) const { voice_.say(tell); }

 private:
  const config::Settings& settings_;
  const Channels& channels_;
  Voice voice_;
  TrackedObjects objects_;
  std::unique_ptr<std::atomic<bool>[]> unsent_;
  std::atomic<bool> any_unsent_{false};
};

}  // namespace alibi::daemon
