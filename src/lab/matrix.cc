// SPDX-License-Identifier: Apache-2.0
// The rule of right and wrong, and the matrix.
#include "lab/matrix.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

namespace alibi::lab {
namespace {

using nlohmann::json;

const std::string kNothing = "no incident";
const std::string kUnknown = "unknown";
const std::string kAsleep = "waiting for its next timer";
// A near miss ends, and is dated, when the sender is back: a little after the fault was undone.
constexpr std::int64_t kAfterNs = 2'500'000'000;

std::string text_at(const json& object, const char* key) {
  if (!object.is_object() || !object.contains(key) || !object[key].is_string()) return "";
  return object[key].get<std::string>();
}

double number_at(const json& object, const char* key) {
  if (!object.is_object() || !object.contains(key) || !object[key].is_number()) return 0;
  return object[key].get<double>();
}

std::string segment_of(const json& incident) {
  const json& where = incident.value("where", json());
  if (!where.is_object() || !where.contains("segment") || !where["segment"].is_array()) return "";
  std::string text;
  for (const auto& tap : where["segment"]) {
    if (tap.is_string()) text += (text.empty() ? "" : "-") + tap.get<std::string>();
  }
  return text;
}

std::optional<Shares> shares_of(const json& incident, const std::string& state) {
  const json account = incident.value("account", json());
  const json overdue = account.is_object() ? account.value("overdue", json()) : json();
  const double all = number_at(overdue, "time_s");
  if (state.empty() || all <= 0) return std::nullopt;
  double in_state = 0, asleep = 0;
  for (const auto& line : overdue.value("lines", json::array())) {
    const std::string doing = text_at(line, "state");
    if (doing == state) in_state += number_at(line, "time_s");
    if (doing == kAsleep) asleep += number_at(line, "time_s");
  }
  if (asleep >= all) return Shares{0, 1};
  return Shares{in_state / (all - asleep), asleep / all};
}

struct Seen {
  std::string code;     // empty: the incident has no cause
  std::string segment;
  bool failure = false;
  bool in_window = false;
  double silent_s = 0;
  std::optional<Shares> shares;
};

std::vector<Seen> read_incidents(const json& root, const Truth& truth) {
  std::vector<Seen> seen;
  for (const auto& incident : root["incidents"]) {
    Seen s;
    s.code = text_at(incident.value("cause", json()), "code");
    s.failure = incident.value("failure", false);
    if (s.failure && s.code.empty()) s.code = kUnknown;
    s.segment = segment_of(incident);
    s.silent_s = number_at(incident, "silent_s");
    s.shares = shares_of(incident, truth.state);
    const auto at = incident.value("at_unix_ns", std::int64_t{0});
    s.in_window = at >= truth.from_unix_ns && at <= truth.to_unix_ns + kAfterNs;
    seen.push_back(std::move(s));
  }
  return seen;
}

}  // namespace

std::string_view name_of(Outcome outcome) {
  constexpr std::array<std::string_view, 4> kNames{"right", "unknown", "missed", "wrong"};
  return kNames[static_cast<std::size_t>(outcome)];
}

Result<Judgement> judge(const std::string& explain_json, const Truth& truth) {
  const json root = json::parse(explain_json, nullptr, false);
  if (root.is_discarded() || !root.is_object() || !root.contains("incidents") ||
      !root["incidents"].is_array()) {
    return fail("'alibi explain --json' printed no incidents: " + explain_json.substr(0, 200));
  }
  Judgement j;
  j.named = kNothing;
  const auto is_truth = [&](const std::string& code) {
    return std::ranges::count(truth.causes, code) > 0;
  };
  std::string wrong;
  bool right = false, unknown = false;
  for (const auto& seen : read_incidents(root, truth)) {
    if (seen.code.empty()) continue;
    if (!seen.in_window) {
      if (seen.code != kUnknown && !is_truth(seen.code)) j.strays.push_back(seen.code);
      continue;
    }
    if (seen.failure) ++j.incidents;
    j.silent_s = std::max(j.silent_s, seen.silent_s);
    if (seen.code == kUnknown) {
      unknown = true;
    } else if (!is_truth(seen.code)) {
      wrong = seen.code;
    } else if (!right) {
      right = true;
      j.segment = seen.segment;
      j.shares = seen.shares;
    }
  }
  // Where nothing was done, an unexplained failure is a false alarm.
  if (truth.causes.empty() && unknown && wrong.empty()) wrong = kUnknown;
  if (!truth.segment.empty() && right) {
    j.segment_right = j.segment == truth.segment.front() + "-" + truth.segment.back();
  }
  if (!wrong.empty()) {
    j.outcome = Outcome::Wrong;
    j.named = wrong;
  } else if (right) {
    j.outcome = Outcome::Right;
    const auto& causes = truth.causes;
    j.named = causes.front();
  } else if (unknown) {
    j.outcome = Outcome::Unknown;
    j.named = kUnknown;
  } else {
    j.outcome = truth.causes.empty() || truth.may_be_nothing ? Outcome::Right : Outcome::Missed;
  }
  return j;
}

namespace {

json to_json(const RunResult& r) {
  json j{{"scenario", r.scenario}, {"truth", r.truth},   {"seed", r.seed},
         {"held_s", r.held_s},     {"detail", r.detail}};
  if (!r.error.empty()) {
    j["error"] = r.error;
    return j;
  }
  j["outcome"] = name_of(r.judgement.outcome);
  j["named"] = r.judgement.named;
  j["segment"] = r.judgement.segment;
  j["segment_right"] = r.judgement.segment_right;
  j["failures"] = r.judgement.incidents;
  j["silent_s"] = r.judgement.silent_s;
  j["strays"] = r.judgement.strays;
  if (const auto& shares = r.judgement.shares) {
    j["right_share"] = shares->right;
    j["asleep_share"] = shares->asleep;
  }
  return j;
}

struct Totals {
  std::map<Outcome, int> by_outcome;
  int errors = 0, segments = 0, segments_right = 0;
  std::vector<double> shares;  ///< Shares::right, least first
  double most_asleep = 0;
};

Totals total(const std::vector<RunResult>& results) {
  Totals t;
  for (const auto& r : results) {
    if (!r.error.empty()) {
      ++t.errors;
      continue;
    }
    ++t.by_outcome[r.judgement.outcome];
    if (const auto& shares = r.judgement.shares) {
      t.shares.push_back(shares->right);
      t.most_asleep = std::max(t.most_asleep, shares->asleep);
    }
    if (r.judgement.outcome == Outcome::Right && r.truth.starts_with("network.")) {
      ++t.segments;
      t.segments_right += r.judgement.segment_right ? 1 : 0;
    }
  }
  std::ranges::sort(t.shares);
  return t;
}

std::map<std::string, std::map<std::string, int>> cells(const std::vector<RunResult>& results) {
  std::map<std::string, std::map<std::string, int>> rows;
  for (const auto& r : results) {
    if (r.error.empty()) ++rows[r.truth][r.judgement.named];
  }
  return rows;
}

}  // namespace

std::string result_json(const RunResult& result) { return to_json(result).dump(); }

std::string matrix_text(const std::vector<RunResult>& results) {
  const auto rows = cells(results);
  std::set<std::string> columns;
  for (const auto& [truth, row] : rows) {
    for (const auto& [named, count] : row) columns.insert(named);
  }
  // Column numbers in the head, names below: twenty codes would not fit side by side.
  const std::vector<std::string> names(columns.begin(), columns.end());
  std::string text = fmt::format("{:24}", "truth \\ named");
  for (std::size_t i = 0; i < names.size(); ++i) {
    text += fmt::format("{:>5}", fmt::format("[{}]", i + 1));
  }
  text += "\n";
  for (const auto& [truth, row] : rows) {
    text += fmt::format("{:24}", truth);
    for (const auto& name : names) {
      const auto cell = row.find(name);
      text += cell == row.end() ? "    ." : fmt::format("{:5}", cell->second);
    }
    text += "\n";
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    text += fmt::format("{}[{}] {}", i % 4 == 0 ? (i == 0 ? "" : "\n") : "  ", i + 1, names[i]);
  }
  auto t = total(results);
  text += fmt::format("\n{} runs: {} right, {} unknown, {} missed, {} wrong, {} not done\n",
                      results.size(), t.by_outcome[Outcome::Right], t.by_outcome[Outcome::Unknown],
                      t.by_outcome[Outcome::Missed], t.by_outcome[Outcome::Wrong], t.errors);
  if (t.segments > 0) {
    text += fmt::format("segment right in {} of {} network faults\n", t.segments_right, t.segments);
  }
  if (!t.shares.empty()) {
    text += fmt::format(
        "overdue time in the right state: {:.2f} % at least, {:.2f} % in the median of {} accounts;"
        " until its own timer rang: {:.1f} % at most\n",
        100 * t.shares.front(), 100 * t.shares[t.shares.size() / 2], t.shares.size(),
        100 * t.most_asleep);
  }
  for (const auto& r : results) {
    if (!r.error.empty()) {
      text += fmt::format("not done: {} seed {}: {}\n", r.scenario, r.seed, r.error);
    } else if (r.judgement.outcome != Outcome::Right || !r.judgement.segment_right) {
      text += fmt::format("{}: {} seed {} ({}): named {} {}\n", name_of(r.judgement.outcome),
                          r.scenario, r.seed, r.detail, r.judgement.named, r.judgement.segment);
    }
  }
  for (const auto& r : results) {
    for (const auto& code : r.judgement.strays) {
      text += fmt::format("beside the fault: {} seed {}: {}\n", r.scenario, r.seed, code);
    }
  }
  return text;
}

std::string matrix_json(const std::vector<RunResult>& results) {
  auto t = total(results);
  json j{{"runs", results.size()},
         {"right", t.by_outcome[Outcome::Right]},
         {"unknown", t.by_outcome[Outcome::Unknown]},
         {"missed", t.by_outcome[Outcome::Missed]},
         {"wrong", t.by_outcome[Outcome::Wrong]},
         {"not_done", t.errors},
         {"segments_right", t.segments_right},
         {"segments", t.segments},
         {"matrix", cells(results)},
         {"results", json::array()}};
  for (const auto& r : results) j["results"].push_back(to_json(r));
  return j.dump(1) + "\n";
}

int exit_code(const std::vector<RunResult>& results) {
  auto t = total(results);
  if (t.by_outcome[Outcome::Wrong] > 0 || t.errors > 0) return 1;
  return t.by_outcome[Outcome::Unknown] + t.by_outcome[Outcome::Missed] > 0 ? 3 : 0;
}

}  // namespace alibi::lab
