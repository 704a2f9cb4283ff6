// SPDX-License-Identifier: Apache-2.0
// host.memory.reclaim, host.memory.swap. The thread itself was seen to reclaim, or to wait for
// pages that reclaim had taken from it: a machine that is short of memory accuses nobody by itself.
#include <fmt/format.h>

#include <algorithm>

#include "investigate/reclaim.h"
#include "investigate/rules/rules.h"
#include "investigate/rules/support.h"

namespace alibi::investigate::rules {
namespace {

constexpr Doing kWantsOfMemory[] = {Doing::Reclaiming, Doing::SwapIn, Doing::PageIn};

bool memory_dominates(const Scene& scene) {
  if (!scene.account || scene.account->overdue() <= Duration{0}) return false;
  Duration sum{0};
  for (const Doing doing : kWantsOfMemory) sum += scene.account->overdue_in(doing);
  return sum * 2 >= scene.account->overdue();
}

/// More of the wait was for swap than for reclaim and what it took of files?
bool swap_leads(const Account& account) {
  return account.overdue_in(Doing::SwapIn) >=
         account.overdue_in(Doing::Reclaiming) + account.overdue_in(Doing::PageIn);
}

/// What /proc/vmstat counted meanwhile.
void machine_counters(const Scene& scene, Finding& finding) {
  const evidence::MemoryCounters* first = nullptr;
  const evidence::MemoryCounters* last = nullptr;
  for (const evidence::Event& event : scene.recording.events) {
    const auto* sample = std::get_if<evidence::MemoryCounters>(&event.fact);
    if (sample == nullptr || event.at > scene.account->end) continue;
    if (first == nullptr || event.at <= scene.account->begin) first = sample;
    last = sample;
  }
  if (first == last) return;
  finding.evidence.push_back(fmt::format(
      "the machine meanwhile: {} pages scanned, {} reclaimed, {} stalls, {} swapped in, {} out",
      last->scanned - first->scanned, last->stolen - first->stolen, last->stalls - first->stalls,
      last->swapped_in - first->swapped_in, last->swapped_out - first->swapped_out));
}

Finding want_of_memory(const Scene& scene, std::string code, std::string headline) {
  Finding finding{std::move(code), std::move(headline), {}, {}};
  for (const Doing doing : kWantsOfMemory) {
    if (scene.account->overdue_in(doing) <= Duration{0}) continue;
    finding.evidence.push_back(fmt::format("{} for {}", text(doing), share_text(scene, doing)));
  }
  const Reclaims reclaims =
      reclaims_of(scene.recording, scene.sender->tid, scene.account->begin, scene.account->decided);
  if (reclaims.count > 0) {
    finding.evidence.push_back(fmt::format(
        "it reclaimed {} times, {} of them for the limit of a cgroup: {} pages, longest {}, "
        "{} asleep for want of progress",
        reclaims.count, reclaims.for_group, reclaims.pages, seconds_text(reclaims.longest),
        seconds_text(reclaims.throttled)));
  }
  limits_met(scene, finding);
  machine_counters(scene, finding);
  return finding;
}

}  // namespace

std::optional<Finding> memory_swap(const Scene& scene) {
  if (!memory_dominates(scene) || !swap_leads(*scene.account)) return std::nullopt;
  return want_of_memory(
      scene, "host.memory.swap",
      fmt::format("{} waited for its memory to be read back from swap", sender_text(scene)));
}

std::optional<Finding> memory_reclaim(const Scene& scene) {
  if (!memory_dominates(scene) || swap_leads(*scene.account)) return std::nullopt;
  const bool taken =
      scene.account->overdue_in(Doing::PageIn) > scene.account->overdue_in(Doing::Reclaiming);
  return want_of_memory(
      scene, "host.memory.reclaim",
      sender_text(scene) + (taken ? " waited for pages of its files that reclaim had taken from it"
                                  : " had to reclaim memory before it could go on"));
}

}  // namespace alibi::investigate::rules
