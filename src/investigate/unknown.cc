// SPDX-License-Identifier: Apache-2.0
// `unknown` with its reasons, and the exonerations.
#include "investigate/unknown.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "investigate/decision.h"
#include "investigate/drops.h"
#include "investigate/rules/support.h"

namespace alibi::investigate {
namespace {

void missing_about_receiver(const Scene& scene, Finding& finding) {
  if (!scene.receiver || !scene.receiver->account) {
    finding.missing.push_back(
        "what the receiver did: every tap passed the adverts in time, and it did not act on them");
    return;
  }
  const std::size_t idle = scene.receiver->met(Doing::Idle);
  if (idle == 0) return;
  finding.missing.push_back(
      fmt::format("why {} (pid {}) did not act on the adverts: it was waiting for work when {} of "
                  "{} arrived at its host, so that it refused them or something behind tap {} took "
                  "them away",
                  scene.receiver->process->comm, scene.receiver->process->pid, idle,
                  scene.receiver->unheeded.arrived.size(),
                  scene.recording.taps[scene.receiver->unheeded.tap].label));
}

/// The battery clock went on and no other did, about the hand-over: this machine may have been
/// stopped together with them, and what is in time by them was not for others. Or it was set. Null:
/// neither.
const evidence::Event* clocks_stood(const Scene& scene) {
  const Instant begin = scene.incident.silent_since - scene.incident.interval;
  const Instant end = scene.incident.at + scene.incident.interval;
  const evidence::Event* stood = nullptr;
  for (const evidence::Event& event : scene.recording.events) {
    const auto* jump = std::get_if<evidence::ClockJump>(&event.fact);
    if (jump == nullptr || event.at < begin || Instant{jump->since_ns} > end) continue;
    if (jump->clock == "realtime") return nullptr;  // somebody sets clocks
    if (jump->clock == "rtc" && jump->by_ns > 0) stood = &event;
  }
  return stood;
}

void missing_about_clocks(const Scene& scene, const evidence::Event& stood, Finding& finding) {
  const auto& jump = std::get<evidence::ClockJump>(stood.fact);
  finding.evidence.push_back(fmt::format(
      "the battery clock of the machine that recorded went {} ahead of its other clocks between {} "
      "and {}",
      seconds_text(Duration(jump.by_ns)),
      rules::clock_text(scene.recording, Instant{jump.since_ns}),
      rules::clock_text(scene.recording, stood.at)));
  finding.missing.push_back(
      "whether it was stopped for so long, its clocks with it, so that it was silent for others "
      "and not by its own time: its hypervisor knows, a recording of another machine shows it");
}

void missing_about_place(const Scene& scene, Finding& finding) {
  const std::string first = scene.recording.taps[scene.from.origin().tap].label;
  for (const std::string& tap : scene.where.left_out) {
    finding.missing.push_back("the capture at tap " + tap + " begins or ends in the gap");
  }
  const Blind& blind = scene.incident.blind;
  if (blind.absent || blind.lost > 0 || blind.unplaced > 0) {
    const auto clock = [&](Instant at) { return rules::clock_text(scene.recording, at); };
    const TapBeats* there = scene.from.at_tap(scene.to.origin().tap);
    const evidence::TapId tap = there != nullptr ? there->tap : scene.from.far_end().tap;
    if (blind.absent || blind.lost > 0) {
      finding.missing.push_back(
          fmt::format("the capture at tap {} was blind from {} to {}: {}",
                      scene.recording.taps[tap].label, clock(blind.from), clock(blind.until),
                      blind.absent ? "for some of it nothing was captured"
                                   : fmt::format("it lost {} frames", blind.lost)));
    }
    if (blind.unplaced > 0) {
      finding.missing.push_back(
          fmt::format("when the capture at tap {} lost {} of {} frames, which it does not say: "
                      "adverts may be among them",
                      scene.recording.taps[tap].label, blind.unplaced,
                      std::max(scene.recording.taps[tap].received, blind.unplaced)));
    }
  }
  for (const std::string& line : scene.from.undecided) finding.missing.push_back(line);
  switch (scene.where.origin) {
    case Origin::AtOrBefore:
      finding.missing.push_back(fmt::format(
          "a tap and host evidence at the sender: the gap is there already at the first tap, {}",
          first));
      break;
    case Origin::Unclear:
      if (!scene.where.why_unclear.empty()) finding.missing.push_back(scene.where.why_unclear);
      break;
    case Origin::Nowhere:
      if (const evidence::Event* stood = clocks_stood(scene)) {
        missing_about_clocks(scene, *stood, finding);
      } else {
        missing_about_receiver(scene, finding);
      }
      break;
    default:
      break;
  }
}

/// Could the source have told the cause? That the machine itself stood still explains a silence
/// only; what all of its tasks together waited for explains nothing, nor does which rule
/// of a packet filter it was: that one dropped adverts is told by the kernel.
bool would_tell(const Scene& scene, const std::string& source) {
  const bool of_detail = source == "rules" || source == "queues";
  if (source == "pressure" || source == "softnet" || of_detail) return false;
  const bool of_machine = source == "ticks" || source == "steal" || source == "rtc";
  return !of_machine || scene.where.origin == Origin::Sender;
}

void missing_about_host(const Scene& scene, Finding& finding) {
  if (!scene.recording.has_host_evidence) {
    finding.missing.push_back("host evidence: these are packets alone");
    return;
  }
  if (!scene.sender) {
    finding.missing.push_back(
        "the process that sent the adverts: at the first tap none was found that can be told from "
        "others");
  }
  if (scene.account && rules::dominates(scene, Doing::LogWait)) {
    const ReaderLooks looks = looks_at_reader(*scene.account);
    finding.missing.push_back(
        looks.any == nullptr
            ? std::string("who reads the log that the sender waited for")
            : fmt::format("what the reader of its log, {} (pid {}), waited for: it was runnable in "
                          "{} of {} looks, and no event tells who held the CPU",
                          looks.any->reader_comm, looks.any->reader_pid, looks.runnable,
                          looks.known));
  }
  if (scene.account && rules::dominates(scene, Doing::Silent)) {
    finding.missing.push_back(
        "why its CPU took no timer interrupts: a hypervisor that took it and counts no stolen "
        "time, or a kernel that held interrupts off");
  }
  for (const Doing doing : {Doing::Running, Doing::Runnable}) {
    const Segment* doubtful = scene.account ? scene.account->doubtful(doing) : nullptr;
    if (doubtful == nullptr || !rules::dominates(scene, doing)) continue;
    finding.missing.push_back(fmt::format(
        "whether process {}, which was on its CPU and met {} times in {}, worked there or "
        "waited for CPU {}, which the hypervisor had taken",
        doubtful->met->pid, doubtful->met_times, doubtful->met->stack.front(), doubtful->doubt));
  }
  const Duration spun = scene.account ? scene.account->overdue_in(Doing::Spinning) : Duration{0};
  const Duration ran = scene.account ? scene.account->overdue_in(Doing::Running) : Duration{0};
  if (spun > 0ns && ran * 2 < scene.account->overdue() &&
      (spun + ran) * 2 >= scene.account->overdue()) {
    finding.missing.push_back(
        "what the CPU did for which it spun in the kernel: that held a lock or did not answer");
  }
  for (const evidence::SourceLoss& loss : scene.recording.losses) {
    if (!would_tell(scene, loss.source)) continue;
    finding.missing.push_back(
        loss.lost == 0 ? fmt::format("{}: {}", loss.source, loss.why)
                       : fmt::format("{}: {} events lost ({})", loss.source, loss.lost, loss.why));
  }
}

/// What the kernel dropped at either end around the hand-over: shown, whatever it means, unless it
/// did so all the time before (a copy for a socket that does not want it).
void add_drops(const Scene& scene, Finding& finding) {
  for (const Stream* end : {&scene.from, &scene.to}) {
    const evidence::Tap& tap = scene.recording.taps[end->origin().tap];
    const Instant begin = scene.incident.silent_since - 3 * scene.incident.interval;
    auto drops = drops_of(scene.recording, scene.from, tap.netns, begin, scene.incident.at);
    const auto before = drops_of(scene.recording, scene.from, tap.netns,
                                 begin - 4 * scene.incident.interval, begin);
    std::erase_if(drops, [&](const Drop& drop) {
      return std::any_of(before.begin(), before.end(), [&](const Drop& earlier) {
        return earlier.packet->reason == drop.packet->reason &&
               earlier.packet->function == drop.packet->function;
      });
    });
    for (const std::string& line : drop_lines(drops)) {
      finding.evidence.push_back(
          fmt::format("the kernel dropped {}, where tap {} is", line, tap.label));
    }
    if (scene.incident.from == scene.incident.to) break;
  }
}

}  // namespace

Finding unknown(const Scene& scene) {
  Finding finding{"unknown", "the evidence does not name a cause", {}, {}};
  if (scene.incident.kind == Kind::Preemption && scene.incident.fell_from.value > 0) {
    finding.headline = fmt::format(
        "the old master's priority fell from {} to {}: by a tracker or by its configuration",
        scene.incident.fell_from.value, scene.incident.from_priority.value);
  }
  const std::optional<Account>& account = scene.receiver ? scene.receiver->account : scene.account;
  if (account) {
    for (const AccountLine& line : account->lines) {
      if (line.time < 1ms) continue;
      finding.evidence.push_back(fmt::format("{} {}{}{}", seconds_text(line.time), text(line.doing),
                                             line.detail.empty() ? "" : ", ", line.detail));
      if (finding.evidence.size() == 4) break;
    }
  }
  add_drops(scene, finding);
  missing_about_place(scene, finding);
  add_missing_about_decision(scene, finding);
  missing_about_host(scene, finding);
  return finding;
}

Finding undecided(const Scene& scene, const std::vector<Finding>& findings) {
  Finding finding{"unknown", "several things explain it, and one is enough", {}, {}};
  for (const Finding& each : findings) {
    finding.evidence.push_back(fmt::format("{}: {}", each.code, each.headline));
  }
  finding.missing.push_back(fmt::format("on which of them {} acted", rules::sender_text(scene)));
  return finding;
}

namespace {

/// A clock that was set in the gap fakes none: moments of a live recording are CLOCK_MONOTONIC.
void clear_clock(const Scene& scene, std::vector<std::string>& cleared) {
  const Instant begin = scene.incident.silent_since - scene.incident.interval;
  for (const evidence::Event& event : scene.recording.events) {
    const auto* jump = std::get_if<evidence::ClockJump>(&event.fact);
    if (jump == nullptr || jump->clock != "realtime") continue;
    if (event.at < begin || event.at > scene.incident.at + 1s) continue;
    cleared.push_back(fmt::format(
        "the clock, which was set {} by {} at {}: times are counted by one that was not, so that "
        "the gap is real",
        jump->by_ns < 0 ? "back" : "forward", seconds_text(Duration(std::llabs(jump->by_ns))),
        rules::clock_text(scene.recording, event.at)));
  }
}

}  // namespace

std::vector<std::string> exonerated(const Scene& scene) {
  std::vector<std::string> cleared = cleared_of_decision(scene);
  clear_clock(scene, cleared);
  const std::vector<evidence::Tap>& taps = scene.recording.taps;
  const auto label = [&](std::size_t i) { return taps[scene.where.taps[i].tap].label; };
  if (scene.where.origin == Origin::Sender && scene.where.taps.size() > 1) {
    // Every later tap shows the gap at the same length: the way added nothing.
    const bool same =
        std::all_of(scene.where.taps.begin(), scene.where.taps.end(), [&](const TapGap& gap) {
          return std::chrono::abs(gap.length - scene.where.bad().length) <
                 scene.incident.interval / 10;
        });
    if (same) {
      cleared.push_back(
          fmt::format("the network from {} to {}: the gap has the same length at all "
                      "{} taps",
                      label(0), label(scene.where.taps.size() - 1), scene.where.taps.size()));
    }
  }
  if (scene.where.origin == Origin::Segment) {
    cleared.push_back(fmt::format("the sender: its adverts left in time at tap {}", label(0)));
    if (scene.where.first_bad > 1) {
      cleared.push_back(fmt::format("the way from {} to {}: every advert passed", label(0),
                                    label(scene.where.first_bad - 1)));
    }
  }
  if (!scene.account) return cleared;
  const Account& account = *scene.account;
  if (account.overdue_in(Doing::Unobserved) * 10 > account.overdue()) return cleared;
  const auto clear = [&](Doing doing, const char* suspect) {
    if (account.overdue_in(doing) * 20 <= account.overdue()) {
      cleared.push_back(fmt::format("{}: {} of the overdue time", suspect,
                                    seconds_text(account.overdue_in(doing))));
    }
  };
  const bool held =
      std::any_of(account.segments.begin(), account.segments.end(), [&](const auto& s) {
        return s.doing == Doing::Stolen && s.met != nullptr && s.met->tid != account.sender.tid;
      });
  if (!held) clear(Doing::Runnable, "other processes on its CPU");
  clear(Doing::DiskWait, "the disk, as far as the sender itself goes");
  return cleared;
}

}  // namespace alibi::investigate
