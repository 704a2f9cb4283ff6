// SPDX-License-Identifier: Apache-2.0
// What a watch over heartbeats tells as it happens: a line an event, as text, JSON or CSV.
#pragma once

#include <string>

#include "investigate/gap_watch.h"
#include "report/gaps.h"

namespace alibi::report {

enum class EventFormat : std::uint8_t { Text, Json, Csv };

/// The header line of CSV; nothing otherwise.
std::string gap_events_head(EventFormat format);
/// One line, with its newline: docs/formats/gaps.md.
std::string gap_event_line(const investigate::GapWatch& watch, const investigate::GapEvent& event,
                           EventFormat format);

/// The last thing told: the survey, as text or in one line of JSON. In CSV every line of it was
/// told.
std::string gap_summary(const GapReport& report, EventFormat format);

}  // namespace alibi::report
