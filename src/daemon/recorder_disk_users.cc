// SPDX-License-Identifier: Apache-2.0
// Tells a user's counts when they moved.
#include "daemon/recorder_disk_users.h"

#include <fmt/format.h>

#include <cstring>

#include "os/proc_fs_mounts.h"

namespace alibi::daemon {
namespace {

template <std::size_t N>
std::string text_of(const char (&field)[N]) {
  return {field, strnlen(field, N)};
}

bool moved(const evidence::DeviceUse& before, const evidence::DeviceUse& now) {
  return before.requests != now.requests || before.bytes != now.bytes ||
         before.in_flight != now.in_flight;
}

}  // namespace

void DiskUserSampler::sample(Instant now, Instant stuck) {
  const bool wanted = stuck.ns != 0 && now - stuck < kLinger;
  if (wanted != counting_) {
    if (counting_) tell(now);
    counting_ = wanted;
    since_ = now;
    told_.clear();
    names_.clear();
    probes_.count_disk_users(wanted);
  }
  if (counting_) tell(now);
}

const std::string& DiskUserSampler::name_of(std::uint32_t major, std::uint32_t minor) {
  const auto [entry, fresh] = names_.try_emplace({major, minor});
  if (fresh) entry->second = os::block_device_name(fmt::format("{}:{}", major, minor));
  return entry->second;
}

void DiskUserSampler::tell(Instant now) {
  for (const auto& [key, use] : probes_.disk_users()) {
    const std::string& device = name_of(key.major, key.minor);
    if (device.empty()) continue;
    evidence::DeviceUse fact{device,
                             key.pid,
                             text_of(use.comm),
                             use.kernel_thread != 0,
                             text_of(use.group),
                             use.requests,
                             use.bytes,
                             use.flight_ns,
                             static_cast<std::uint32_t>(use.in_flight),
                             since_.ns};
    const auto [last, fresh] = told_.try_emplace({device, key.pid}, fact);
    if (!fresh && !moved(last->second, fact)) continue;
    last->second = fact;
    log_.add_fact(now, std::move(fact));
  }
}

}  // namespace alibi::daemon
