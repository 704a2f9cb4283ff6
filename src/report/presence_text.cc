// SPDX-License-Identifier: Apache-2.0
// A matrix with a column a tap and a row for each way of being seen and not seen.
#include "report/presence_text.h"

#include <fmt/format.h>

namespace alibi::report {
namespace {

using investigate::Presence;

void segment_lines(std::string& out, const GapReport& report, const Presence& presence) {
  for (std::size_t i = 0; i < presence.taps.size(); ++i) {
    const Presence::Segment& segment = presence.segments[i];
    const std::string here = report.taps[presence.taps[i]].label;
    const std::string before = i == 0 ? "the sender" : report.taps[presence.taps[i - 1]].label;
    if (segment.lost != 0) {
      const evidence::Tap& tap = report.taps[presence.taps[i]];
      out += fmt::format("  {} lost between {} and {}", segment.lost, before, here);
      if (tap.unplaced != 0) {
        out +=
            fmt::format(", or by the capture at {} itself: it lost {} frames", here, tap.unplaced);
      }
      out += "\n";
    }
    if (segment.missed != 0) {
      out +=
          fmt::format("  {} not in the capture at {}, but seen behind it\n", segment.missed, here);
    }
    if (segment.delayed != 0) {
      out += fmt::format("  {} held up between {} and {}, by up to {}\n", segment.delayed, before,
                         here, seconds_text(segment.longest_delay, 6));
    }
  }
}

}  // namespace

std::string presence_text(const GapReport& report, const Presence& presence) {
  if (!presence.comparable) {
    return fmt::format(
        "{} of {} at {} taps: not compared, the clocks are not known to each other\n",
        stream_name(report, presence.stream), presence.source.text(), presence.taps.size());
  }
  std::string out = fmt::format(
      "{} of {} at {} taps, {} heartbeats while all captured, matched by {}\n",
      stream_name(report, presence.stream), presence.source.text(), presence.taps.size(),
      presence.heartbeats,
      presence.by_identification ? "IP identification" : "time alone, as if the clocks agreed");
  std::string head;
  for (const evidence::TapId tap : presence.taps) {
    head += fmt::format("{:>16.16} ", report.taps[tap].label);
  }
  out += fmt::format("  {}{:>11}  first\n", head, "heartbeats");
  for (const Presence::Row& row : presence.rows) {
    out += "  ";
    for (const bool seen : row.seen) out += fmt::format("{:>16} ", seen ? "seen" : "-");
    out += fmt::format("{:>11}  {}\n", row.heartbeats, timestamp_text(row.first.ns));
  }
  segment_lines(out, report, presence);
  return out;
}

std::string apart_text(const GapReport& report) {
  std::string out;
  const auto place = [&](const investigate::KeptApart::Place& at) {
    const std::string network = wire::network_text(at.network);
    return (network.empty() ? "no VLAN" : network) + " at " + report.taps[at.tap].label;
  };
  for (const investigate::KeptApart& pair : report.apart) {
    out += fmt::format(
        "{} of {} in {} and in {}: not compared, no packets that can be told apart show that they "
        "are one network\n",
        stream_name(report, pair.stream), pair.source.text(), place(pair.one), place(pair.other));
  }
  return out;
}

std::string clocks_text(const GapReport& report) {
  std::string out;
  for (std::size_t i = 1; i < report.clocks.size(); ++i) {
    const investigate::TapClock& clock = report.clocks[i];
    out += clock.known ? fmt::format("clock of {}: {} ahead of {}'s, right to within {}\n",
                                     report.taps[i].label, seconds_text(clock.measured, 6),
                                     report.taps[0].label, seconds_text(clock.error, 6))
                       : fmt::format(
                             "clock of {}: not comparable: too few heartbeats to match "
                             "by, or it was set meanwhile\n",
                             report.taps[i].label);
  }
  return out;
}

}  // namespace alibi::report
