// SPDX-License-Identifier: Apache-2.0
// Judging verdicts against the injected truth, and the confusion matrix of many runs. Pure: works
// on the JSON that `alibi explain --json` printed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace alibi::lab {

/// What the recording of one run should show.
struct Truth {
  std::vector<std::string> causes;   ///< any of these codes is right; empty: no failure at all
  std::vector<std::string> segment;  ///< [last good tap, first bad tap], empty: not of the network
  std::int64_t from_unix_ns = 0;     ///< when the fault was done
  std::int64_t to_unix_ns = 0;       ///< when it was undone
  bool may_be_nothing = false;       ///< a keeper that withstands the fault is right, too
  std::string state = {};  ///< of the account, while the fault lasts; empty: none belongs to it
};

enum class Outcome : std::uint8_t {
  Right,
  Unknown,  ///< an incident, but "unknown" was its cause
  Missed,   ///< no incident where there was one
  Wrong,    ///< a name that is not the truth, or an incident where there was none
};
std::string_view name_of(Outcome outcome);

/// Of the overdue time of an account: it begins when the wire says that an advert is due; a thread
/// whose last one left late sleeps a little longer, until its own timer rings.
struct Shares {
  double right = 0;   ///< in the truth's state, of what is not that sleep
  double asleep = 0;  ///< in that sleep, of all
};

struct Judgement {
  Outcome outcome = Outcome::Missed;
  std::string named;        ///< the code that counts: of the wrong ones, else right, else unknown
  std::string segment;      ///< "G-H" as named by the verdict, empty: none
  bool segment_right = true;
  int incidents = 0;        ///< failures in the fault's window
  double silent_s = 0;      ///< longest silence of the incidents in the window
  std::optional<Shares> shares = {};  ///< of the first right verdict that has an account
  /// Names given to failures before or after the fault that are not its truth. A busy machine has
  /// true near misses of its own, so they do not count, but they are shown.
  std::vector<std::string> strays = {};
};

/// The rule: of the incidents in the fault's window at least one must carry the truth, and none a
/// name other than the truth or "unknown".
Result<Judgement> judge(const std::string& explain_json, const Truth& truth);

/// One line of the results.
struct RunResult {
  std::string scenario;
  std::string truth;        ///< first accepted code, "no incident" for none
  std::uint64_t seed = 0;
  double held_s = 0;
  std::string detail;       ///< what was injected
  Judgement judgement;
  std::string error;        ///< the run could not be done; then no judgement
};
std::string result_json(const RunResult& result);
/// Rows truth, columns named causes; totals and the runs that were not right.
std::string matrix_text(const std::vector<RunResult>& results);
/// The same as one JSON object.
std::string matrix_json(const std::vector<RunResult>& results);
/// 0 all right, 1 something wrong or not done, 3 nothing wrong but some unknown or missed.
int exit_code(const std::vector<RunResult>& results);

}  // namespace alibi::lab
