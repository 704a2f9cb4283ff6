// SPDX-License-Identifier: Apache-2.0
// A counter is told when it is first read, as a base, and when it moved; stolen time also after a
// silence of a CPU: that nothing was stolen in it is evidence as well.
#include "daemon/recorder_host.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "os/clocks.h"
#include "os/proc_fs.h"

namespace alibi::daemon {
namespace {

constexpr Duration kSlowEvery = 500ms;
constexpr Duration kRtcEvery = 1s;
/// Slewing moves REALTIME by 1 part in 2000 (adjtimex(2)): what moved by this and by more than
/// twice that was set.
constexpr std::int64_t kStep = 10'000'000;
constexpr std::int64_t kSlewing = 1000;
/// The battery clock shows whole seconds: two readings of it differ by up to one too many or too
/// few, and so does the sum of what they say.
constexpr std::int64_t kRtcStep = 2'000'000'000;

os::Fd open_file(const char* path) { return os::Fd(::open(path, O_RDONLY | O_CLOEXEC)); }

}  // namespace

HostSampler::HostSampler(RecorderLog& log)
    : log_(log),
      stat_(open_file("/proc/stat")),
      softnet_(open_file("/proc/net/softnet_stat")),
      rtc_(open_file("/sys/class/rtc/rtc0/since_epoch")),
      pressures_{{{"cpu", open_file("/proc/pressure/cpu"), {}},
                  {"io", open_file("/proc/pressure/io"), {}},
                  {"memory", open_file("/proc/pressure/memory"), {}}}},
      tick_ms_(1000 / std::max(sysconf(_SC_CLK_TCK), 1L)) {
  const auto missing = [this](const char* source, const char* why) {
    losses_.push_back({source, 0, why});
  };
  // Opening works on a kernel that was started with psi=0; reading does not.
  if (os::read_again(pressures_[0].file).empty())
    missing("pressure", "no /proc/pressure: this kernel has no PSI, or was started with psi=0");
  if (os::parse_steal(os::read_again(stat_)).empty())
    missing("steal", "/proc/stat tells no stolen time of CPUs");
  if (!softnet_.valid()) missing("softnet", "no /proc/net/softnet_stat");
  if (!rtc_.valid())
    missing("rtc",
            "no battery clock (/sys/class/rtc/rtc0): a pause in which this machine's other "
            "clocks stood still leaves no trace here");
}

void HostSampler::sample(Instant now, std::int64_t realtime_minus_monotonic_ns) {
  sample_steal(now);
  compare(now, "realtime", realtime_minus_monotonic_ns, realtime_);
  compare(now, "boottime", os::boottime_minus_monotonic_ns(), boottime_);
  if (now >= next_rtc_) {
    next_rtc_ = now + kRtcEvery;
    sample_rtc(now, now.ns + realtime_minus_monotonic_ns);
  }
  if (now < next_slow_) return;
  next_slow_ = now + kSlowEvery;
  sample_pressure(now);
  sample_softnet(now);
}

void HostSampler::sample_steal(Instant now) {
  for (const os::CpuSteal& cpu : os::parse_steal(os::read_again(stat_))) {
    const auto [told, fresh] = stolen_.try_emplace(cpu.cpu, cpu.ticks);
    if (!fresh && told->second == cpu.ticks && !tells_all_steal_) continue;
    told->second = cpu.ticks;
    log_.add_fact(now,
                  evidence::CpuStolen{cpu.cpu, cpu.ticks * static_cast<std::uint64_t>(tick_ms_)});
  }
  tells_all_steal_ = false;
}

void HostSampler::sample_pressure(Instant now) {
  for (PressureFile& pressure : pressures_) {
    const auto totals = os::parse_pressure(os::read_again(pressure.file));
    if (!totals || totals == pressure.told) continue;
    pressure.told = totals;
    log_.add_fact(now, evidence::Pressure{pressure.resource, totals->some_us, totals->full_us});
  }
}

void HostSampler::sample_softnet(Instant now) {
  for (const os::Softnet& cpu : os::parse_softnet(os::read_again(softnet_))) {
    const auto [told, fresh] = softnet_told_.try_emplace(cpu.cpu, cpu);
    const bool same = told->second.dropped == cpu.dropped && told->second.squeezed == cpu.squeezed;
    if (!fresh && same) continue;
    told->second = cpu;
    log_.add_fact(now,
                  evidence::SoftnetCounters{cpu.cpu, cpu.processed, cpu.dropped, cpu.squeezed});
  }
}

void HostSampler::sample_rtc(Instant now, std::int64_t realtime_ns) {
  const std::int64_t rtc_ns =
      static_cast<std::int64_t>(os::to_number(os::read_again(rtc_))) * 1'000'000'000;
  if (rtc_ns == 0) return;  // not readable, or its battery is empty
  const std::int64_t offset = rtc_ns - now.ns;
  const std::int64_t by = rtc_offset_ ? offset - rtc_offset_->ns : 0;
  if (rtc_offset_ && std::llabs(by) < kRtcStep) {
    // The latest reading of the lot counts: the seconds tick somewhere between two readings.
    rtc_offset_->ns = std::max(rtc_offset_->ns, offset);
    rtc_offset_->at = now;
    return;
  }
  if (rtc_offset_)
    log_.add_fact(now, evidence::ClockJump{"rtc", by, rtc_offset_->at.ns, rtc_ns - realtime_ns});
  rtc_offset_ = Offset{offset, now};
}

void HostSampler::compare(Instant now, const char* clock, std::int64_t offset_ns,
                          std::optional<Offset>& before) {
  const std::int64_t slewed = before ? (now - before->at).count() / kSlewing : 0;
  if (before && std::llabs(offset_ns - before->ns) >= std::max(kStep, slewed))
    log_.add_fact(now, evidence::ClockJump{clock, offset_ns - before->ns, before->at.ns, 0});
  before = Offset{offset_ns, now};
}

}  // namespace alibi::daemon
