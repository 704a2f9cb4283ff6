// SPDX-License-Identifier: Apache-2.0
// Phrases and look-ups shared by the rules.
#include "investigate/rules/support.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "investigate/drops.h"

namespace alibi::investigate::rules {

bool dominates(const Scene& scene, Doing doing) {
  if (!scene.account || scene.account->overdue() <= Duration{0}) return false;
  return scene.account->overdue_in(doing) * 2 >= scene.account->overdue();
}

std::string share_text(const Scene& scene, Doing doing) {
  return fmt::format("{} of the {} {}", seconds_text(scene.account->overdue_in(doing)),
                     seconds_text(scene.account->overdue()),
                     scene.account->receiving ? "in which adverts waited for it" : "overdue");
}

bool sent_and_lost(const Scene& scene) {
  if (scene.where.origin != Origin::Sender) return false;
  const TapGap& gap = scene.where.bad();
  const auto drops = drops_of(scene.recording, scene.from, scene.recording.taps[gap.tap].netns,
                              gap.last + scene.incident.interval / 2, gap.next);
  return std::any_of(drops.begin(), drops.end(),
                     [](const Drop& drop) { return drop.packet->outgoing; });
}

std::string sender_text(const Scene& scene) {
  if (!scene.sender) return "the sender";
  const std::string& host = scene.recording.taps[scene.from.origin().tap].host;
  return fmt::format("{} (pid {}){}", scene.sender->comm, scene.sender->pid,
                     host.empty() ? "" : " on " + host);
}

const evidence::Event* signal_event(const evidence::Recording& recording, std::int32_t pid,
                                    int signal, Instant a, Instant b) {
  const evidence::Event* last = nullptr;
  for (const evidence::Event& event : recording.events) {
    if (event.at < a || event.at > b) continue;
    const auto* sent = std::get_if<evidence::SignalSent>(&event.fact);
    if (sent != nullptr && sent->target_pid == pid && sent->signal == signal) last = &event;
  }
  return last;
}

const evidence::SignalSent* signal_for(const evidence::Recording& recording, std::int32_t pid,
                                       int signal, Instant a, Instant b) {
  const evidence::Event* event = signal_event(recording, pid, signal, a, b);
  return event == nullptr ? nullptr : &std::get<evidence::SignalSent>(event->fact);
}

bool signals_seen(const evidence::Recording& recording, Instant a, Instant b) {
  const bool absent = std::any_of(
      recording.losses.begin(), recording.losses.end(),
      [](const evidence::SourceLoss& loss) { return loss.source == "signal" && loss.lost == 0; });
  return !absent && std::none_of(recording.events.begin(), recording.events.end(),
                                 [&](const evidence::Event& event) {
                                   const auto* lost =
                                       std::get_if<evidence::EventsLost>(&event.fact);
                                   return lost != nullptr && lost->source == "signal" &&
                                          event.at >= a && lost->since_ns <= b.ns;
                                 });
}

std::string signal_source(const evidence::SignalSent& sent) {
  if (sent.sender_pid == 0) return "the kernel";
  std::string source = fmt::format("{} (pid {}", sent.sender_comm, sent.sender_pid);
  if (!sent.sender_parent_comm.empty()) source += ", child of " + sent.sender_parent_comm;
  return source + ")";
}

namespace {

std::string memory_text(std::int64_t bytes) {
  return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / (1 << 20));
}

}  // namespace

bool limits_met(const Scene& scene, Finding& finding) {
  std::map<std::string, std::pair<const evidence::MemoryLimit*, const evidence::MemoryLimit*>> seen;
  for (const evidence::Event& event : scene.recording.events) {
    const auto* sample = std::get_if<evidence::MemoryLimit>(&event.fact);
    if (sample == nullptr || event.at > scene.account->decided) continue;
    const bool ours = std::find(sample->pids.begin(), sample->pids.end(), scene.sender->pid) !=
                      sample->pids.end();
    if (!ours) continue;
    auto& [first, last] = seen[sample->cgroup];
    if (first == nullptr || event.at <= scene.account->begin) first = sample;
    last = sample;
  }
  const std::size_t before = finding.evidence.size();
  for (const auto& [cgroup, samples] : seen) {
    const auto& [first, last] = samples;
    const std::uint64_t met = last->at_limit - std::min(first->at_limit, last->at_limit);
    const std::uint64_t high = last->over_high - std::min(first->over_high, last->over_high);
    if (met > 0) {
      finding.evidence.push_back(fmt::format("cgroup {} met its limit of {} {} times in that time",
                                             cgroup, memory_text(last->limit), met));
    }
    if (high > 0) {
      finding.evidence.push_back(fmt::format("cgroup {} was over its memory.high of {} {} times",
                                             cgroup, memory_text(last->high), high));
    }
  }
  return finding.evidence.size() > before;
}

std::string clock_text(const evidence::Recording& recording, Instant at) {
  return time_of_day_text(recording.unix_ns(at));
}

}  // namespace alibi::investigate::rules
