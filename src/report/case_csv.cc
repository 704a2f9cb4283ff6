// SPDX-License-Identifier: Apache-2.0
// Rows of any kind: the fact's own JSON says what there is to say.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "evidence/case_file.h"
#include "report/exports.h"

namespace alibi::report {
namespace {

using Json = nlohmann::json;

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

std::string number_of(const Json& fact, const char* name) {
  const auto at = fact.find(name);
  return at != fact.end() && at->is_number_integer() ? std::to_string(at->get<std::int64_t>()) : "";
}

std::string advert_json(const evidence::Recording& recording, const evidence::Heartbeat& beat) {
  const auto& advert = beat.packet.decoded.advertisement;
  Json out;
  out["tap"] = recording.taps[beat.tap].label;
  out["source"] = beat.packet.source.text();
  out["vrid"] = advert.vrid.value;
  out["version"] = advert.version;
  out["priority"] = advert.priority.value;
  out["interval_ns"] = advert.interval.count();
  out["ip_id"] = beat.packet.ip_id;
  out["dropped_before"] = beat.dropped_before;
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void row(std::string& out, const evidence::Recording& recording, Instant at, std::string_view kind,
         const std::string& text) {
  const Json fact = Json::parse(text, nullptr, false);
  out += fmt::format("{},{},{},{},{},{}\r\n", at.ns, recording.unix_ns(at), kind,
                     number_of(fact, "pid"), number_of(fact, "tid"), quoted(text));
}

}  // namespace

std::string events_csv(const evidence::Recording& recording) {
  std::string out = "time_ns,unix_ns,kind,pid,tid,fact\r\n";
  auto beat = recording.heartbeats.begin();
  const auto adverts_until = [&](Instant at) {
    for (; beat != recording.heartbeats.end() && beat->at <= at; ++beat) {
      row(out, recording, beat->at, "advert", advert_json(recording, *beat));
    }
  };
  for (const evidence::Event& event : recording.events) {
    adverts_until(event.at);
    row(out, recording, event.at, evidence::kind_name(event.fact), evidence::fact_json(event.fact));
  }
  adverts_until(kNever);
  return out;
}

}  // namespace alibi::report
