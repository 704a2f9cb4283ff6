// SPDX-License-Identifier: Apache-2.0
// Everything that instances may depend on, numbered: scripts, files, processes, BFD sessions and
// interfaces in one list, and which instance counts which of them how. Values only: every process
// of one `alibi run` makes the same list of the same settings.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.h"

namespace alibi::daemon {

enum class TrackKind : std::uint8_t { Script, File, Process, Bfd, Interface };
std::string_view text(TrackKind kind);  // "script", "file", "process", "BFD session", "interface"

struct TrackedObject {
  TrackKind kind = TrackKind::Script;
  std::size_t index = 0;  ///< into Settings::scripts, files, processes or bfds
  std::string name;
  bool used = false;  ///< some instance counts it
};

/// One object as one instance counts it (see track::Tracked).
struct Binding {
  std::size_t object = 0;
  int weight = 0;
  bool reverse = false;
};

class TrackedObjects {
 public:
  explicit TrackedObjects(const config::Settings& settings);

  std::size_t size() const { return objects_.size(); }
  const TrackedObject& operator[](std::size_t object) const { return objects_[object]; }
  std::optional<std::size_t> find(TrackKind kind, std::string_view name) const;
  /// Whether some instance counts what the tracker's process asks: anything but interfaces.
  bool need_tracker() const;

  /// Names of the tracked interfaces.
  std::vector<std::string> interfaces() const;

  /// What an instance counts: its own trackers and those of its sync groups. With a weight only
  /// outside of groups or where the group says sync_group_tracking_weight, as in keepalived.
  const std::vector<Binding>& bindings(std::size_t instance) const { return bindings_[instance]; }
  /// The instances that count an object.
  const std::vector<std::size_t>& dependents(std::size_t object) const {
    return dependents_[object];
  }
  /// One line for each tracker that does not count, for the log.
  const std::vector<std::string>& remarks() const { return remarks_; }

 private:
  void add(TrackKind kind, std::size_t index, const std::string& name);
  void add_interfaces(const config::Tracks& tracks);
  void bind(const config::Settings& settings, std::size_t instance);
  void bind_all(const config::Settings& settings, const config::Tracks& tracks,
                std::size_t instance, bool weights_count);
  void bind_one(const config::Settings& settings, TrackKind kind, const config::Track& track,
                std::size_t instance, bool weights_count);

  std::vector<TrackedObject> objects_;
  std::vector<std::vector<Binding>> bindings_;
  std::vector<std::vector<std::size_t>> dependents_;
  std::vector<std::string> remarks_;
};

}  // namespace alibi::daemon
