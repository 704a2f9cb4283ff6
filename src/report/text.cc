// SPDX-License-Identifier: Apache-2.0
// Lays a verdict out in lines: what, where, why, account, cleared, advice.
#include "report/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace alibi::report {
namespace {

using investigate::Incident;
using investigate::Kind;
using investigate::Origin;
using investigate::Verdict;

/// "  why      text", with following lines under it.
void field(std::string& out, std::string_view name, const std::string& text) {
  out += fmt::format("  {:<8} {}\n", name, text);
}

std::string what_text(const Verdict& verdict) {
  const Incident& incident = verdict.incident;
  const std::string from = verdict.from_source.text();
  const std::string to = verdict.to_source.text();
  const std::string silent = seconds_text(incident.at - incident.silent_since);
  std::string text;
  switch (incident.kind) {
    case Kind::Silence:
      text = fmt::format(
          "{} (priority {}) fell silent; after {} without an advert {} "
          "(priority {}) took over",
          from, incident.from_priority.value, silent, to, incident.to_priority.value);
      break;
    case Kind::Resignation:
      text = fmt::format("{} resigned with priority 0; {} (priority {}) took over after {}", from,
                         to, incident.to_priority.value, silent);
      break;
    case Kind::Preemption:
      text =
          fmt::format("{} (priority {}) preempted {} (priority {}), which was heard {} before", to,
                      incident.to_priority.value, from, incident.from_priority.value, silent);
      if (is_tie(incident)) {
        text = fmt::format(
            "{} and {} were both master with priority {}; the higher address, {}, won. The other "
            "was heard {} before",
            from, to, incident.to_priority.value, to, silent);
      }
      if (incident.is_return) text += "; it had been master before";
      break;
    case Kind::Conflict:
      text = fmt::format(
          "{} (priority {}) began to advertise while {} (priority {}) was heard {} "
          "before",
          to, incident.to_priority.value, from, incident.from_priority.value, silent);
      break;
    case Kind::Unseen:
      text = fmt::format(
          "{} (priority {}) was followed by {} (priority {}) {} after its last advert, while the "
          "capture was blind",
          from, incident.from_priority.value, to, incident.to_priority.value, silent);
      break;
    case Kind::NearMiss:
      text = fmt::format("{} was not heard for {}; nobody took over", from, silent);
      break;
    case Kind::Silenced:
      text = fmt::format("{} fell silent and was not heard again for {}; nobody took over", from,
                         silent);
      break;
  }
  if (incident.two_masters > Duration{0}) {
    text += fmt::format("; both advertised for {}", seconds_text(incident.two_masters));
  }
  return text;
}

std::string tap_text(const evidence::Recording& recording, evidence::TapId id) {
  const evidence::Tap& tap = recording.taps[id];
  std::string text = tap.label;
  if (!tap.interface.empty() && tap.interface != tap.label) text += " (" + tap.interface + ")";
  if (!tap.host.empty()) text += " of " + tap.host;
  return text;
}

std::string where_text(const evidence::Recording& recording, const investigate::Where& where) {
  switch (where.origin) {
    case Origin::Sender:
      return fmt::format("at the sender: the gap is there at its own tap {}",
                         tap_text(recording, where.bad().tap));
    case Origin::AtOrBefore:
      return fmt::format("at or before the first tap, {}", tap_text(recording, where.bad().tap));
    case Origin::Segment:
      return fmt::format("between tap {} and tap {}",
                         tap_text(recording, where.taps[where.first_bad - 1].tap),
                         tap_text(recording, where.bad().tap));
    case Origin::Nowhere:
      return "no tap shows a gap";
    case Origin::Unclear:
      return "unclear: " + where.why_unclear;
  }
  return "?";
}

/// "A 5.012*  B >5.012* ...": the gap at every tap in seconds, * where it is too long, > where it
/// had not ended when the recording did.
void tap_lines(std::string& out, const evidence::Recording& recording,
               const investigate::Where& where) {
  std::string line;
  std::size_t in_line = 0;
  for (const investigate::TapGap& gap : where.taps) {
    line += fmt::format("{}{} {}{:.3f}{}", in_line == 0 ? "" : "  ", recording.taps[gap.tap].label,
                        gap.next == kNever ? ">" : "",
                        static_cast<double>(gap.length.count()) / 1e9, gap.late ? "*" : "");
    if (++in_line == 6) {
      field(out, "", line);
      line.clear();
      in_line = 0;
    }
  }
  if (!line.empty()) field(out, "", line);
}

void account_lines(std::string& out, const investigate::Account& account) {
  field(out, "account",
        fmt::format("{} of {} (thread {}), {}", seconds_text(account.end - account.begin),
                    account.sender.comm, account.sender.tid,
                    account.receiving
                        ? std::string("which should have read adverts that had arrived")
                        : "due again after " + seconds_text(account.due - account.begin)));
  constexpr std::size_t kMostLines = 7;
  Duration rest{0};
  std::size_t shown = 0;
  for (const investigate::AccountLine& line : account.lines) {
    if (shown == kMostLines || (line.time < 1ms && shown > 0)) {
      rest += line.time;
      continue;
    }
    ++shown;
    field(out, "",
          fmt::format("{:>8}  {}{}{}", seconds_text(line.time), investigate::text(line.doing),
                      line.detail.empty() ? "" : ", ", line.detail));
  }
  if (rest >= 500us) {  // less is 0.000 s
    field(out, "", fmt::format("{:>8}  in shorter pieces", seconds_text(rest)));
  }
}

}  // namespace

