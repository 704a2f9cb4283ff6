// SPDX-License-Identifier: Apache-2.0
// Verdicts as text for people: terminal and mail body.
#pragma once

#include <string>
#include <vector>

#include "investigate/verdict.h"

namespace alibi::report {

/// One verdict, several lines, ends with a newline. `number` from 1.
std::string verdict_text(const evidence::Recording& recording, const investigate::Verdict& verdict,
                         std::size_t number);

/// When the captures of a recording without host evidence saw nothing or not all, a line each.
std::string blindness_text(const evidence::Recording& recording);

/// All verdicts, and a closing summary line: "3 incidents: 1 host.io.log, 2 without failure".
std::string verdicts_text(const evidence::Recording& recording,
                          const std::vector<investigate::Verdict>& verdicts);

/// What was recorded: a line a tap with its counters, and a line a lost source of evidence.
std::string counters_text(const evidence::Recording& recording);

/// "[loadbalancer01] VRID 205: silence, host.io.log" for a mail.
std::string subject(const investigate::Verdict& verdict);

/// The catalogue of causes as Markdown: docs/causes.md.
std::string catalogue_markdown();

}  // namespace alibi::report
