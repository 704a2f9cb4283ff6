// SPDX-License-Identifier: Apache-2.0
// What `alibi gaps` found, as text for an operator, as JSON, CSV and a drawing.
#pragma once

#include <span>
#include <string>

#include "investigate/capture_survey.h"

namespace alibi::report {

using investigate::GapReport;

/// For an operator: a line a tap, then each stream with its senders, gaps and hand-overs.
std::string gaps_text(const GapReport& report);
/// {"schema": "alibi-gaps-2", ...}: docs/formats/gaps.md.
/// `indent` -1: in one line.
std::string gaps_json(const GapReport& report, int indent = 2);
/// One line a gap, hand-over or near miss, with a header line.
std::string gaps_csv(const GapReport& report);
/// The timeline: a row a stream and tap, heartbeats by sender, gaps and hand-overs.
std::string gaps_svg(const GapReport& report);

/// What happened in a hand-over or near miss at one tap, in a line.
std::string incident_text(const wire::IpAddress& from, const wire::IpAddress& to,
                          const investigate::Incident& incident);

/// "VRID 205 (IPv4, v2)", or the flow's name.
std::string stream_name(const GapReport& report, const investigate::StreamKey& key);
std::string stream_name(std::span<const std::string> flows, std::span<const std::string> addresses,
                        const investigate::StreamKey& key);

}  // namespace alibi::report
