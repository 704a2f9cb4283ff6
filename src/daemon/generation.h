// SPDX-License-Identifier: Apache-2.0
// One configuration in force: what it says, what its processes share, and those processes.
// Owned by the supervisor; its address does not change, since the children's bodies refer to it.
#pragma once

#include <sys/types.h>

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/instant.h"
#include "config/settings.h"
#include "daemon/channels.h"
#include "daemon/network_setup.h"

namespace alibi::daemon {

/// Index of each child.
enum : std::size_t { kTeller, kKeeper, kTracker, kRecorder, kChildren };

inline constexpr Duration kFirstBackOff = 1s;  // then doubled: keepalived's 1, 2, 4 ... 60 s
inline constexpr Duration kLongestBackOff = 60s;
inline constexpr Duration kCalm = 60s;  // a child that ran this long starts at the first step again

struct Child {
  std::string name;
  std::function<int()> body;
  Duration patience{};  ///< how long an orderly end may take before SIGKILL
  bool wanted = true;
  pid_t pid = 0;
  Instant started{};
  Instant start_at = kNever;
  Instant kill_at = kNever;  ///< an end was asked for: when it is enforced
  Duration back_off = kFirstBackOff;
  std::uint32_t starts = 0;
};

struct Generation {
  Generation(config::Settings s, Channels c) : settings(std::move(s)), channels(std::move(c)) {}
  Generation(const Generation&) = delete;
  Generation& operator=(const Generation&) = delete;

  config::Settings settings;
  Channels channels;
  std::optional<NetworkSetup> network;  ///< once prepared; before the first child starts
  std::array<Child, kChildren> children;
};

/// Channels made, children described, none started.
Result<std::unique_ptr<Generation>> make_generation(config::Settings settings,
                                                    const RunOptions& options);

}  // namespace alibi::daemon
