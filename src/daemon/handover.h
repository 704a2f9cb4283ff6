// SPDX-License-Identifier: Apache-2.0
// What one keeper tells the next when it hands its instances over: messages over
// Channels::keeper_control, and its state in octets. A keeper may speak to one of another version
// of alibi: everything here is versioned, and what does not fit is refused, not guessed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/instant.h"
#include "base/result.h"
#include "base/strong.h"
#include "config/settings.h"
#include "daemon/channels.h"
#include "daemon/instance_network.h"
#include "vrrp/instance.h"
#include "wire/address.h"

namespace alibi::daemon {

/// Changes with anything that two keepers, or a supervisor and the memory of the one before it,
/// must agree on. A program with another number is not changed to while running.
inline constexpr std::uint32_t kHandoverVersion = 4;

/// Exit code of a keeper whose successor has taken over.
inline constexpr int kHandedOver = 42;

/// The generation whose keeper is to hand over.
struct Predecessor {
  const config::Settings& settings;
  const Channels& channels;
  const Resolver& resolver;  ///< of `settings`
  std::uint32_t attempt = 0;
};

struct HandoverMessage {
  enum class Kind : std::uint32_t {
    Ask = 0x616c6931,  ///< successor: give me what you have, as soon as nothing is due
    State,             ///< predecessor: memory with an encoded KeeperState; it decides nothing more
    Socket,            ///< predecessor: the socket of port `number`
    Take,              ///< successor: all understood, may I?
    Yours,             ///< predecessor, its last word: from now on it is you
    Refused,           ///< predecessor: too late, I have gone on
  };
  Kind kind = Kind::Ask;
  std::uint32_t version = kHandoverVersion;
  std::uint32_t attempt = 0;  ///< which reload this belongs to; answers to others are stale
  std::uint32_t number = 0;   ///< Socket: index of the port
};

struct HeardHandover {
  HandoverMessage message;
  os::Fd passed;
};
/// The next message of this version and, if not 0, of `attempt`, waiting for it until `patience`;
/// others are dropped.
std::optional<HeardHandover> hear_handover(const os::MessageEnd& end, std::uint32_t attempt,
                                           Instant patience);

/// One instance as its keeper leaves it.
struct SlotState {
  std::string name;
  std::string interface;
  std::string machine;  ///< vrrp::print() of its snapshot
  bool started = false;
  bool has_addresses = false;
  bool track_fault = false;
  Priority told{0};
};

struct PortState {
  std::string interface;
  wire::Family family = wire::Family::V4;
  IfIndex index{0};
  std::string socket;  ///< all that its socket was opened with, as text; empty: it has none
  bool up = false;
  std::uint32_t defects_reported = 0;
  std::uint64_t malformed = 0;
  std::uint64_t unknown_vrid = 0;
};

struct KeeperState {
  std::vector<SlotState> slots;
  std::vector<PortState> ports;
  Instant start_at = kNever;  ///< end of a delay of the start that is not over yet
};

std::vector<std::byte> encode(const KeeperState& state);
/// Octets of another version, cut off or too many are an error.
Result<KeeperState> decode_keeper_state(std::span<const std::byte> bytes);

}  // namespace alibi::daemon
