// SPDX-License-Identifier: Apache-2.0
// What a script printed, as part of a sentence.
#pragma once

#include <string>
#include <string_view>

namespace alibi::daemon {

/// Up to three lines, joined by " / ", at most 160 octets, control characters and what is no
/// UTF-8 as '?': it goes to logs and mails.
std::string first_lines(std::string_view output);

}  // namespace alibi::daemon
