// SPDX-License-Identifier: Apache-2.0
// Heartbeats stamped earlier than one before them in the capture: out of order, or the clock was
// set back. Told by what each sender's rhythm and IP identifications say of its own next one.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/instant.h"
#include "wire/address.h"

namespace alibi::evidence {

/// A heartbeat as far as its place in time goes.
struct Stamped {
  Instant at;
  std::uint64_t sender = 0;  ///< any number of its own; 0: its time says nothing
  Duration interval{0};      ///< as advertised; 0: it does not say
  std::uint16_t ip_id = 0;   ///< 0: none
  std::uint64_t packet = 0;  ///< its number in the capture
};

/// A number for a sender of a stream: `stream` is the router or the flow.
std::uint64_t sender_number(const wire::IpAddress& source, std::uint64_t stream,
                            std::uint64_t network);

enum class Backwards : std::uint8_t {
  Unclear,
  OutOfOrder,  ///< heartbeats stand behind later ones: queues, pieces joined in the wrong order
  ClockSet,    ///< the clock was set back
};
struct BackwardsFinding {
  Backwards what = Backwards::Unclear;
  Duration by{0};  ///< by how much a clock was set back
};

/// `before`: the tap's heartbeats so far, by time; `behind`: those that followed, as they stand in
/// the capture. A sender whose next heartbeat is due (by the identification that counts, or by its
/// rhythm where none does) at a time later than its stamp says that the clock was set; one that is
/// stamped when it was due, or fills a hole between two of its own, says that it is out of order.
/// More must say the one than the other.
BackwardsFinding find_backwards(std::span<const Stamped> before, std::span<const Stamped> behind);

/// `next` is of the sender of `first` and `last`, counts on from them, and is later by `by` than it
/// was due, to a sixteenth of its interval: it, or its stamp, leapt.
bool leaps(const Stamped& first, const Stamped& last, const Stamped& next, Duration by);

/// `beats`, by time, until a clock was set back by `by`: the first one of those that were stamped
/// while it was ahead by as much. Told where the stamps leap and nothing stands in between, and
/// each sender that counts was due so much earlier.
std::optional<std::size_t> find_leap(std::span<const Stamped> beats, Duration by);

}  // namespace alibi::evidence
