// SPDX-License-Identifier: Apache-2.0
// Builds the JSON and CSV of docs/formats/gaps.md. Moments are Unix nanoseconds and durations
// nanoseconds, both as integers: what another tool prints can be compared to the last digit.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "report/gaps.h"

namespace alibi::report {
namespace {

using investigate::Cadence;
using investigate::Gap;
using investigate::Identification;
using investigate::Incident;
using investigate::SenderSurvey;
using investigate::StreamSurvey;
using nlohmann::ordered_json;

const char* identification_name(Identification identification) {
  switch (identification) {
    case Identification::None:
      return "none";
    case Identification::Constant:
      return "constant";
    case Identification::Counting:
      return "counting";
    case Identification::Other:
      return "other";
  }
  return "other";
}

ordered_json known(Duration d) {
  return d == Duration{0} ? ordered_json(nullptr) : ordered_json(d.count());
}
ordered_json packet(std::uint64_t number) {
  return number == 0 ? ordered_json(nullptr) : ordered_json(number);
}

/// [{"within_ns": bound, or null, "early": n, "late": n}].
ordered_json jitter_json(const Cadence& cadence) {
  ordered_json out = ordered_json::array();
  for (std::size_t i = 0; i <= Cadence::kBounds.size(); ++i) {
    const bool beyond = i == Cadence::kBounds.size();
    out.push_back({{"within_ns", known(beyond ? Duration{0} : Cadence::kBounds[i])},
                   {"early", cadence.early()[i]},
                   {"late", cadence.late()[i]}});
  }
  return out;
}

ordered_json sender_json(const SenderSurvey& sender, bool router) {
  ordered_json out{
      {"source", sender.source.text()},      {"mac", sender.source_mac.text()},
      {"heartbeats", sender.beats},          {"first_unix_ns", sender.first.at.ns},
      {"last_unix_ns", sender.last.at.ns},   {"priority_lowest", nullptr},
      {"priority_highest", nullptr},         {"advertised_ns", known(sender.advertised)},
      {"learned_ns", known(sender.learned)}, {"interval_ns", known(sender.interval)}};
  if (router) {
    out["priority_lowest"] = sender.lowest.value;
    out["priority_highest"] = sender.highest.value;
  }
  const Cadence& cadence = sender.cadence;
  const bool any = cadence.count() != 0;
  out["shortest_ns"] = any ? ordered_json(cadence.shortest().count()) : nullptr;
  out["longest_ns"] = any ? ordered_json(cadence.longest().count()) : nullptr;
  out["p50_ns"] = any ? ordered_json(cadence.quantile(0.5).count()) : nullptr;
  out["p99_ns"] = any ? ordered_json(cadence.quantile(0.99).count()) : nullptr;
  out["jitter"] = jitter_json(cadence);
  out["duplicates"] = sender.duplicates;
  out["reordered"] = sender.reordered;
  out["out_of_order"] = sender.out_of_order;
  out["ip_identification"] = identification_name(sender.identification);
  return out;
}

ordered_json gap_json(const StreamSurvey& stream, const Gap& gap) {
  const auto sent = sent_in(stream, gap);
  return {{"from", stream.senders[gap.from].source.text()},
          {"ended_by", stream.senders[gap.until].source.text()},
          {"begin_unix_ns", gap.before.at.ns},
          {"end_unix_ns", gap.after.at.ns},
          {"length_ns", gap.length().count()},
          {"interval_ns", known(gap.expected)},
          {"packet_before", packet(gap.before.packet_number)},
          {"packet_after", packet(gap.after.packet_number)},
          {"capture_lost", gap.capture_lost},
          {"capture_absent", gap.capture_absent},
          {"proven", gap.proven},
          {"sent_unseen", sent ? ordered_json(*sent) : ordered_json(nullptr)}};
}

ordered_json incident_json(const StreamSurvey& stream, const investigate::SurveyedIncident& found) {
  const Incident& incident = found.incident;
  return {{"kind", investigate::kind_text(incident)},
          {"from", stream.senders[incident.from].source.text()},
          {"to", stream.senders[incident.to].source.text()},
          {"from_priority", incident.from_priority.value},
          {"to_priority", incident.to_priority.value},
          {"at_unix_ns", incident.at.ns},
          {"silent_ns", (incident.at - incident.silent_since).count()},
          {"two_masters_ns", incident.two_masters.count()},
          {"capture_lost", incident.blind.lost},
          {"capture_lost_some_time", incident.blind.unplaced},
          {"capture_absent", incident.blind.absent},
          {"last_packet", packet(found.last_packet)},
          {"packet", packet(found.packet)}};
}

ordered_json stream_json(const GapReport& report, const StreamSurvey& stream) {
  const bool router = stream.key.flow == 0;
  ordered_json out{{"tap", report.taps[stream.tap].label},
                   {"name", stream_name(report, stream.key)},
                   {"vrid", nullptr},
                   {"version", nullptr},
                   {"family", nullptr},
                   {"vlan", wire::vlan_of(stream.key.network)},
                   {"outer_vlan", wire::outer_vlan_of(stream.key.network)},
                   {"vni", wire::tunnel_of(stream.key.network)}};
  if (router) {
    out["vrid"] = stream.key.router.vrid.value;
    out["version"] = stream.key.router.version;
    out["family"] = stream.key.router.family == wire::Family::V4 ? "ipv4" : "ipv6";
  }
  out["senders"] = ordered_json::array();
  for (const SenderSurvey& sender : stream.senders) {
    out["senders"].push_back(sender_json(sender, router));
  }
  out["gaps"] = ordered_json::array();
  for (const Gap& gap : stream.gaps) out["gaps"].push_back(gap_json(stream, gap));
  out["gaps_left_out"] = stream.gaps_left_out;
  out["hand_overs"] = ordered_json::array();
  out["near_misses"] = ordered_json::array();
  for (const auto& found : stream.incidents) {
    out[is_hand_over(found.incident) ? "hand_overs" : "near_misses"].push_back(
        incident_json(stream, found));
  }
  out["hand_overs_left_out"] = stream.hand_overs_left_out;
  out["near_misses_left_out"] = stream.near_misses_left_out;
  return out;
}

ordered_json presence_json(const GapReport& report, const investigate::Presence& presence) {
  ordered_json out{{"name", stream_name(report, presence.stream)},
                   {"source", presence.source.text()},
                   {"comparable", presence.comparable},
                   {"matched_by", presence.by_identification ? "ip_identification" : "time"},
                   {"heartbeats", presence.heartbeats}};
  for (std::size_t i = 0; i < presence.taps.size(); ++i) {
    const auto& segment = presence.segments[i];
    out["taps"].push_back({{"label", report.taps[presence.taps[i]].label},
                           {"lost_before", segment.lost},
                           {"missed", segment.missed},
                           {"delayed_before", segment.delayed},
                           {"longest_delay_ns", segment.longest_delay.count()}});
  }
  out["rows"] = ordered_json::array();
  for (const auto& row : presence.rows) {
    out["rows"].push_back({{"seen", row.seen},
                           {"heartbeats", row.heartbeats},
                           {"first_unix_ns", row.first.ns},
                           {"last_unix_ns", row.last.ns}});
  }
  return out;
}

}  // namespace

std::string gaps_json(const GapReport& report, int indent) {
  ordered_json out{{"schema", "alibi-gaps-2"}, {"longer_than_ns", nullptr}};
  if (report.settings.longer_than) out["longer_than_ns"] = report.settings.longer_than->count();
  out["taps"] = ordered_json::array();
  for (std::size_t i = 0; i < report.taps.size(); ++i) {
    const evidence::Tap& tap = report.taps[i];
    ordered_json json{{"label", tap.label},
                      {"interface", tap.interface},
                      {"received", tap.received},
                      {"written", tap.written},
                      {"dropped", tap.dropped},
                      {"dropped_some_time", tap.unplaced},
                      {"undecoded", tap.undecoded},
                      {"first_unix_ns", report.first[i].ns},
                      {"last_unix_ns", report.last[i].ns}};
    json["clock_ahead_ns"] = nullptr;
    json["clock_error_ns"] = nullptr;
    if (i < report.clocks.size() && report.clocks[i].known) {
      json["clock_ahead_ns"] = report.clocks[i].measured.count();
      json["clock_error_ns"] = report.clocks[i].error.count();
    }
    out["taps"].push_back(json);
  }
  out["streams"] = ordered_json::array();
  for (const StreamSurvey& stream : report.streams) {
    out["streams"].push_back(stream_json(report, stream));
  }
  out["presence"] = ordered_json::array();
  for (const auto& presence : report.presence) {
    out["presence"].push_back(presence_json(report, presence));
  }
  out["presence_since_unix_ns"] =
      report.presence_since ? ordered_json(report.presence_since->ns) : ordered_json(nullptr);
  out["kept_apart"] = ordered_json::array();
  for (const auto& pair : report.apart) {
    const auto place = [&](const investigate::KeptApart::Place& at) {
      return ordered_json{{"tap", report.taps[at.tap].label},
                          {"network", wire::network_text(at.network)}};
    };
    out["kept_apart"].push_back({{"name", stream_name(report, pair.stream)},
                                 {"source", pair.source.text()},
                                 {"networks", {place(pair.one), place(pair.other)}}});
  }
  out["heartbeats_left_out"] = report.left_out;
  return out.dump(indent, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

std::string gaps_csv(const GapReport& report) {
  std::string out =
      "kind,tap,stream,from,to,begin_unix_ns,end_unix_ns,length_ns,packet_before,packet_after,"
      "capture_lost,sent_unseen,capture_absent\n";
  const auto quoted = [](const std::string& text) {
    std::string quoted_text = "\"";
    for (const char c : text) quoted_text += c == '"' ? std::string("\"\"") : std::string(1, c);
    return quoted_text + "\"";
  };
  for (const StreamSurvey& stream : report.streams) {
    const std::string where =
        quoted(report.taps[stream.tap].label) + "," + quoted(stream_name(report, stream.key));
    for (const Gap& gap : stream.gaps) {
      const auto sent = sent_in(stream, gap);
      out += fmt::format(
          "gap,{},{},{},{},{},{},{},{},{},{},{}\n", where, stream.senders[gap.from].source.text(),
          stream.senders[gap.until].source.text(), gap.before.at.ns, gap.after.at.ns,
          gap.length().count(), gap.before.packet_number, gap.after.packet_number, gap.capture_lost,
          sent ? fmt::format("{}", *sent) : "", gap.capture_absent);
    }
    for (const auto& found : stream.incidents) {
      const Incident& incident = found.incident;
      out += fmt::format(
          "{},{},{},{},{},{},{},{},{},{},,{}\n", investigate::kind_text(incident), where,
          stream.senders[incident.from].source.text(), stream.senders[incident.to].source.text(),
          incident.silent_since.ns, incident.at.ns, (incident.at - incident.silent_since).count(),
          found.last_packet, found.packet != 0 ? fmt::format("{}", found.packet) : "",
          incident.blind.lost, incident.blind.absent);
    }
  }
  return out;
}

}  // namespace alibi::report
