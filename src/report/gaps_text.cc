// SPDX-License-Identifier: Apache-2.0
// The survey of captures in lines: taps, then each stream with its senders, gaps and hand-overs.
#include <fmt/format.h>

#include "report/gaps.h"
#include "report/presence_text.h"

namespace alibi::report {
namespace {

using investigate::Cadence;
using investigate::Gap;
using investigate::Identification;
using investigate::Incident;
using investigate::Kind;
using investigate::SenderSurvey;
using investigate::StreamSurvey;

/// Seconds with six decimals, nine where they are needed.
std::string precise(Duration d) { return seconds_text(d, d.count() % 1000 == 0 ? 6 : 9); }

std::string short_time(Duration d) {
  if (d < 1ms) return fmt::format("{} us", d / 1us);
  return d < 1s ? fmt::format("{} ms", d / 1ms) : fmt::format("{} s", d / 1s);
}

void tap_line(std::string& out, const GapReport& report, std::size_t i) {
  const evidence::Tap& tap = report.taps[i];
  out += fmt::format("tap {}: {} packets, {} of them no heartbeat, {} lost by the capture",
                     tap.label, tap.written, tap.undecoded, tap.dropped);
  if (tap.written != 0) {
    out += fmt::format("\n    {} to {}, {}", timestamp_text(report.first[i].ns),
                       timestamp_text(report.last[i].ns),
                       seconds_text(report.last[i] - report.first[i]));
  }
  out += "\n";
  if (tap.unplaced != 0 && tap.dropped != 0) {
    out += fmt::format(
        "    {} of {} frames were lost, and the capture does not say when: what they "
        "may have filled is unproven\n",
        tap.unplaced, tap.received);
  }
  const auto remark = [&](std::uint64_t count, const char* what) {
    if (count != 0) out += fmt::format("    {} {}\n", count, what);
  };
  remark(report.defective[i], "adverts with a defect (checksum, form) were left out");
  remark(report.excluded[i], "heartbeats were not asked for");
}

std::string interval_text(const SenderSurvey& sender) {
  if (sender.advertised == Duration{0}) return "          -";
  return fmt::format("{:>11}", seconds_text(sender.advertised));
}

void sender_lines(std::string& out, const StreamSurvey& stream) {
  out += fmt::format("  {:<24} {:>8} {:>9} {:>11} {:>12} {:>12} {:>12} {:>12}\n", "sender",
                     "adverts", "priority", "advertised", "usual", "shortest", "99 %", "longest");
  for (const SenderSurvey& sender : stream.senders) {
    const std::string priority =
        sender.lowest == sender.highest
            ? fmt::format("{}", sender.highest.value)
            : fmt::format("{}-{}", sender.lowest.value, sender.highest.value);
    const Cadence& cadence = sender.cadence;
    const bool any = cadence.count() != 0;
    const auto time = [&](Duration d) { return any ? seconds_text(d, 6) : std::string("-"); };
    out += fmt::format("  {:<24} {:>8} {:>9} {} {:>12} {:>12} {:>12} {:>12}\n",
                       sender.source.text(), sender.beats, stream.key.flow == 0 ? priority : "-",
                       interval_text(sender), time(sender.learned), time(cadence.shortest()),
                       time(cadence.quantile(0.99)), time(cadence.longest()));
  }
}

/// What is not as it should be with a sender, apart from its gaps.
void remarks(std::string& out, const SenderSurvey& sender) {
  const auto remark = [&](const std::string& text) {
    out += fmt::format("  {}: {}\n", sender.source.text(), text);
  };
  if (sender.advertised != Duration{0} && sender.interval > sender.advertised) {
    remark(fmt::format("advertises every {} and is seen every {}; gaps are judged by the latter",
                       seconds_text(sender.advertised), seconds_text(sender.learned)));
  } else if (sender.advertised != Duration{0} && sender.cadence.count() >= 8 &&
             sender.learned < sender.advertised * 3 / 4) {
    remark(fmt::format("advertises every {} and is seen every {}", seconds_text(sender.advertised),
                       seconds_text(sender.learned)));
  }
  if (sender.duplicates != 0) remark(fmt::format("{} duplicates left out", sender.duplicates));
  if (sender.reordered != 0) {
    remark(fmt::format("{} overtaken by a later one (IP identification)", sender.reordered));
  }
  if (sender.out_of_order != 0) {
    remark(fmt::format("{} stood behind later ones in the capture, and were put in order",
                       sender.out_of_order));
  }
}

/// "within 1 ms 980, 2 ms early 1, 500 ms late 3": what share was how far from the interval.
std::string jitter_text(const Cadence& cadence) {
  std::string out;
  const auto add = [&](std::uint64_t count, std::size_t i, const char* side) {
    if (count == 0) return;
    const bool beyond = i == Cadence::kBounds.size();
    out += fmt::format("{}{} {} {} {}", out.empty() ? "" : ", ", beyond ? "over" : "up to",
                       short_time(Cadence::kBounds[beyond ? i - 1 : i]), side, count);
  };
  for (std::size_t i = Cadence::kBounds.size() + 1; i-- > 0;) add(cadence.early()[i], i, "early");
  for (std::size_t i = 0; i <= Cadence::kBounds.size(); ++i) add(cadence.late()[i], i, "late");
  return out;
}

void gap_line(std::string& out, const StreamSurvey& stream, const Gap& gap) {
  out += fmt::format("    {}  {:>14}  packets {} to {}  {}", timestamp_text(gap.before.at.ns),
                     precise(gap.length()), gap.before.packet_number, gap.after.packet_number,
                     stream.senders[gap.from].source.text());
  if (gap.until != gap.from) out += ", ended by " + stream.senders[gap.until].source.text();
  if (gap.capture_lost != 0) out += fmt::format(", the capture lost {} frames", gap.capture_lost);
  if (!gap.proven) out += ", unproven";
  if (gap.capture_absent) out += ", for some of it nothing was captured";
  if (const auto sent = sent_in(stream, gap)) {
    out +=
        *sent == 0 ? ", nothing was sent" : fmt::format(", {} sent that did not get here", *sent);
  }
  out += "\n";
}

void gap_lines(std::string& out, const GapReport& report, const StreamSurvey& stream) {
  const auto& longer_than = report.settings.longer_than;
  const std::string limit =
      longer_than ? precise(*longer_than) : std::string("one and a half intervals");
  if (stream.gaps.empty()) {
    out += fmt::format("  no gap longer than {}\n", limit);
    return;
  }
  out += fmt::format("  {} gap{} longer than {}, from the heartbeat before:\n",
                     stream.gaps.size() + stream.gaps_left_out,
                     stream.gaps.size() + stream.gaps_left_out == 1 ? "" : "s", limit);
  for (const Gap& gap : stream.gaps) gap_line(out, stream, gap);
  if (stream.gaps_left_out != 0) out += fmt::format("    and {} more\n", stream.gaps_left_out);
}

std::uint64_t hand_overs_of(const StreamSurvey& stream) {
  std::uint64_t sum = stream.hand_overs_left_out;
  for (const auto& found : stream.incidents) sum += is_hand_over(found.incident) ? 1U : 0U;
  return sum;
}

void incident_lines(std::string& out, const StreamSurvey& stream) {
  const std::uint64_t hand_overs = hand_overs_of(stream);
  std::uint64_t near_misses = stream.near_misses_left_out;
  for (const auto& found : stream.incidents) near_misses += is_hand_over(found.incident) ? 0U : 1U;
  out += fmt::format("  {} hand-over{}, {} near miss{}\n", hand_overs, hand_overs == 1 ? "" : "s",
                     near_misses, near_misses == 1 ? "" : "es");
  for (const auto& found : stream.incidents) {
    out += fmt::format("    {}  packet {}  {:<11} {}\n", timestamp_text(found.incident.at.ns),
                       found.packet != 0 ? fmt::format("{}", found.packet) : "-",
                       investigate::kind_text(found.incident),
                       incident_text(stream.senders[found.incident.from].source,
                                     stream.senders[found.incident.to].source, found.incident));
  }
  const std::uint64_t more = stream.hand_overs_left_out + stream.near_misses_left_out;
  if (more != 0) out += fmt::format("    and {} more, told when they happened\n", more);
}

}  // namespace

std::string incident_text(const wire::IpAddress& from_source, const wire::IpAddress& to,
                          const Incident& incident) {
  const std::string from = from_source.text();
  const std::string silent = precise(incident.at - incident.silent_since);
  if (incident.kind == Kind::NearMiss) {
    return fmt::format("{} not heard for {}, nobody took over", from, silent);
  }
  if (incident.kind == Kind::Silenced) {
    return fmt::format("{} not heard again for {}, nobody took over", from, silent);
  }
  std::string out =
      fmt::format("{} (priority {}) to {} (priority {}), {} after the last advert", from,
                  incident.from_priority.value, to.text(), incident.to_priority.value, silent);
  if (incident.kind == Kind::Unseen) {
    if (incident.blind.absent) {
      out += ", for some of it nothing was captured";
    } else if (incident.blind.lost != 0) {
      out += fmt::format(", the capture lost {} frames meanwhile", incident.blind.lost);
    } else {
      out += fmt::format(", unproven: the capture lost {} frames, not known when",
                         incident.blind.unplaced);
    }
  }
  if (incident.two_masters > Duration{0}) {
    out += fmt::format(", two masters for {}", precise(incident.two_masters));
  }
  return out;
}

std::string stream_name(const GapReport& report, const investigate::StreamKey& key) {
  return stream_name(report.flows, report.addresses, key);
}

std::string stream_name(std::span<const std::string> flows, std::span<const std::string> addresses,
                        const investigate::StreamKey& key) {
  std::string network = wire::network_text(key.network);
  if (!network.empty()) network = " in " + network;
  if (key.addresses != 0) network += " with" + addresses[key.addresses - 1];
  if (key.flow != 0) return flows[key.flow - 1] + network;
  return fmt::format("VRID {} ({}, v{}){}", key.router.vrid.value,
                     key.router.family == wire::Family::V4 ? "IPv4" : "IPv6", key.router.version,
                     network);
}

std::string gaps_text(const GapReport& report) {
  std::string out;
  std::uint64_t gaps = 0;
  std::uint64_t hand_overs = 0;
  for (std::size_t i = 0; i < report.taps.size(); ++i) tap_line(out, report, i);
  out += clocks_text(report);
  for (const StreamSurvey& stream : report.streams) {
    out +=
        fmt::format("\n{} at {}\n", stream_name(report, stream.key), report.taps[stream.tap].label);
    sender_lines(out, stream);
    for (const SenderSurvey& sender : stream.senders) remarks(out, sender);
    for (const SenderSurvey& sender : stream.senders) {
      const std::string jitter = jitter_text(sender.cadence);
      if (!jitter.empty()) out += fmt::format("  jitter of {}: {}\n", sender.source.text(), jitter);
    }
    gap_lines(out, report, stream);
    if (stream.key.flow == 0) incident_lines(out, stream);
    gaps += stream.gaps.size() + stream.gaps_left_out;
    hand_overs += hand_overs_of(stream);
  }
  if (report.presence_since && !report.presence.empty()) {
    out +=
        fmt::format("\ntaps are compared from {} on\n", timestamp_text(report.presence_since->ns));
  }
  for (const investigate::Presence& presence : report.presence) {
    out += "\n" + presence_text(report, presence);
  }
  if (!report.apart.empty()) out += "\n" + apart_text(report);
  if (report.left_out != 0) {
    out += fmt::format("\n{} heartbeats of more than {} senders were left out\n", report.left_out,
                       report.settings.most_senders);
  }
  return out + fmt::format("\n{} stream{}, {} gap{}, {} hand-over{}\n", report.streams.size(),
                           report.streams.size() == 1 ? "" : "s", gaps, gaps == 1 ? "" : "s",
                           hand_overs, hand_overs == 1 ? "" : "s");
}

}  // namespace alibi::report