std::string verdict_text(const evidence::Recording& recording, const Verdict& verdict,
                         std::size_t number) {
  const Incident& incident = verdict.incident;
  const std::string network = wire::network_text(verdict.network);
  std::string out = fmt::format(
      "incident {}  {}  VRID {} ({}, v{}){}  {}\n", number,
      time_of_day_text(recording.unix_ns(incident.at)), incident.router.vrid.value,
      incident.router.family == wire::Family::V4 ? "IPv4" : "IPv6", incident.router.version,
      network.empty() ? "" : " in " + network, investigate::kind_text(incident));
  field(out, "what", what_text(verdict));
  if (!verdict.failure) {
    field(
        out, "why",
        is_tie(incident)
            ? "no failure: of two masters with equal priority the higher address stays (RFC 9568, "
              "6.4.3)"
            : "no failure: the higher priority took its place");
    return out;
  }
  if (verdict.where) {
    field(out, "where", where_text(recording, *verdict.where));
    tap_lines(out, recording, *verdict.where);
  } else if (!verdict.host.empty()) {
    field(out, "where", "at the sender, " + verdict.host);
  }
  if (verdict.cause) {
    field(out, "why", fmt::format("{}: {}", verdict.cause->code, verdict.cause->headline));
    for (const std::string& line : verdict.cause->evidence) field(out, "", "- " + line);
    for (const std::string& line : verdict.cause->missing) field(out, "", "? missing: " + line);
  }
  if (verdict.account) account_lines(out, *verdict.account);
  for (std::size_t i = 0; i < verdict.exonerated.size(); ++i) {
    field(out, i == 0 ? "cleared" : "", verdict.exonerated[i]);
  }
  if (verdict.cause) {
    field(out, "advice", std::string(investigate::entry_of(verdict.cause->code).advice));
  }
  return out;
}

std::string blindness_text(const evidence::Recording& recording) {
  constexpr std::size_t kMostLines = 20;
  if (recording.has_host_evidence) return {};
  std::string out;
  const auto times = investigate::blind_times(recording);
  for (std::size_t i = 0; i < times.size(); ++i) {
    const evidence::Tap& tap = recording.taps[i];
    if (tap.unplaced != 0 && tap.dropped != 0) {
      out += fmt::format("tap {} lost {} of {} frames, and does not say when\n", tap.label,
                         tap.unplaced, tap.received);
    }
    std::size_t lines = 0;
    for (const investigate::Blind& blind : times[i].all()) {
      if (lines++ == kMostLines) break;
      out += fmt::format("tap {} was blind from {} to {}: {}\n", tap.label,
                         time_of_day_text(recording.unix_ns(blind.from)),
                         time_of_day_text(recording.unix_ns(blind.until)),
                         blind.absent ? "for some of it nothing was captured"
                                      : fmt::format("it lost {} frames", blind.lost));
    }
    if (times[i].all().size() > kMostLines) {
      out += fmt::format("tap {} was blind {} times more\n", tap.label,
                         times[i].all().size() - kMostLines);
    }
  }
  return out;
}

std::string verdicts_text(const evidence::Recording& recording,
                          const std::vector<Verdict>& verdicts) {
  std::string out;
  std::map<std::string, int> causes;
  int harmless = 0;
  for (const Verdict& verdict : verdicts) {
    out += verdict_text(recording, verdict, verdict.number) + "\n";
    if (verdict.cause) {
      ++causes[verdict.cause->code];
    } else {
      ++harmless;
    }
  }
  out += fmt::format("{} incident{}", verdicts.size(), verdicts.size() == 1 ? "" : "s");
  const char* separator = ": ";
  for (const auto& [code, count] : causes) {
    out += fmt::format("{}{} {}", separator, count, code);
    separator = ", ";
  }
  if (harmless > 0) out += fmt::format("{}{} without failure", separator, harmless);
  return out + "\n" + blindness_text(recording);
}

std::string counters_text(const evidence::Recording& recording) {
  std::string out;
  for (const evidence::Tap& tap : recording.taps) {
    std::string name = tap.label;
    if (!tap.interface.empty() && tap.interface != tap.label) name += " " + tap.interface;
    if (!tap.host.empty()) name += " of " + tap.host;
    out += fmt::format("{:<34} {:>7} received  {:>7} written  {:>5} dropped\n", name, tap.received,
                       tap.written, tap.dropped);
  }
  for (const evidence::SourceLoss& loss : recording.losses) {
    out += loss.lost == 0 ? fmt::format("missing evidence: {}: {}\n", loss.source, loss.why)
                          : fmt::format("lost evidence: {}: {} events ({})\n", loss.source,
                                        loss.lost, loss.why);
  }
  return out;
}

std::string subject(const Verdict& verdict) {
  return fmt::format("{}VRID {}: {}{}", verdict.host.empty() ? "" : "[" + verdict.host + "] ",
                     verdict.incident.router.vrid.value, investigate::kind_text(verdict.incident),
                     verdict.cause ? ", " + verdict.cause->code : "");
}

std::string catalogue_markdown() {
  std::string out =
      "# Causes\n\nGenerated by `alibi explain --causes`. A rule names a cause only on the "
      "evidence "
      "given here.\n";
  for (const investigate::CatalogueEntry& entry : investigate::catalogue()) {
    out += fmt::format("\n## {}\n\n{}\n\n- Evidence: {}\n- Refuted by: {}\n- Advice: {}\n",
                       entry.code, entry.meaning, entry.evidence, entry.refuted_by, entry.advice);
  }
  return out;
}

}  // namespace alibi::report
