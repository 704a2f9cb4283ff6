// SPDX-License-Identifier: Apache-2.0
// CpuSilent says since when a CPU had taken no timer interrupt, CpuStolen what the hypervisor
// counts for it.
#include "investigate/stood_still.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

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

std::map<std::int32_t, Spans> silences(const evidence::Recording& recording) {
  std::map<std::int32_t, Spans> by_cpu;
  for (const evidence::Event& event : recording.events) {
    const auto* silent = std::get_if<evidence::CpuSilent>(&event.fact);
    if (silent != nullptr) by_cpu[silent->cpu].push_back({Instant{silent->since_ns}, event.at});
  }
  return by_cpu;
}

/// Online CPUs; 0: not recorded.
std::size_t cpus_of(const evidence::Recording& recording) {
  for (const evidence::Event& event : recording.events) {
    const auto* host = std::get_if<evidence::HostFacts>(&event.fact);
    if (host != nullptr) return static_cast<std::size_t>(std::max(host->cpus, 0));
  }
  return 0;
}

/// Stolen from `cpu` in `span`. It is sampled, and counted when the CPU runs again.
Duration stolen(const evidence::Recording& recording, std::int32_t cpu, const Span& span) {
  constexpr Duration kSampled = 300ms;
  std::optional<std::uint64_t> before, after;
  for (const evidence::Event& event : recording.events) {
    const auto* count = std::get_if<evidence::CpuStolen>(&event.fact);
    if (count == nullptr || count->cpu != cpu || event.at > span.end + kSampled) continue;
    if (event.at <= span.begin || !before) before = count->stolen_ms;
    after = count->stolen_ms;
  }
  if (!before || *after < *before) return Duration{0};
  return std::chrono::milliseconds(*after - *before);
}

/// The CPU that the thread was last given before `at`; -1: not known.
std::int32_t cpu_of(const evidence::Recording& recording, std::int32_t tid, Instant at) {
  std::int32_t cpu = -1;
  for (const evidence::Event& event : recording.events) {
    if (event.at >= at) break;
    const auto* on = std::get_if<evidence::ThreadOn>(&event.fact);
    if (on != nullptr && on->tid == tid) cpu = on->cpu;
  }
  return cpu;
}

bool is_held(const Segment& segment) {
  return segment.doing == Doing::Stopped || segment.doing == Doing::Frozen ||
         segment.doing == Doing::Gone;
}

bool needs_its_cpu(const Segment& segment) {
  return segment.doing == Doing::Running || segment.doing == Doing::Idle ||
         segment.doing == Doing::Runnable;
}

void give(const Span& span, Doing doing, const std::string& detail, bool all_cpus,
          std::vector<Segment>& segments) {
  std::vector<Segment> out;
  for (const Segment& segment : segments) {
    const Instant begin = std::max(segment.begin, span.begin);
    const Instant end = std::min(segment.end, span.end);
    const bool told = segment.doing == Doing::Paused || segment.doing == Doing::Stolen;
    const bool takes = all_cpus ? !is_held(segment) : needs_its_cpu(segment);
    if (begin >= end || told || !takes) {
      out.push_back(segment);
      continue;
    }
    for (Segment& piece : cut(segment, begin, end, [&](Segment& part) {
           part.doing = doing;
           part.detail = detail;
         })) {
      out.push_back(std::move(piece));
    }
  }
  segments = std::move(out);
}

}  // namespace

void apply_silences(const evidence::Recording& recording, std::int32_t tid,
                    std::vector<Segment>& segments) {
  const std::map<std::int32_t, Spans> by_cpu = silences(recording);
  if (by_cpu.empty()) return;
  const std::size_t cpus = cpus_of(recording);
  if (cpus > 1 && by_cpu.size() == cpus) {
    Spans all = by_cpu.begin()->second;
    for (const auto& [cpu, spans] : by_cpu) all = common(all, spans);
    for (const Span& span : all) {
      Duration sum{0};
      for (const auto& [cpu, spans] : by_cpu) sum += stolen(recording, cpu, span);
      const bool taken = sum * 2 >= span.length() * static_cast<std::int64_t>(cpus);
      give(span, taken ? Doing::Stolen : Doing::Paused, fmt::format("all {} CPUs", cpus), true,
           segments);
    }
  }
  for (const auto& [cpu, spans] : by_cpu) {
    for (const Span& span : spans) {
      if (cpu_of(recording, tid, span.end) != cpu) continue;
      if (stolen(recording, cpu, span) * 2 < span.length()) continue;
      give(span, Doing::Stolen, fmt::format("CPU {}", cpu), false, segments);
    }
  }
}

}  // namespace alibi::investigate
