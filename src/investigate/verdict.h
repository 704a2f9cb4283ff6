// SPDX-License-Identifier: Apache-2.0
// The verdict: what happened, where, why, and how the time divides.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "investigate/account.h"
#include "investigate/cause.h"
#include "investigate/incident.h"
#include "investigate/path.h"

namespace alibi::investigate {

struct Verdict {
  std::size_t number = 0;  ///< of the incident in its recording, from 1
  Incident incident;
  wire::IpAddress from_source;
  wire::IpAddress to_source;
  std::uint64_t network = 0;  ///< of `from` (Stream::network)
  /// False for a hand-over in which nothing failed: a better router came, or came back.
  bool failure = true;
  std::optional<Where> where;  ///< not for what needs no place (resignation, preemption)
  /// Of the sending thread, or of the receiving one where the adverts had arrived; when watched.
  std::optional<Account> account;
  std::optional<Finding> cause;  ///< none when nothing failed
  std::vector<std::string> exonerated;
  std::string host;  ///< of the cause: where the sender (or the receiver) runs, if known
};

/// All incidents of a recording with their verdicts, in order of time.
std::vector<Verdict> investigate(const evidence::Recording& recording);

}  // namespace alibi::investigate
