// SPDX-License-Identifier: Apache-2.0
// What is common to all processes about the fence.
#include "daemon/fence.h"

#include <atomic>
#include <cstring>

namespace alibi::daemon {

std::string_view text(FenceMode mode) {
  switch (mode) {
    case FenceMode::Takeover:
      return "takeover";
    case FenceMode::Lease:
      return "lease";
    case FenceMode::Off:
      break;
  }
  return "off";
}

std::optional<FenceMode> parse_fence_mode(std::string_view word) {
  for (const auto mode : {FenceMode::Off, FenceMode::Takeover, FenceMode::Lease}) {
    if (text(mode) == word) return mode;
  }
  return std::nullopt;
}

std::uint32_t fence_handle(const std::string& run_folder) {
  std::uint32_t hash = 2166136261U;  // FNV-1a
  for (const char c : run_folder) hash = (hash ^ static_cast<std::uint8_t>(c)) * 16777619U;
  return 0xa1000000U | (hash & 0xffffffU);
}

SharedFence make_fence(const config::Settings& settings, FenceMode mode, std::uint32_t handle) {
  SharedFence shared;
  shared.mode = mode;
  if (mode == FenceMode::Off) {
    shared.absent = "switched off";
    return shared;
  }
  std::size_t addresses = 0;
  for (const auto& instance : settings.instances) {
    addresses += instance.addresses.size() + instance.excluded_addresses.size();
  }
  // Each where it is, and where its virtual router is.
  auto loaded = bpf::Fence::load(static_cast<std::uint32_t>(settings.instances.size()),
                                 static_cast<std::uint32_t>(addresses * 2), handle);
  if (loaded) {
    shared.loaded = std::move(*loaded);
  } else {
    shared.absent = loaded.error().message;
  }
  return shared;
}

void disarm(const SharedFence& fence, std::size_t instance) {
  if (fence.loaded == nullptr) return;
  std::atomic_ref(fence.loaded->record(instance).armed).store(0);
}

std::optional<FenceStatus> fence_status(const SharedFence& fence, std::size_t instance,
                                        std::int64_t now_ns) {
  if (fence.loaded == nullptr || instance >= fence.loaded->size()) return std::nullopt;
  return fence_status(fence.loaded->record(instance), now_ns);
}

FenceStatus fence_status(const alibi_fence& f, std::int64_t now_ns) {
  FenceStatus status;
  status.guarded = f.guarded != 0;
  status.armed = f.armed != 0;
  status.why = alibi_fence_why(&f, static_cast<std::uint64_t>(now_ns));
  status.closed_since_ns = static_cast<std::int64_t>(f.closed_ns);
  status.closed_count = f.closed_count;
  status.last_why = f.closed_why;
  status.foreign_adverts = f.seen;
  status.refused_adverts = f.refused;
  std::memcpy(status.dropped, f.dropped, sizeof status.dropped);
  return status;
}

std::string_view fence_kind_text(alibi_fence_kind kind) {
  switch (kind) {
    case ALIBI_FENCE_ARP:
      return "arp";
    case ALIBI_FENCE_ND:
      return "nd";
    case ALIBI_FENCE_IPV4:
      return "ipv4";
    case ALIBI_FENCE_IPV6:
      return "ipv6";
    case ALIBI_FENCE_KINDS:
      break;
  }
  return "unknown";
}

std::string_view fence_reason_text(std::uint32_t why) {
  switch (why) {
    case ALIBI_FENCE_OPEN:
      return "open";
    case ALIBI_FENCE_NOT_MASTER:
      return "master no more, the addresses not yet off";
    case ALIBI_FENCE_RESIGNED:
      return "resigned in the keeper's name";
    case ALIBI_FENCE_OVERTAKEN:
      return "an advert of the same rank or above, not yet read";
    case ALIBI_FENCE_LATE:
      return "an advert of another node, not yet read, while ours was overdue";
    case ALIBI_FENCE_LEASE_OVER:
      return "no advert of ours for the whole lease";
    default:
      return "unknown";
  }
}

}  // namespace alibi::daemon
