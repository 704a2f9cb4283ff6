// SPDX-License-Identifier: Apache-2.0
// Builds the JSON of docs/formats/thread.md. Times are integers of nanoseconds, so that they sum.
#include <nlohmann/json.hpp>

#include "investigate/lanes.h"
#include "report/account.h"

namespace alibi::report {
namespace {

using nlohmann::ordered_json;

ordered_json state_json(const evidence::Recording& recording, const StateTime& state) {
  ordered_json json;
  json["state"] = investigate::text(state.doing);
  json["time_ns"] = state.time.count();
  json["pieces"] = state.pieces;
  json["longest"] = nullptr;
  if (state.longest == nullptr) return json;
  const investigate::Segment& longest = *state.longest;
  json["longest"] = {{"begin_unix_ns", recording.unix_ns(longest.begin)},
                     {"time_ns", longest.length().count()},
                     {"detail", longest.detail},
                     {"evidence", investigate::evidence_text(longest)}};
  return json;
}

ordered_json thread_json(const evidence::Recording& recording,
                         const investigate::ThreadAccount& thread) {
  const investigate::WatchedThread& who = thread.thread;
  const investigate::Account& account = thread.account;
  ordered_json json;
  json["process"] = who.comm;
  json["pid"] = who.pid;
  json["tid"] = who.tid;
  json["host"] = who.host;
  json["not_recorded"] = who.incomplete;
  json["begin_unix_ns"] = recording.unix_ns(account.begin);
  json["time_ns"] = (account.end - account.begin).count();
  json["states"] = ordered_json::array();
  for (const StateTime& state : state_times(account))
    json["states"].push_back(state_json(recording, state));
  json["lines"] = ordered_json::array();
  for (const investigate::AccountLine& line : account.lines) {
    json["lines"].push_back({{"state", investigate::text(line.doing)},
                             {"time_ns", line.time.count()},
                             {"detail", line.detail}});
  }
  return json;
}

}  // namespace

std::string threads_json(const evidence::Recording& recording,
                         const std::vector<investigate::ThreadAccount>& threads) {
  ordered_json json;
  json["schema"] = "alibi-thread-1";
  json["window"] = {{"begin_unix_ns", recording.unix_ns(recording.begin)},
                    {"end_unix_ns", recording.unix_ns(recording.end)}};
  json["losses"] = ordered_json::array();
  for (const evidence::SourceLoss& loss : recording.losses)
    json["losses"].push_back({{"source", loss.source}, {"lost", loss.lost}, {"why", loss.why}});
  json["threads"] = ordered_json::array();
  for (const investigate::ThreadAccount& thread : threads)
    json["threads"].push_back(thread_json(recording, thread));
  // Command lines and file names may hold any bytes.
  return json.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace alibi::report
