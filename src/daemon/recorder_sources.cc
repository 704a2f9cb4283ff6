// SPDX-License-Identifier: Apache-2.0
#include "daemon/recorder_sources.h"

#include <cstring>
#include <type_traits>

#include "bpf/loader.h"

namespace alibi::daemon {
namespace {

template <typename T, typename... Kinds>
constexpr bool kIsOne = (std::is_same_v<T, Kinds> || ...);

template <typename T>
constexpr Source source_of_kind() {
  using namespace evidence;
  if (kIsOne<T, WaitTarget>) return kWaits;
  if (kIsOne<T, CgroupFrozen, CgroupThrottled>) return kCgroups;
  if (kIsOne<T, BlockDevice>) return kDisks;
  if (kIsOne<T, DeviceUse>) return kDiskUsers;
  if (kIsOne<T, MemoryLimit, MemoryCounters>) return kMemoryCounters;
  if (kIsOne<T, InterfaceCounters, SocketDrops, QdiscCounters>) return kInterfaces;
  if (kIsOne<T, LinkChange, AddressChange, BridgePortChange, NeighbourChange>) return kLinks;
  if (kIsOne<T, RulesetChange, DroppingRule>) return kRules;
  if (kIsOne<T, CpuStolen, Pressure, SoftnetCounters, ClockJump>) return kMachine;
  return kNotes;
}

}  // namespace

const char* source_name(std::size_t source) {
  if (source < ALIBI_SOURCES) return bpf::Probes::name(static_cast<alibi_source>(source));
  constexpr std::array kNames = {"waits",           "cgroups",    "disks", "disk_users",
                                 "memory_counters", "interfaces", "links", "rules",
                                 "machine",         "recorder",   "unknown"};
  static_assert(ALIBI_SOURCES + kNames.size() == kSources);
  return kNames[source - ALIBI_SOURCES];
}

Source source_of(std::span<const std::uint8_t> record) {
  alibi_header header{};
  if (record.size() < sizeof header) return kUnknownKind;
  std::memcpy(&header, record.data(), sizeof header);
  switch (header.kind) {
    case ALIBI_OFF:
    case ALIBI_ON:
    case ALIBI_WOKEN:
      return static_cast<Source>(ALIBI_SOURCE_SCHED);
    case ALIBI_SIGNAL:
      return static_cast<Source>(ALIBI_SOURCE_SIGNAL);
    case ALIBI_FORK:
    case ALIBI_EXEC:
    case ALIBI_EXIT:
      return static_cast<Source>(ALIBI_SOURCE_PROCESS);
    case ALIBI_RECLAIM:
      return static_cast<Source>(ALIBI_SOURCE_MEMORY);
    case ALIBI_DROP:
      return static_cast<Source>(ALIBI_SOURCE_DROPS);
    case ALIBI_SILENT:
    case ALIBI_RAN:
      return static_cast<Source>(ALIBI_SOURCE_TICKS);
    default:
      return kUnknownKind;
  }
}

Source source_of(const evidence::Fact& fact) {
  return std::visit(
      [](const auto& kind) { return source_of_kind<std::remove_cvref_t<decltype(kind)>>(); }, fact);
}

}  // namespace alibi::daemon
