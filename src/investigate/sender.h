// SPDX-License-Identifier: Apache-2.0
// Which thread sends a stream: found by evidence, not by name.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "investigate/stream.h"

namespace alibi::investigate {

struct Sender {
  std::int32_t pid = 0;
  std::int32_t tid = 0;
  std::int32_t parent = 0;  ///< of the same program; 0: none
  std::string comm;
  std::uint64_t netns = 0;
  /// The sender, its parent of the same program and that one's other workers: one daemon.
  std::vector<std::int32_t> family;
  bool in_family(std::int32_t p) const;
};

/// The process that held a protocol-112 socket in the namespace of the stream's first tap and whose
/// thread was on a CPU when the adverts before `until` left. nullopt: nobody, or not to be told
/// apart (two daemons and no scheduler events).
std::optional<Sender> find_sender(const evidence::Recording& recording, const Stream& stream,
                                  Instant until);

}  // namespace alibi::investigate
