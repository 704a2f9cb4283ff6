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
#include "daemon/channels.h"
#include "daemon/config_reader.h"
#include "daemon/kept_sources.h"
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
  Instant kill_at = kNever;  ///< when its end is enforced
  bool asked_to_end = false;
  Duration back_off = kFirstBackOff;
  std::uint32_t starts = 0;
  std::string comm{};  ///< what it calls itself; empty: its name
};

struct Generation {
  Generation(config::Settings s, const config::Sources& read, Channels c)
      : settings(std::move(s)), sources(read), channels(std::move(c)) {}
  Generation(const Generation&) = delete;
  Generation& operator=(const Generation&) = delete;

  config::Settings settings;
  KeptSources sources;  ///< what `settings` was read from
  Channels channels;
  std::optional<NetworkSetup> network;  ///< once prepared; before the first child starts
  std::array<Child, kChildren> children;
  const Generation* predecessor = nullptr;  ///< whose keeper has not handed over yet
  const Generation* before = nullptr;       ///< handed over, its tracker perhaps not ended yet
  std::uint32_t attempt = 0;                ///< number of that hand-over
  bool resumed = false;  ///< its children were started by the program before this one
};

/// Channels made, children described, none started.
Result<std::unique_ptr<Generation>> make_generation(ReadConfig config, const RunOptions& options);
/// The same with channels that are there.
std::unique_ptr<Generation> assemble_generation(ReadConfig config, Channels channels,
                                                const RunOptions& options);

}  // namespace alibi::daemon
