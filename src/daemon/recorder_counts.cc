// SPDX-License-Identifier: Apache-2.0
// What became of everything that each source sent: nothing may be missing from these sums.
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "bpf/abi_host.h"
#include "daemon/recorder.h"
#include "daemon/recorder_state.h"

namespace alibi::daemon {

bool Recorder::State::is_foreign(std::span<const std::uint8_t> record) const {
  alibi_drop drop{};
  if (record.size() < sizeof drop) return false;
  std::memcpy(&drop, record.data(), sizeof drop);
  if (drop.header.kind != ALIBI_DROP || drop.netns == 0) return false;
  for (const RecorderTaps::Namespace& netns : taps.namespaces())
    if (netns.inode == drop.netns) return false;
  const auto& watched = watch->processes();
  return std::none_of(watched.begin(), watched.end(),
                      [&](const auto& entry) { return entry.second.found.netns == drop.netns; });
}

std::vector<evidence::SourceCount> Recorder::State::count_sources(
    const evidence::Recording& recording, const PerSource& kept, const PerSource& undecoded) const {
  std::vector<evidence::SourceCount> counts;
  for (std::size_t i = 0; i < recording.taps.size(); ++i) {
    const TapTotals& total = taps.totals()[i];
    const std::uint64_t gone = total.evicted + total.aged;
    const std::uint64_t here = total.written - gone;  // some of it before the recording's begin
    const std::uint64_t written = recording.taps[i].written;
    counts.push_back({"tap " + recording.taps[i].label, total.received, written,
                      total.dropped + total.evicted, total.aged + (here - written)});
  }
  if (!probes) return counts;
  for (std::size_t i = 0; i < kSources; ++i) {
    const SourceTotals& total = log.sources()[i];
    const bool is_probe = i < ALIBI_SOURCES;
    if (is_probe && !probes->has(static_cast<alibi_source>(i))) continue;
    if (i == kUnknownKind && total.taken == 0) continue;
    evidence::SourceCount count{source_name(i), total.taken, kept[i], total.evicted + undecoded[i],
                                0};
    const std::uint64_t here = total.taken - total.evicted - total.passed_over;
    count.passed_over = total.passed_over + (here - kept[i] - undecoded[i]);
    std::uint64_t missed = is_probe ? lost[i] : 0;
    if (i == kLinks)
      for (const Links& netns : links)
        missed += netns.monitor.overruns() + netns.monitor.unfollowed();
    if (i == kRules)
      for (const Links& netns : links) missed += netns.rules ? netns.rules->overruns() : 0;
    if (i == ALIBI_SOURCE_BLOCK) {  // counted in the kernel, told as disk_users
      const std::uint64_t booked = probes->sent(ALIBI_SOURCE_BLOCK);
      count.received += booked;
      count.kept += booked;
    }
    count.received += missed;
    count.lost += missed;
    counts.push_back(std::move(count));
  }
  counts.push_back({"samples", sample_rounds + late_samples, sample_rounds, late_samples, 0});
  return counts;
}

Result<void> Recorder::State::check_rights() const {
  if (taps.losses().size() < taps.taps().size() || (probes && probes->has_any())) return {};
  std::string why = "nothing can be recorded by this user";
  for (const evidence::SourceLoss& loss : taps.losses())
    why += "\n  " + loss.source + ": " + loss.why;
  if (probes) why += "\n  probes: " + probes->losses().front().why;
  return fail(why +
                  "\nCAP_NET_RAW gives the packets; CAP_BPF with CAP_PERFMON the probes of "
                  "processes, for which CAP_SYS_PTRACE finds out who sends; CAP_SYS_ADMIN other "
                  "network namespaces; root all of it",
              EPERM);
}

void Recorder::State::compare_counts() {
  if (!probes) return;
  for (std::uint32_t i = 0; i < ALIBI_SOURCES; ++i) {
    const auto source = static_cast<alibi_source>(i);
    const std::uint64_t sent = probes->sent(source);
    const std::uint64_t taken = log.sources()[i].taken;
    if (source == ALIBI_SOURCE_BLOCK || sent == taken) continue;
    start_losses.push_back(
        {bpf::Probes::name(source), sent > taken ? sent - taken : 0,
         fmt::format("the kernel handed over {} events, {} were seen", sent, taken)});
  }
}

}  // namespace alibi::daemon
