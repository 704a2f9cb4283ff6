// SPDX-License-Identifier: Apache-2.0
// What the processes of `alibi run` say to each other: plain structs, sent over os::MessageQueue
// between processes of one fork, so that their layout needs no version.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/instant.h"
#include "os/message_queue.h"
#include "vrrp/instance.h"
#include "vrrp/reason.h"

namespace alibi::daemon {

/// Text inside a message; what does not fit is cut off, on a UTF-8 boundary, and marked by "...".
struct FixedText {
  static constexpr std::size_t kCapacity = 255;
  std::uint8_t size = 0;
  std::array<char, kCapacity> bytes{};

  FixedText() = default;
  FixedText(std::string_view text);  // NOLINT: meant to convert
  FixedText(const std::string& text) : FixedText(std::string_view(text)) {}  // NOLINT: the same
  std::string_view view() const { return {bytes.data(), size}; }
};

/// What the teller is told. Fields that a kind does not name are zero.
struct Tell {
  enum class Kind : std::uint8_t {
    Transition,    ///< instance, from, to, reason, priority; text: the reason's detail
    Note,          ///< instance, text; verbose
    Daemon,        ///< text: something about alibi itself; severity
    ScriptResult,  ///< script, status, timed_out, up, changed, took; text: what it printed
    Announced,     ///< instance; text: "IF for ADDRESS"; status: how many left now; changed: asked
                   ///< for just now, up: neighbour advertisements; verbose
    Resigned,      ///< instance: the last will of a dead keeper was sent for it; text: how it died
    PriorityMoved, ///< instance, to (its state), priority; status: the priority before
    LowerHeard,    ///< instance, to (its state), priority: a lower advert reached a master
    Deleted,       ///< instance, from, priority: a reload took it out of the configuration; text
  };
  Kind kind = Kind::Note;
  vrrp::State from = vrrp::State::Init;
  vrrp::State to = vrrp::State::Init;
  vrrp::ReasonCode reason = vrrp::ReasonCode::StartUp;
  std::uint8_t priority = 0;
  std::uint8_t verbose = 0;   ///< keepalived logs it with -D only
  std::uint8_t severity = 0;  ///< 0 information, 1 warning, 2 error
  std::uint8_t timed_out = 0;
  std::uint8_t up = 0;
  std::uint8_t changed = 0;   ///< up/down flipped (or is known for the first time)
  std::int32_t instance = -1; ///< index into Settings::instances
  std::int32_t script = -1;   ///< index into Settings::scripts
  std::int32_t status = 0;    ///< as wait(2) encodes it
  std::int32_t pid = 0;       ///< who says so
  std::int64_t took_ns = 0;
  std::int64_t monotonic_ns = 0;
  std::int64_t unix_ns = 0;
  FixedText text;
};
static_assert(std::is_trivially_copyable_v<Tell>);

/// Disabled: will never be known and counts nowhere (a script that is not allowed to run).
enum class TrackHealth : std::uint8_t { Unknown, Up, Down, Disabled };

/// What is known of one tracked object (see tracked_objects.h): sent by the tracker to the keeper,
/// and kept in the shared page for a keeper that starts again.
struct TrackState {
  std::int32_t object = -1;    ///< index into TrackedObjects
  std::uint32_t sequence = 0;  ///< of this object; an older one than known is no news
  TrackHealth health = TrackHealth::Unknown;
  std::uint8_t timed_out = 0;  ///< script: its last run
  std::int32_t status = 0;     ///< script: as wait(2) encodes it
  /// File: the number in it; process: how many run; script: results in a row, so far too few for
  /// rise or fall, that speak against its health.
  std::int32_t value = 0;
  FixedText why;               ///< for the reason, e.g. "script chk failed (exited with status 1)"
};
static_assert(std::is_trivially_copyable_v<TrackState>);

/// A Tell with both clocks read and the caller's pid in it.
Tell make_tell(Tell::Kind kind);

/// What is sent of it: all but the room that its text does not fill.
std::span<const std::byte> sent_part(const Tell& tell);
/// False: there is none.
bool hear(const os::MessageQueue& queue, Tell& tell);

/// "script chk_haproxy failed (exited with status 1)", "... succeeded", "... timed out".
std::string script_text(std::string_view name, int status, bool timed_out);

}  // namespace alibi::daemon
