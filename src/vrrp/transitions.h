// SPDX-License-Identifier: Apache-2.0
// The transition relation as a table of named rows, first match wins. The whole behaviour of an
// instance can be read off it; a test walks every state and input.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "vrrp/instance.h"

namespace alibi::vrrp {

/// The alternatives of Input, in its order.
enum class InputKind : std::uint8_t { Start, Stop, Advert, Timer, Priority, FaultRaised,
                                      FaultCleared, Source, AddressLost, Group };
inline constexpr std::size_t kInputKinds = std::variant_size_v<Input>;

/// One input on its way through the table. A received advert got past acceptance.
struct Step {
  Instance& instance;
  const Input& input;
  Instant now;
  Outbox& out;
};

struct Row {
  std::string_view name;
  State state;
  InputKind input;
  bool (*guard)(const Step&);  ///< null: always
  State next;
  void (*action)(const Step&);  ///< null: nothing to do; runs while `state` still holds
  std::string_view clause;      ///< RFC 9568 section, or keepalived 2.2.7 where that differs
};

std::span<const Row> transition_table();

/// The row that takes `step` from the instance's state. Always found: the last row of each state
/// and input has no guard.
const Row& matching_row(const Step& step);

}  // namespace alibi::vrrp
