// SPDX-License-Identifier: Apache-2.0
// CPUs, pressure and clock of the machine.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "doctor/checks.h"

namespace alibi::doctor {
namespace {

constexpr std::int64_t kLateWakeUs = 1000;  // a tenth of the shortest advert interval, 10 ms
constexpr std::int64_t kStealPermille = 10;
constexpr std::int64_t kPressurePercent100 = 2500;  // 25.00 %
constexpr std::int64_t kMemoryPercent100 = 100;     // 1.00 %

/// intel_pstate and amd-pstate-epp choose frequencies themselves under "powersave".
bool powersave_is_slow(const std::string& driver) {
  return !driver.starts_with("intel_pstate") && !driver.starts_with("amd-pstate") &&
         !driver.starts_with("amd_pstate");
}

void check_cpus(const Facts& facts, Findings& out) {
  const Cpus& cpus = facts.cpus;
  const bool slow =
      std::find(cpus.governors.begin(), cpus.governors.end(), "powersave") != cpus.governors.end();
  if (slow && powersave_is_slow(cpus.driver)) {
    out.push_back({"cpu.governor", Sure::Possible, "",
                   fmt::format("scaling_governor powersave, driver {}", cpus.driver), ""});
  }
  for (const IdleState& state : cpus.idle_states) {
    if (state.disabled || state.exit_latency_us < kLateWakeUs || facts.keepers.empty()) continue;
    out.push_back(
        {"cpu.deep_idle", Sure::Possible, "",
         fmt::format("idle state {}: exit latency {} us", state.name, state.exit_latency_us), ""});
  }
  const std::int64_t ever = cpus.steal_permille.value_or(0);
  const std::int64_t now = cpus.steal_permille_now.value_or(0);
  if (ever < kStealPermille && now < kStealPermille) return;
  out.push_back(
      {"cpu.stolen", now >= kStealPermille ? Sure::Certain : Sure::Likely, "",
       fmt::format("steal {:.1f} % since boot, {:.1f} % in the last {} ms",
                   static_cast<double>(ever) / 10, static_cast<double>(now) / 10, facts.sampled_ms),
       ""});
}

void check_pressure(const Facts& facts, Findings& out) {
  for (const Pressure& p : facts.pressure) {
    const bool memory = p.resource == "memory";
    if (p.some_avg60 < (memory ? kMemoryPercent100 : kPressurePercent100)) continue;
    static constexpr std::array<std::string_view, 3> kIds = {"pressure.cpu", "pressure.memory",
                                                             "pressure.io"};
    const std::string id = "pressure." + p.resource;
    const auto* known = std::find(kIds.begin(), kIds.end(), id);
    if (known == kIds.end()) continue;
    out.push_back({*known, Sure::Possible, "",
                   fmt::format("/proc/pressure/{}: some avg60={:.2f}, full avg60={:.2f}",
                               p.resource, static_cast<double>(p.some_avg60) / 100,
                               static_cast<double>(p.full_avg60) / 100),
                   ""});
  }
}

void check_clock(const Facts& facts, Findings& out) {
  const std::string& source = facts.clock.source;
  if (source == "hpet" || source == "acpi_pm" || source == "jiffies" ||
      source == "refined-jiffies") {
    out.push_back(
        {"clock.source", Sure::Possible, "",
         fmt::format("current_clocksource {} (available: {})", source, facts.clock.available), ""});
  }
  if (facts.clock.unsynchronised == 1) {
    out.push_back({"clock.unsynchronised", Sure::Certain, "", "adjtimex: STA_UNSYNC", ""});
  }
  static constexpr std::array<std::string_view, 5> kDaemons = {"chronyd", "ntpd", "openntpd",
                                                               "systemd-timesyn", "ptp4l"};
  std::vector<std::string> running;
  for (const Program& program : facts.programs) {
    const bool sets = std::find(kDaemons.begin(), kDaemons.end(), program.comm) != kDaemons.end();
    if (sets && std::find(running.begin(), running.end(), program.comm) == running.end()) {
      running.push_back(program.comm);
    }
  }
  if (running.size() < 2 || std::find(running.begin(), running.end(), "ptp4l") != running.end()) {
    return;  // ptp4l sets the clock of a network card, and may feed chronyd
  }
  out.push_back(
      {"clock.two_daemons", Sure::Likely, "", fmt::format("{}", fmt::join(running, " and ")), ""});
}

}  // namespace

void check_machine(const Facts& facts, Findings& out) {
  check_cpus(facts, out);
  check_pressure(facts, out);
  check_clock(facts, out);
}

}  // namespace alibi::doctor
