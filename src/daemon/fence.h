// SPDX-License-Identifier: Apache-2.0
// The fence as the processes of `alibi run` share it: made by the supervisor, used by the keeper
// (keeper_fence.h), read by whoever prints a status.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "bpf/fence.h"
#include "config/settings.h"

namespace alibi::daemon {

enum class FenceMode : std::uint8_t { Off, Takeover, Lease };
std::string_view text(FenceMode mode);
std::optional<FenceMode> parse_fence_mode(std::string_view word);

struct SharedFence {
  FenceMode mode = FenceMode::Off;
  std::unique_ptr<bpf::Fence> loaded;  ///< null: off, or not possible here
  std::string absent;                  ///< why it is not, or not on every interface

  /// Asked for, and not to be had in full.
  bool wanting() const { return mode != FenceMode::Off && !absent.empty(); }
  /// The programs off every interface that `staying` is not on.
  void take_down_but(const SharedFence& staying) const {
    if (loaded != nullptr) loaded->detach_but(staying.loaded.get());
  }
  /// The programs off every interface: nobody holds an address any more.
  void take_down() const {
    if (loaded != nullptr) loaded->detach_all();
  }
};

/// Programs and maps with room for `settings`. What is not possible here is named in `absent`.
SharedFence make_fence(const config::Settings& settings, FenceMode mode, std::uint32_t handle);

/// Where on an interface the programs of the daemon with this run folder are: those that it finds
/// there are its own, of an earlier run; those of others stay, and are asked as well.
std::uint32_t fence_handle(const std::string& run_folder);

/// For a keeper that is dead: its addresses are off.
void disarm(const SharedFence& fence, std::size_t instance);

/// The fence of one instance as it is now.
struct FenceStatus {
  bool guarded = false;            ///< the programs are on every interface concerned
  bool armed = false;              ///< the node holds the addresses
  std::uint32_t why = ALIBI_FENCE_OPEN;  ///< alibi_fence_reason; OPEN: traffic passes
  std::int64_t closed_since_ns = 0;      ///< CLOCK_MONOTONIC; 0: no packet has found it closed
  std::uint64_t closed_count = 0;        ///< since the start
  std::uint32_t last_why = ALIBI_FENCE_OPEN;
  std::uint64_t foreign_adverts = 0;
  std::uint64_t refused_adverts = 0;
  std::uint64_t dropped[ALIBI_FENCE_WAYS][ALIBI_FENCE_KINDS]{};
};

FenceStatus fence_status(const alibi_fence& record, std::int64_t now_ns);

/// Any process of the run may ask; nothing without a fence. `now_ns`: CLOCK_MONOTONIC.
std::optional<FenceStatus> fence_status(const SharedFence& fence, std::size_t instance,
                                        std::int64_t now_ns);

std::string_view fence_kind_text(alibi_fence_kind kind);  ///< "arp", "nd", "ipv4", "ipv6"
/// "an advert of the same rank or above, not yet read", ...
std::string_view fence_reason_text(std::uint32_t why);

}  // namespace alibi::daemon
