// SPDX-License-Identifier: Apache-2.0
// Everything about a running `alibi run` at one moment, read from the shared page alone: the source
// of status, metrics and dumps. The keeper is not asked and does not notice.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/instant.h"
#include "config/settings.h"
#include "daemon/channels.h"
#include "daemon/records.h"

namespace alibi::daemon {

struct TrackerView {
  std::string kind;  ///< script, file, process, interface, bfd
  std::string name;
  int weight = 0;
  bool reverse = false;
  std::string state;    ///< up, down, unknown, disabled
  std::string detail;   ///< e.g. "exited with status 1"
  int adds = 0;         ///< what it adds to the priority now
  bool faults = false;  ///< it forbids the instance to run now
};

struct InstanceView {
  const config::Instance* settings = nullptr;
  std::string name;
  std::string group;  ///< its sync group; empty: none
  Pulse pulse;
  bool alive = false;      ///< the keeper has published anything yet
  Counters counters;       ///< since the start
  Counters since_cleared;  ///< since they were cleared, for keepalived's statistics
  std::optional<LastTransition> last;
  std::vector<TrackerView> trackers;
  std::optional<FenceStatus> fence;  ///< none: off, or not possible here
};

struct GroupView {
  const config::SyncGroup* settings = nullptr;
  vrrp::State state = vrrp::State::Init;
};

struct ProcessView {
  std::string name;
  bool wanted = true;
  ProcessRecord record;
};

struct View {
  const config::Settings* settings = nullptr;
  const RunOptions* options = nullptr;
  std::int64_t unix_ns = 0;
  Instant now;
  std::vector<InstanceView> instances;
  std::vector<GroupView> groups;
  std::vector<ProcessView> processes;
  KeeperRecord keeper;
  std::int32_t supervisor_pid = 0;
  FenceMode fence_mode = FenceMode::Off;
  std::string fence_absent;  ///< why there is none
  std::array<std::uint64_t, kSenders> queue_drops{};
  std::array<std::uint64_t, kWaysOut> outlet_drops{};
  std::array<std::uint64_t, kWaysOut> outlet_done{};
};

View look(const config::Settings& settings, const RunOptions& options, const SharedPage& page,
          Instant now, std::int64_t unix_ns);

/// Adds what the fence's records say to a view.
void look_at_fence(const SharedFence& fence, View& view);

/// a - b, member by member.
Counters minus(const Counters& a, const Counters& b);

std::string_view name_of(Sender sender);  ///< "keeper", ...
std::string_view name_of(WayOut outlet);  ///< "log", ...
/// "link_down", ...: the faults that are raised.
std::vector<std::string> fault_names(std::uint32_t faults);
/// A group's state: that of its members when they agree, FAULT when none may run, else BACKUP.
vrrp::State group_state(const std::vector<vrrp::State>& members);

}  // namespace alibi::daemon
