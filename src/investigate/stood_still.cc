// SPDX-License-Identifier: Apache-2.0
// CpuSilent says since when a CPU had taken no timer interrupt, CpuStolen what the hypervisor
// counts for it.
#include "investigate/stood_still.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>

#include "investigate/wait.h"

namespace alibi::investigate {
namespace {

struct Span {
  Instant begin;
  Instant end;
  Duration length() const { return end - begin; }
};

using Spans = std::vector<Span>;

Spans common(const Spans& a, const Spans& b) {
  Spans both;
  for (const Span& x : a) {
    for (const Span& y : b) {
      const Span span{std::max(x.begin, y.begin), std::min(x.end, y.end)};
      if (span.begin < span.end) both.push_back(span);
    }
  }
  return both;
}

struct Count {
  Instant at;
  std::uint64_t stolen_ms = 0;
};

/// What was told of one CPU, in order of time.
struct Cpu {
  Spans silences;
  std::vector<Count> counts;
};
using Cpus = std::map<std::int32_t, Cpu>;

Cpus cpus_in(const evidence::Recording& recording) {
  Cpus cpus;
  for (const evidence::Event& event : recording.events) {
    if (const auto* silent = std::get_if<evidence::CpuSilent>(&event.fact)) {
      cpus[silent->cpu].silences.push_back({Instant{silent->since_ns}, event.at});
    } else if (const auto* count = std::get_if<evidence::CpuStolen>(&event.fact)) {
      cpus[count->cpu].counts.push_back({event.at, count->stolen_ms});
    }
  }
  return cpus;
}

/// Online CPUs; 0: not recorded.
std::size_t cpus_of(const evidence::Recording& recording) {
  for (const evidence::Event& event : recording.events) {
    const auto* host = std::get_if<evidence::HostFacts>(&event.fact);
    if (host != nullptr) return static_cast<std::size_t>(std::max(host->cpus, 0));
  }
  return 0;
}

/// A CPU counts what was stolen when it runs again and has something to do, and the count is
/// sampled later still. The CPU of the sampler may itself run for moments only.
constexpr Duration kCounted = 300ms;
/// What the ticks are told beyond.
constexpr Duration kTick = 100ms;

/// The end of the last of the silences that follow each other with no more than moments between
/// them: it ran too little for anybody to look.
Instant end_of_series(const Cpu& cpu, const Span& silence) {
  Instant end = silence.end;
  for (const Span& next : cpu.silences) {
    if (next.end > end && next.begin <= end + kCounted) end = next.end;
  }
  return end;
}

/// The beginning of the first of those before it.
Instant begin_of_series(const Cpu& cpu, const Span& silence) {
  Instant begin = silence.begin;
  for (auto each = cpu.silences.rbegin(); each != cpu.silences.rend(); ++each) {
    if (each->begin < begin && each->end + kCounted >= begin) begin = each->begin;
  }
  return begin;
}

/// The counts that may tell what was stolen in `silence`: those in the series that it begins and
/// soon after that; and without any after it, the next that there is, with those soon after that.
/// What is stolen later, from a CPU that ran meanwhile, is not among them: the first look after a
/// silence is told, whatever it saw.
std::vector<Count> counts_after(const Cpu& cpu, const Span& silence) {
  const Instant end = end_of_series(cpu, silence);
  std::vector<Count> counts;
  Instant until = end + kCounted;
  bool extended = false;
  for (const Count& count : cpu.counts) {
    if (count.at <= silence.end) continue;
    if (count.at > until) {
      if (extended || (!counts.empty() && counts.back().at > end)) break;
      extended = true;
      until = count.at + kCounted;
    }
    counts.push_back(count);
  }
  return counts;
}

/// The silences that ended in `window`. What is stolen is counted when the CPU runs again, so that
/// a look in the midst of a silence knows nothing of it yet, and the next one all of it.
Duration ended_in(const Cpu& cpu, const Span& window) {
  Duration sum{0};
  for (const Span& silence : cpu.silences) {
    if (silence.end > window.begin && silence.end <= window.end) sum += silence.length();
  }
  return sum;
}

enum class Theft { None, Half, NotKnown };

/// Does half of the silence or more, with those about which nobody looked in between, count as
/// stolen? Not known where the hypervisor counts and nobody looked afterwards.
Theft theft_in(const Cpu& cpu, const Span& silence) {
  if (cpu.counts.empty()) return Theft::None;
  Count before = cpu.counts.front();
  for (const Count& count : cpu.counts) {
    if (count.at <= silence.begin) before = count;
  }
  const std::vector<Count> counts = counts_after(cpu, silence);
  for (const Count& after : counts) {
    if (after.stolen_ms < before.stolen_ms) continue;
    const Duration stolen = std::chrono::milliseconds(after.stolen_ms - before.stolen_ms);
    const Span window{std::min(before.at, silence.begin), after.at};
    if (stolen * 2 >= ended_in(cpu, window)) return Theft::Half;
  }
  return counts.empty() ? Theft::NotKnown : Theft::None;
}

/// Did the count grow by half of the silence or more soon after it, be it for the silence or for
/// what came then? Then nothing tells that the silence was no theft.
bool grew_after(const Cpu& cpu, const Span& silence) {
  constexpr Duration kSoon = 5s;
  std::optional<Count> before;
  for (const Count& count : cpu.counts) {
    if (count.at > end_of_series(cpu, silence) + kSoon) break;
    if (!before || count.at <= silence.begin) before = count;
    if (count.at <= silence.end || count.stolen_ms < before->stolen_ms) continue;
    const Duration grown = std::chrono::milliseconds(count.stolen_ms - before->stolen_ms);
    if (grown * 2 >= silence.length()) return true;
  }
  return false;
}

bool overlap(const Span& a, const Span& b) { return a.begin < b.end && b.begin < a.end; }

/// The times from one look to the next, about `window`, of which half or more was stolen, beside
/// silences.
Spans mostly_stolen(const Cpu& cpu, const Span& window) {
  constexpr Duration kRounding = 20ms;  // both counts are in whole clock ticks
  Spans spans;
  for (std::size_t i = 1; i < cpu.counts.size(); ++i) {
    const Span span{cpu.counts[i - 1].at, cpu.counts[i].at};
    const std::uint64_t before = cpu.counts[i - 1].stolen_ms, after = cpu.counts[i].stolen_ms;
    if (after <= before || !overlap(span, window)) continue;
    Duration rest = span.length();
    for (const Span& part : common({span}, cpu.silences)) rest -= part.length();
    const Duration grown = std::chrono::milliseconds(after - before);
    // More than the time that passed was stolen before, and counted late.
    if (grown > span.length() + kRounding) continue;
    if ((grown - ended_in(cpu, span)) * 2 >= rest) spans.push_back(span);
  }
  return spans;
}

/// On which CPU a thread was put, in order of time.
struct Given {
  Instant at;
  std::int32_t cpu = -1;
};

std::vector<Given> given_to(const evidence::Recording& recording, std::int32_t tid) {
  std::vector<Given> given;
  for (const evidence::Event& event : recording.events) {
    const auto* on = std::get_if<evidence::ThreadOn>(&event.fact);
    if (on != nullptr && on->tid == tid) given.push_back({event.at, on->cpu});
  }
  return given;
}

/// The last one before `at`; -1: not known.
std::int32_t cpu_at(const std::vector<Given>& given, Instant at) {
  const auto next =
      std::find_if(given.begin(), given.end(), [&](const Given& each) { return each.at >= at; });
  return next == given.begin() ? -1 : std::prev(next)->cpu;
}

/// May the state `now` of a thread become `next`, for all CPUs or its own were silent?
bool takes(Doing now, Doing next, bool all_cpus) {
  switch (now) {
    case Doing::Stopped:
    case Doing::Frozen:
    case Doing::Gone:
    case Doing::Paused:
    case Doing::Stolen:
      return false;
    case Doing::Silent:
      return next == Doing::Stolen;
    case Doing::Running:
    case Doing::Spinning:
    case Doing::Idle:
    case Doing::Runnable:
      return true;
    default:
      return all_cpus;
  }
}

struct Said {
  Doing doing;
  std::string detail;
  bool all_cpus = false;
};

void give(const Span& span, const Said& said, std::vector<Segment>& segments) {
  std::vector<Segment> out;
  for (const Segment& segment : segments) {
    const Instant begin = std::max(segment.begin, span.begin);
    const Instant end = std::min(segment.end, span.end);
    // The edges of a silence of all CPUs are those of one of them: it may have run there.
    const bool edge = said.doing == Doing::Silent && end - begin <= kTick;
    if (begin >= end || edge || !takes(segment.doing, said.doing, said.all_cpus)) {
      out.push_back(segment);
      continue;
    }
    for (Segment& piece : cut(segment, begin, end, [&](Segment& part) {
           part.doing = said.doing;
           part.detail = said.detail;
         })) {
      out.push_back(std::move(piece));
    }
  }
  segments = std::move(out);
}

void apply_common_silences(const Cpus& cpus, std::size_t count, const Span& window,
                           std::vector<Segment>& segments) {
  std::vector<const Cpu*> silent;
  for (const auto& [number, cpu] : cpus) {
    if (!cpu.silences.empty()) silent.push_back(&cpu);
  }
  if (count < 2 || silent.size() != count) return;
  Spans all{window};
  for (const Cpu* cpu : silent) all = common(all, cpu->silences);
  for (const Span& span : all) {
    std::size_t taken = 0;
    bool known = true;
    for (const Cpu* cpu : silent) {
      const auto own = std::find_if(cpu->silences.begin(), cpu->silences.end(),
                                    [&](const Span& s) { return s.end > span.begin; });
      const Theft theft = theft_in(*cpu, *own);
      if (theft == Theft::Half) ++taken;
      known = known && theft != Theft::NotKnown && !grew_after(*cpu, *own);
    }
    std::string detail = fmt::format("all {} CPUs", count);
    if (taken > 0 && taken < count) detail += fmt::format(", {} of them as stolen", taken);
    const Doing doing = taken > 0 ? Doing::Stolen : known ? Doing::Paused : Doing::Silent;
    give(span, {doing, std::move(detail), true}, segments);
  }
}

/// A CPU that was stolen in slices: who ran on it meanwhile ran for less than half of the time.
void apply_slices(const Cpus& cpus, const std::vector<Given>& given, const Span& window,
                  std::vector<Segment>& segments) {
  std::map<std::int32_t, Spans> by_cpu;
  for (const auto& [number, cpu] : cpus) by_cpu[number] = mostly_stolen(cpu, window);
  std::vector<Segment> out;
  for (const Segment& segment : segments) {
    std::vector<Segment> pieces{segment};
    if (segment.doing == Doing::Runnable || segment.doing == Doing::Running ||
        segment.doing == Doing::Spinning) {
      // A wait that nobody saw end is for the CPU that it had last.
      const std::int32_t cpu = segment.cpu >= 0 ? segment.cpu : cpu_at(given, segment.end);
      for (const Span& span : by_cpu[cpu]) {
        give(span, {Doing::Stolen, fmt::format("CPU {}, in slices", cpu)}, pieces);
      }
    }
    out.insert(out.end(), pieces.begin(), pieces.end());
  }
  segments = std::move(out);
}

std::string spin_text(const Segment& segment, std::int32_t cpu) {
  const bool itself = segment.doing == Doing::Spinning;
  return fmt::format(
      "CPU {}, for which {} spun {}", cpu,
      itself ? "it" : fmt::format("the holder of its own (pid {})", segment.met->pid),
      run_text(*segment.met));
}

/// Did it begin and end with the theft? Who waits for a CPU goes on when that runs again.
bool goes_with(const Segment& segment, const Span& theft) {
  return segment.begin + kTick >= theft.begin && segment.end <= theft.end + kCounted;
}

/// The hypervisor took CPU `number` in `span`, a silence of the series `theft`. A lock or an answer
/// for which somebody spins does not come from a CPU that does not run, be it the thread itself
/// that spins or who holds its CPU. The kernel waits for other CPUs in more places than anybody
/// lists: who was met again and again in one of its functions may have done so.
void apply_theft_of_another(std::int32_t number, const Span& span, const Span& theft,
                            std::vector<Segment>& segments) {
  constexpr std::size_t kAgainAndAgain = 3;
  std::vector<Segment> out;
  for (const Segment& segment : segments) {
    const bool at_work = segment.doing == Doing::Running || segment.doing == Doing::Spinning ||
                         segment.doing == Doing::Runnable;
    if (segment.met == nullptr || segment.met->stack.empty() || !at_work || segment.cpu == number ||
        !goes_with(segment, theft)) {
      out.push_back(segment);
      continue;
    }
    const bool spins = classify_run(*segment.met) == Doing::Spinning;
    for (Segment& piece : cut(segment, span.begin, span.end, [&](Segment& part) {
           if (spins) {
             part.detail = spin_text(part, number);
             part.doing = Doing::Stolen;
           } else if (part.met_times >= kAgainAndAgain && part.length() >= kTick) {
             part.doubt = number;
           }
         })) {
      out.push_back(std::move(piece));
    }
  }
  segments = std::move(out);
}

void apply_spins(const Cpus& cpus, std::vector<Segment>& segments) {
  for (const auto& [number, cpu] : cpus) {
    for (const Span& span : cpu.silences) {
      if (theft_in(cpu, span) != Theft::Half) continue;
      const Span theft{begin_of_series(cpu, span), end_of_series(cpu, span)};
      apply_theft_of_another(number, span, theft, segments);
    }
  }
}

}  // namespace

void apply_silences(const evidence::Recording& recording, std::int32_t tid,
                    std::vector<Segment>& segments) {
  const Cpus cpus = cpus_in(recording);
  if (cpus.empty() || segments.empty()) return;
  const Span window{segments.front().begin, segments.back().end};
  const std::vector<Given> given = given_to(recording, tid);
  apply_common_silences(cpus, cpus_of(recording), window, segments);
  for (const auto& [number, cpu] : cpus) {
    for (const Span& span : cpu.silences) {
      if (!overlap(span, window)) continue;
      if (cpu_at(given, span.end) != number) continue;
      const Doing doing = theft_in(cpu, span) == Theft::Half ? Doing::Stolen : Doing::Silent;
      give(span, {doing, fmt::format("CPU {}", number)}, segments);
    }
  }
  apply_spins(cpus, segments);
  apply_slices(cpus, given, window, segments);
}

}  // namespace alibi::investigate
