// SPDX-License-Identifier: Apache-2.0
// Builds the JSON of docs/formats/verdict.md. Times are seconds as numbers, moments Unix
// nanoseconds as integers with an ISO text beside.
#include "report/json.h"

#include <fmt/format.h>

#include <ctime>
#include <nlohmann/json.hpp>
#include <set>

namespace alibi::report {
namespace {

using investigate::Origin;
using investigate::Verdict;
using nlohmann::ordered_json;

double seconds(Duration d) { return static_cast<double>(d.count()) / 1e9; }

std::string iso_text(std::int64_t unix_ns) {
  const auto t = static_cast<std::time_t>(unix_ns / 1'000'000'000);
  std::tm parts{};
  gmtime_r(&t, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", parts.tm_year + 1900,
                     parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                     unix_ns % 1'000'000'000 / 1000);
}

const char* origin_name(Origin origin) {
  switch (origin) {
    case Origin::Sender:
      return "sender";
    case Origin::AtOrBefore:
      return "at_or_before_first_tap";
    case Origin::Segment:
      return "segment";
    case Origin::Nowhere:
      return "no_tap";
    case Origin::Unclear:
      return "unclear";
  }
  return "unclear";
}

ordered_json where_json(const evidence::Recording& recording, const Verdict& verdict) {
  if (!verdict.where) return nullptr;
  const investigate::Where& where = *verdict.where;
  ordered_json json;
  json["origin"] = origin_name(where.origin);
  const bool placed = where.origin == Origin::Sender || where.origin == Origin::Segment ||
                      where.origin == Origin::AtOrBefore;
  json["first_tap"] = placed ? ordered_json(recording.taps[where.bad().tap].label) : nullptr;
  json["host"] = placed ? recording.taps[where.bad().tap].host : "";
  json["segment"] = nullptr;
  if (where.origin == Origin::Segment) {
    json["segment"] = {recording.taps[where.taps[where.first_bad - 1].tap].label,
                       recording.taps[where.bad().tap].label};
  }
  json["taps"] = ordered_json::array();
  for (const investigate::TapGap& gap : where.taps) {
    json["taps"].push_back({{"label", recording.taps[gap.tap].label},
                            {"gap_s", seconds(gap.length)},
                            {"late", gap.late},
                            {"open", gap.next == kNever},
                            {"capture_lost", gap.capture_lost}});
  }
  return json;
}

/// The part of the gap that the cause must explain, by state.
ordered_json overdue_json(const investigate::Account& account) {
  ordered_json json;
  json["time_s"] = seconds(account.overdue());
  json["lines"] = ordered_json::array();
  std::set<investigate::Doing> told;
  for (const investigate::AccountLine& line : account.lines) {
    const Duration time = account.overdue_in(line.doing);
    if (time <= Duration(0) || !told.insert(line.doing).second) continue;
    json["lines"].push_back({{"state", investigate::text(line.doing)}, {"time_s", seconds(time)}});
  }
  return json;
}

ordered_json account_json(const evidence::Recording& recording, const Verdict& verdict) {
  if (!verdict.account) return nullptr;
  const investigate::Account& account = *verdict.account;
  ordered_json json;
  json["of"] = account.receiving ? "receiver" : "sender";
  json["process"] = account.sender.comm;
  json["pid"] = account.sender.pid;
  json["tid"] = account.sender.tid;
  json["begin_unix_ns"] = recording.unix_ns(account.begin);
  json["gap_s"] = seconds(account.end - account.begin);
  json["due_after_s"] = seconds(account.due - account.begin);
  json["lines"] = ordered_json::array();
  for (const investigate::AccountLine& line : account.lines) {
    json["lines"].push_back({{"state", investigate::text(line.doing)},
                             {"time_s", seconds(line.time)},
                             {"detail", line.detail}});
  }
  json["overdue"] = overdue_json(account);
  return json;
}

ordered_json incident_json(const evidence::Recording& recording, const Verdict& verdict) {
  const investigate::Incident& incident = verdict.incident;
  ordered_json json;
  json["number"] = verdict.number;
  json["kind"] = investigate::kind_text(incident);
  json["failure"] = verdict.failure;
  json["vrid"] = incident.router.vrid.value;
  json["version"] = incident.router.version;
  json["family"] = incident.router.family == wire::Family::V4 ? "ipv4" : "ipv6";
  json["network"] = wire::network_text(verdict.network);
  json["from"] = verdict.from_source.text();
  json["to"] = verdict.to_source.text();
  json["from_priority"] = incident.from_priority.value;
  json["to_priority"] = incident.to_priority.value;
  json["at"] = iso_text(recording.unix_ns(incident.at));
  json["at_unix_ns"] = recording.unix_ns(incident.at);
  json["silent_s"] = seconds(incident.at - incident.silent_since);
  json["two_masters_s"] = seconds(incident.two_masters);
  json["is_return"] = incident.is_return;
  json["host"] = verdict.host;
  json["where"] = where_json(recording, verdict);
  json["cause"] = nullptr;
  if (verdict.cause) {
    json["cause"] = {{"code", verdict.cause->code},
                     {"headline", verdict.cause->headline},
                     {"evidence", verdict.cause->evidence},
                     {"missing", verdict.cause->missing},
                     {"advice", investigate::entry_of(verdict.cause->code).advice}};
  }
  json["account"] = account_json(recording, verdict);
  json["exonerated"] = verdict.exonerated;
  return json;
}

/// Of captures: where hosts were watched they tell more of a silence.
ordered_json blind_json(const evidence::Recording& recording) {
  ordered_json out = ordered_json::array();
  if (recording.has_host_evidence) return out;
  const auto times = investigate::blind_times(recording);
  for (std::size_t i = 0; i < times.size(); ++i) {
    for (const investigate::Blind& blind : times[i].all()) {
      out.push_back({{"tap", recording.taps[i].label},
                     {"from_unix_ns", recording.unix_ns(blind.from)},
                     {"until_unix_ns", recording.unix_ns(blind.until)},
                     {"lost", blind.lost},
                     {"absent", blind.absent}});
    }
  }
  return out;
}

}  // namespace

std::string verdicts_json(const evidence::Recording& recording,
                          const std::vector<Verdict>& verdicts) {
  ordered_json json;
  json["schema"] = "alibi-verdict-1";
  json["taps"] = ordered_json::array();
  for (const evidence::Tap& tap : recording.taps) {
    json["taps"].push_back({{"label", tap.label},
                            {"host", tap.host},
                            {"interface", tap.interface},
                            {"received", tap.received},
                            {"written", tap.written},
                            {"dropped", tap.dropped},
                            {"dropped_some_time", tap.unplaced}});
  }
  json["blind"] = blind_json(recording);
  json["losses"] = ordered_json::array();
  for (const evidence::SourceLoss& loss : recording.losses) {
    json["losses"].push_back({{"source", loss.source}, {"lost", loss.lost}, {"why", loss.why}});
  }
  json["window"] = {{"begin_unix_ns", recording.unix_ns(recording.begin)},
                    {"end_unix_ns", recording.unix_ns(recording.end)},
                    {"held_s", seconds(recording.end - recording.begin)}};
  json["sources"] = ordered_json::array();
  for (const evidence::SourceCount& count : recording.sources) {
    json["sources"].push_back({{"source", count.source},
                               {"received", count.received},
                               {"kept", count.kept},
                               {"lost", count.lost},
                               {"passed_over", count.passed_over}});
  }
  json["host_evidence"] = recording.has_host_evidence;
  json["incidents"] = ordered_json::array();
  for (const Verdict& verdict : verdicts) {
    json["incidents"].push_back(incident_json(recording, verdict));
  }
  // Command lines and file names may hold any bytes.
  return json.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace alibi::report
