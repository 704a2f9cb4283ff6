// SPDX-License-Identifier: Apache-2.0
// `alibi explain --thread`: what a thread did, without an incident.
#pragma once

#include <string>

#include "cmd/explain_span.h"

namespace alibi::cmd {

struct ThreadRequest {
  std::string word;  ///< number of a thread or process, or a command name
  bool json = false;
  bool lanes = false;
  std::string svg;  ///< where to; empty: nowhere
};

/// Prints the account of each thread that `word` names and that was there in `span`. An error, with
/// the threads there are, when it names none.
Result<void> explain_threads(const evidence::Recording& recording, const Span& span,
                             const ThreadRequest& request);

}  // namespace alibi::cmd
