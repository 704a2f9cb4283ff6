// SPDX-License-Identifier: Apache-2.0
// Words into numbers, times, yes and no. Each says what is wrong and what happens then.
#pragma once

#include <optional>
#include <string_view>

#include "config/draft.h"

namespace alibi::config {

/// The number in word `i`, or nothing after a warning that ends in `otherwise` ("ignored", ...);
/// `what` the number is, when that is not the keyword.
std::optional<int> whole(Context& context, const Statement& statement, std::size_t i, int least,
                         int most, std::string_view otherwise, std::string_view what = {});
/// Seconds, decimals to the microsecond.
std::optional<Duration> seconds(Context& context, const Statement& statement, std::size_t i,
                                Duration least, Duration most, std::string_view otherwise,
                                std::string_view what = {});
/// The word after the keyword: on/true/yes, off/false/no; absent: true.
std::optional<bool> yes_or_no(Context& context, const Statement& statement);
/// Notes words from `first` on that nothing reads; keepalived is silent about them.
void no_more_words(Context& context, const Statement& statement, std::size_t first);

}  // namespace alibi::config
