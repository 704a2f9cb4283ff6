// SPDX-License-Identifier: Apache-2.0
// What a watch over heartbeats tells as it happens: a line an event, as text, JSON or CSV.
#pragma once

#include <string>
#include <vector>

#include "investigate/gap_watch.h"
#include "report/gaps.h"

namespace alibi::report {

enum class EventFormat : std::uint8_t { Text, Json, Csv };

/// The header line of CSV; nothing otherwise.
std::string gap_events_head(EventFormat format);
/// What the wall clock showed at moments of a watch, whose times are by that clock as it was first.
class ShownClock {
 public:
  /// From `at` on it is `ahead` of what it was first; `at` does not go back.
  void set(Instant at, Duration ahead) { sets_.push_back({at, ahead}); }
  std::int64_t unix_ns(Instant at) const;
  /// A line for each time it was set; what is told at the end is by the clock as it was first.
  std::vector<std::string> remarks() const;

 private:
  struct Set {
    Instant at;
    Duration ahead;
  };
  std::vector<Set> sets_;
};

/// One line, with its newline: docs/formats/gaps.md.
std::string gap_event_line(const investigate::GapWatch& watch, const investigate::GapEvent& event,
                           EventFormat format, const ShownClock& clock);

/// The last thing told: the survey, as text or in one line of JSON. In CSV every line of it was
/// told.
std::string gap_summary(const GapReport& report, EventFormat format);

}  // namespace alibi::report
