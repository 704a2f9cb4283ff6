// SPDX-License-Identifier: Apache-2.0
// The part of a recording that --from and --to ask for.
#pragma once

#include <string>

#include "base/result.h"
#include "evidence/recording.h"

namespace alibi::cmd {

struct Span {
  Instant begin;
  Instant end;
};

/// "2.5", "500ms", "2m": after the recording's beginning; or a moment as in parse_moment(), of
/// which a time of the day is one of the recording, if it has it. Empty: the recording's own end.
/// What reaches beyond the recording is cut off. An error names the option, or says what is held.
Result<Span> parse_span(const evidence::Recording& recording, const std::string& from,
                        const std::string& to);

}  // namespace alibi::cmd
