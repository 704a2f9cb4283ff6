// SPDX-License-Identifier: Apache-2.0
// The account of a gap drawn as a swim lane: a lane a thread, its states over the time of the gap,
// adverts as marks, and what each state rests on. The same of a thread over any time.
#pragma once

#include <string>
#include <vector>

#include "investigate/threads.h"
#include "investigate/verdict.h"

namespace alibi::report {

/// Lanes of fixed width, legend, and a table whose times sum to the gap to the nanosecond; the
/// unexplained rest has its own line. `number` as in verdict_text(). Says so where the verdict has
/// no account.
std::string account_text(const evidence::Recording& recording, const investigate::Verdict& verdict,
                         std::size_t number);

/// All accounts of the verdicts below each other, as SVG 1.1 that follows the viewer's light or
/// dark scheme. A picture that says so where there is none.
std::string accounts_svg(const evidence::Recording& recording,
                         const std::vector<investigate::Verdict>& verdicts);

/// The account of a thread as such: heading, with `with_lanes` its lane and its log reader's, and
/// the same table.
std::string thread_text(const evidence::Recording& recording,
                        const investigate::ThreadAccount& thread, bool with_lanes);

/// "haproxy (pid 77, thread 78) of lb1: 12.000 s from 12:03:04.512".
std::string thread_title(const evidence::Recording& recording,
                         const investigate::ThreadAccount& thread);

/// The lanes of all of them below each other, as accounts_svg().
std::string threads_svg(const evidence::Recording& recording,
                        const std::vector<investigate::ThreadAccount>& threads);

/// docs/formats/thread.md: one object with the account of each.
std::string threads_json(const evidence::Recording& recording,
                         const std::vector<investigate::ThreadAccount>& threads);

/// The letter of a state in a lane.
char letter(investigate::Doing doing);

struct StateTime {
  investigate::Doing doing = investigate::Doing::Unobserved;
  Duration time{0};
  std::size_t pieces = 0;
  const investigate::Segment* longest = nullptr;
};
/// The account by state, longest first, Unobserved last and always there. The times sum to the gap.
std::vector<StateTime> state_times(const investigate::Account& account);

/// The state that fills most of [begin, end]; Unobserved if none.
investigate::Doing doing_in(const std::vector<investigate::Segment>& segments, Instant begin,
                            Instant end);

}  // namespace alibi::report
