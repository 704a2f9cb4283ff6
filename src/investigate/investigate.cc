// SPDX-License-Identifier: Apache-2.0
// From a recording to its verdicts: find incidents, locate, account, ask the rules.
#include <fmt/format.h>

#include <algorithm>

#include "investigate/rules/rules.h"
#include "investigate/rules/support.h"
#include "investigate/scene.h"
#include "investigate/segments.h"
#include "investigate/unknown.h"
#include "investigate/verdict.h"
#include "investigate/versions.h"

namespace alibi::investigate {
namespace {

/// Two routers of one VRID that have no address in common: one of them is in the wrong network.
bool strangers(const Stream& a, const Stream& b) {
  return !a.addresses.empty() && !b.addresses.empty() &&
         std::none_of(a.addresses.begin(), a.addresses.end(), [&](const wire::IpAddress& address) {
           return std::binary_search(b.addresses.begin(), b.addresses.end(), address);
         });
}

/// A better router came, or came back, and the old one yielded: nothing failed. It did fail if the
/// old master's own priority fell first and would have held the address before.
bool is_failure(const Incident& incident, const Stream& from, const Stream& to) {
  if (incident.kind != Kind::Preemption) return true;
  if (both_went_on(incident) || strangers(from, to)) return true;
  if (incident.fell_from.value == 0) return false;
  if (incident.fell_from != incident.to_priority) return incident.fell_from > incident.to_priority;
  return wire::higher(from.source, to.source);
}

bool needs_place(Kind kind) {
  return kind == Kind::Silence || kind == Kind::NearMiss || kind == Kind::Silenced ||
         kind == Kind::Conflict;
}

std::optional<Account> account_for(const evidence::Recording& recording, const Stream& from,
                                   const Incident& incident, const Where& where,
                                   const std::optional<Sender>& sender) {
  if (!sender || where.origin != Origin::Sender) return std::nullopt;
  const TapGap& gap = where.bad();
  const Instant decided = std::min(incident.at, recording.end);
  const Instant end = gap.next != kNever ? gap.next : std::max(decided, gap.last);
  return account_of(recording, *sender, gap.last, end, decided, from.interval);
}

/// The first rule that speaks. What made a daemon resign or bid less is another matter: several
/// things may have happened just before, each of which explains it; then none is named.
std::optional<Finding> ask_rules(const Scene& scene) {
  std::vector<Finding> reasons;
  for (const Rule rule : rules::of_own_decision(scene.incident.kind)) {
    if (auto finding = rule(scene)) reasons.push_back(std::move(*finding));
  }
  if (reasons.size() > 1) return undecided(scene, reasons);
  for (const Rule rule : rules::all()) {
    if (auto finding = rule(scene)) return finding;
  }
  return std::nullopt;
}

Verdict judge(const evidence::Recording& recording, const std::vector<Stream>& streams,
              const Incident& incident) {
  const Stream& from = streams[incident.from];
  const Stream& to = streams[incident.to];
  Verdict verdict;
  verdict.incident = incident;
  verdict.from_source = from.source;
  verdict.to_source = to.source;
  verdict.network = from.network() != 0 ? from.network() : to.network();
  verdict.failure = is_failure(incident, from, to);
  verdict.host = recording.taps[from.origin().tap].host;
  if (needs_place(incident.kind)) verdict.where = locate(recording, from, to, incident);
  if (!verdict.failure) return verdict;
  const Where where = verdict.where.value_or(Where{});
  const std::optional<Sender> sender = find_sender(recording, from, incident.silent_since + 1ms);
  verdict.account = account_for(recording, from, incident, where, sender);
  const std::optional<Receiver> receiver =
      where.origin == Origin::Nowhere ? receiver_of(recording, from, to, incident) : std::nullopt;
  const Scene scene{recording, incident, from, to, where, sender, verdict.account, receiver};
  if (incident.kind != Kind::Unseen) verdict.cause = ask_rules(scene);
  if (!verdict.cause) verdict.cause = unknown(scene);
  static_cast<void>(entry_of(verdict.cause->code));  // every code is in the catalogue
  verdict.exonerated = exonerated(scene);
  if (receiver) {
    verdict.account = receiver->account;
    verdict.host = recording.taps[receiver->unheeded.tap].host;
  }
  return verdict;
}

/// Does one of the two not heed the other's adverts, by what the adverts say?
bool is_disagreement(const Verdict& verdict) {
  return verdict.cause &&
         (verdict.cause->code == "config.mismatch" || verdict.cause->code == "peer.rejects" ||
          verdict.cause->code == "config.duplicate_vrid");
}

/// Routers that do not heed each other may take turns. The better one that comes back has not
/// settled it: the hand-over is one more of the same quarrel.
void carry_disagreements(std::vector<Verdict>& verdicts) {
  for (std::size_t i = 1; i < verdicts.size(); ++i) {
    Verdict& verdict = verdicts[i];
    if (verdict.failure) continue;
    const auto before = std::find_if(
        verdicts.rend() - static_cast<std::ptrdiff_t>(i), verdicts.rend(), [&](const Verdict& v) {
          return v.incident.router == verdict.incident.router && v.network == verdict.network &&
                 is_hand_over(v.incident);
        });
    if (before == verdicts.rend() || !is_disagreement(*before)) continue;
    if (before->from_source != verdict.to_source || before->to_source != verdict.from_source) {
      continue;
    }
    verdict.failure = true;
    verdict.cause = before->cause;
  }
}

/// The better one was silent for longer than the other waits, and is heard again just before the
/// other's first advert, which was on its way: as after a pause of the machine that captures. It
/// was that silence that moved the address.
void carry_silences(const evidence::Recording& recording, std::vector<Verdict>& verdicts) {
  for (Verdict& verdict : verdicts) {
    const Incident& incident = verdict.incident;
    if (incident.kind != Kind::Conflict || !verdict.cause || verdict.cause->code != "unknown")
      continue;
    const Duration down =
        master_down_interval(incident.router, incident.to_priority, incident.interval);
    for (const Verdict& silence : verdicts) {
      const Incident& gap = silence.incident;
      if (gap.kind != Kind::NearMiss || gap.router != incident.router || !silence.cause ||
          silence.network != verdict.network || silence.from_source != verdict.from_source ||
          gap.at != incident.silent_since || gap.at - gap.silent_since < down) {
        continue;
      }
      verdict.where = silence.where;
      verdict.account = silence.account;
      verdict.cause = silence.cause;
      verdict.exonerated = silence.exonerated;
      verdict.cause->evidence.insert(
          verdict.cause->evidence.begin(),
          fmt::format("{} had not been heard for {} until {}; {} takes over after {}, and its "
                      "adverts were on their way",
                      verdict.from_source.text(), seconds_text(gap.at - gap.silent_since),
                      rules::clock_text(recording, gap.at), verdict.to_source.text(),
                      seconds_text(down)));
    }
  }
}

}  // namespace

std::vector<Verdict> investigate(const evidence::Recording& recording) {
  std::vector<Verdict> verdicts;
  const std::vector<BlindTimes> blind = blind_times(recording);
  const std::map<RouterKey, std::vector<Stream>> by_router = streams_of(recording);
  for (const auto& [router, all] : by_router) {
    for (const std::vector<Stream>& streams : segments_of(all)) {
      for (const Incident& incident : find_incidents(streams, recording.end, blind)) {
        verdicts.push_back(judge(recording, streams, incident));
      }
    }
  }
  for (Verdict& verdict : version_mismatches(recording, by_router)) {
    verdicts.push_back(std::move(verdict));
  }
  std::stable_sort(verdicts.begin(), verdicts.end(), [](const Verdict& a, const Verdict& b) {
    return a.incident.at < b.incident.at;
  });
  for (std::size_t i = 0; i < verdicts.size(); ++i) verdicts[i].number = i + 1;
  carry_silences(recording, verdicts);
  carry_disagreements(verdicts);
  return verdicts;
}

}  // namespace alibi::investigate
