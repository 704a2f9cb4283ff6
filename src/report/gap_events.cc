// SPDX-License-Identifier: Apache-2.0
// The words are those of the survey of files, as far as the end is known.
#include "report/gap_events.h"

#include <fmt/format.h>

#include <algorithm>

#include <nlohmann/json.hpp>

namespace alibi::report {
namespace {

using investigate::GapEvent;
using nlohmann::ordered_json;
using What = GapEvent::What;

std::string precise(Duration d) { return seconds_text(d, d.count() % 1000 == 0 ? 6 : 9); }

/// What stands in the third column: of a hand-over or near miss its kind.
std::string_view kind_of(const GapEvent& event) {
  const bool by_kind = event.what == What::HandOver || event.what == What::NearMiss;
  return by_kind ? investigate::kind_text(*event.incident) : investigate::text(event.what);
}

std::string remarks(const GapEvent& event) {
  std::string out;
  if (event.capture_lost != 0) {
    out += fmt::format(", the capture lost {} frames meanwhile", event.capture_lost);
  }
  if (event.capture_absent) out += ", the interface was gone from the capture meanwhile";
  return out;
}

std::string what_text(const GapEvent& event) {
  const std::string from = event.from.text();
  switch (event.what) {
    case What::Overdue:
      return fmt::format("{} not heard for {} so far, expected every {}", from,
                         precise(event.length), seconds_text(event.expected)) +
             remarks(event);
    case What::Gap: {
      std::string out = fmt::format("{} after {}", precise(event.length), from);
      if (event.to != event.from) out += ", ended by " + event.to.text();
      out += remarks(event);
      if (event.sent_unseen) {
        out += *event.sent_unseen == 0
                   ? std::string(", nothing was sent")
                   : fmt::format(", {} sent that did not get here", *event.sent_unseen);
      }
      return out;
    }
    case What::HandOver:
    case What::NearMiss:
      return incident_text(event.from, event.to, *event.incident);
    case What::Both:
      return fmt::format("{} (priority {}) and {} (priority {}) both advertise, for {} so far",
                         from, event.incident->from_priority.value, event.to.text(),
                         event.incident->to_priority.value, precise(event.length));
    case What::OneAgain:
      return fmt::format("{} and {} both advertised for {}", from, event.to.text(),
                         precise(event.length));
  }
  return {};
}

ordered_json number(std::uint64_t packet) {
  return packet == 0 ? ordered_json(nullptr) : ordered_json(packet);
}

std::string json_line(const std::string& tap, const std::string& stream, const GapEvent& event,
                      const ShownClock& clock) {
  ordered_json out{{"event", investigate::text(event.what)},
                   {"at_unix_ns", clock.unix_ns(event.at)},
                   {"tap", tap},
                   {"stream", stream},
                   {"vlan", wire::vlan_of(event.stream.network)},
                   {"outer_vlan", wire::outer_vlan_of(event.stream.network)},
                   {"vni", wire::tunnel_of(event.stream.network)},
                   {"from", event.from.text()},
                   {"to", event.to.text()},
                   {"since_unix_ns", clock.unix_ns(event.since)},
                   {"length_ns", event.length.count()},
                   {"interval_ns", event.expected.count()},
                   {"capture_lost", event.capture_lost},
                   {"capture_absent", event.capture_absent},
                   {"packet_before", number(event.packet_before)},
                   {"packet", number(event.packet)}};
  if (event.what == What::Gap) {
    out["sent_unseen"] = event.sent_unseen ? ordered_json(*event.sent_unseen) : nullptr;
  }
  if (event.incident) {
    out["kind"] = investigate::kind_text(*event.incident);
    out["from_priority"] = event.incident->from_priority.value;
    out["to_priority"] = event.incident->to_priority.value;
  }
  return out.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

std::string csv_line(const std::string& tap, const std::string& stream, const GapEvent& event,
                     const ShownClock& clock) {
  const auto or_empty = [](std::uint64_t packet) {
    return packet == 0 ? std::string() : fmt::format("{}", packet);
  };
  return fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{}\n", kind_of(event), quoted(tap),
                     quoted(stream), event.from.text(), event.to.text(), clock.unix_ns(event.since),
                     clock.unix_ns(event.since + event.length), event.length.count(),
                     or_empty(event.packet_before), or_empty(event.packet), event.capture_lost,
                     event.sent_unseen ? fmt::format("{}", *event.sent_unseen) : "",
                     event.capture_absent);
}

}  // namespace

std::int64_t ShownClock::unix_ns(Instant at) const {
  const auto after =
      std::find_if(sets_.rbegin(), sets_.rend(), [&](const Set& set) { return set.at <= at; });
  return at.ns + (after == sets_.rend() ? 0 : after->ahead.count());
}

std::vector<std::string> ShownClock::remarks() const {
  std::vector<std::string> out;
  for (const Set& set : sets_) {
    const bool back = set.ahead == Duration{0};
    const Duration by = set.ahead < Duration{0} ? -set.ahead : set.ahead;
    out.push_back("at " + timestamp_text(set.at.ns) + " the clock was set" +
                  (back ? std::string(" to what it was at the beginning")
                        : ": from then on it is " + seconds_text(by) +
                              (set.ahead < Duration{0} ? " behind" : " ahead of") +
                              " what it was at the beginning, which is what the report goes by"));
  }
  return out;
}

std::string gap_events_head(EventFormat format) {
  return format == EventFormat::Csv ? gaps_csv({}) : std::string();
}

std::string gap_event_line(const investigate::GapWatch& watch, const GapEvent& event,
                           EventFormat format, const ShownClock& clock) {
  const std::string& tap = watch.taps()[event.tap].label;
  const std::string stream = stream_name(watch.flows(), watch.addresses(), event.stream);
  if (format == EventFormat::Json) return json_line(tap, stream, event, clock);
  if (format == EventFormat::Csv) return csv_line(tap, stream, event, clock);
  return fmt::format("{}  {:<11}  {} at {}: {}\n", timestamp_text(clock.unix_ns(event.at)),
                     kind_of(event), stream, tap, what_text(event));
}

std::string gap_summary(const GapReport& report, EventFormat format) {
  if (format == EventFormat::Csv) return {};
  if (format == EventFormat::Text) return "\n" + gaps_text(report);
  std::string json = gaps_json(report, -1);
  json.pop_back();
  return "{\"event\":\"summary\",\"report\":" + json + "}\n";
}

}  // namespace alibi::report
