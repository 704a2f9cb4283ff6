// SPDX-License-Identifier: Apache-2.0
// ~SEQ(v,[start,[step,]]end), ~SEQx(...) and ~LST(v,a,b), ~LST({v,w},{a,b},{c,d}): the rest of the
// line once for each value.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace alibi::config {

struct Loop {
  std::vector<std::string> names;
  std::vector<std::vector<std::string>> rounds;  ///< values for `names`
  std::size_t length = 0;                        ///< octets of the head, up to its ')'
  std::string problem;                           ///< empty, or why it cannot be used
};

/// No loop has more rounds than this.
inline constexpr std::size_t kMaxRounds = 200'000;

/// Reads the head at the beginning of `text`, which begins with '~'.
Loop read_loop(std::string_view text);

}  // namespace alibi::config
