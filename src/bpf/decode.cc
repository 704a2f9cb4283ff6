// SPDX-License-Identifier: Apache-2.0
// Every record is checked against the size of its kind; numbers are turned into the catalogue's
// words here and nowhere else.
#include "bpf/decode.h"

#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <cstring>

#include "bpf/abi_host.h"
#include "bpf/abi_memory_io.h"
#include "bpf/syscall_names.h"

namespace alibi::bpf {
namespace {

using evidence::Event;

constexpr std::size_t kFramesKept = 24;

template <std::size_t N>
std::string text_of(const char (&field)[N]) {
  return {field, strnlen(field, N)};
}

/// Copies as much of T as the record holds; false when less than `least`.
template <typename T>
bool copy_out(std::span<const std::uint8_t> record, T& to, std::size_t least = sizeof(T)) {
  if (record.size() < least) return false;
  std::memcpy(static_cast<void*>(&to), record.data(), std::min(record.size(), sizeof(T)));
  return true;
}

/// `bytes` as bpf_get_stack() gives them, an error being below 0.
std::vector<std::string> stack_of(std::span<const alibi_u64, ALIBI_STACK> addresses,
                                  alibi_s32 bytes, const os::Kallsyms& symbols) {
  if (bytes <= 0) return {};
  const std::size_t frames =
      std::min<std::size_t>(static_cast<std::size_t>(bytes) / sizeof(alibi_u64), ALIBI_STACK);
  return stack_names(addresses.first(frames), symbols);
}

std::optional<evidence::Fact> off_fact(std::span<const std::uint8_t> record,
                                       const os::Kallsyms& symbols) {
  alibi_off raw{};
  if (!copy_out(record, raw, ALIBI_OFF_SHORT)) return std::nullopt;
  evidence::ThreadOff fact;
  fact.tid = raw.header.tid;
  fact.pid = raw.header.pid;
  fact.state = state_letter(raw.prev_state, raw.preempted != 0);
  fact.io_wait = raw.io_wait != 0;
  fact.memory_stall = raw.memory_stall != 0;
  fact.syscall = raw.syscall;
  fact.syscall_name = syscall_name(raw.syscall);
  std::copy(std::begin(raw.arguments), std::end(raw.arguments), fact.arguments.begin());
  if (record.size() >= sizeof(raw)) fact.stack = stack_of(raw.stack, raw.stack_bytes, symbols);
  return fact;
}

std::optional<evidence::Fact> on_fact(std::span<const std::uint8_t> record) {
  alibi_on raw{};
  if (!copy_out(record, raw, ALIBI_ON_SHORT)) return std::nullopt;
  evidence::ThreadOn fact;
  fact.tid = raw.header.tid;
  fact.pid = raw.header.pid;
  fact.cpu = static_cast<std::int32_t>(raw.header.cpu);
  const std::size_t sent = (record.size() - ALIBI_ON_SHORT) / sizeof(alibi_rival);
  const std::size_t count = std::min<std::size_t>({raw.rivals, sent, ALIBI_RIVALS});
  for (std::size_t i = 0; i < count; ++i) {
    const alibi_rival& rival = raw.rival[i];
    const auto ns = static_cast<std::int64_t>(rival.ns);
    const std::string policy = policy_text(rival.policy, rival.rt_priority);
    // Without quota the CPU might as well have been idle, and 0 says so to who asks for rivals.
    if (rival.pid == ALIBI_RIVAL_THROTTLED) fact.rivals.push_back({0, "throttled", ns, "normal"});
    else if (rival.pid == ALIBI_RIVAL_OTHERS) fact.rivals.push_back({-1, "others", ns, "normal"});
    else fact.rivals.push_back({rival.pid, text_of(rival.comm), ns, policy});
  }
  std::sort(fact.rivals.begin(), fact.rivals.end(),
            [](const auto& a, const auto& b) { return a.ns > b.ns; });
  return fact;
}

std::optional<evidence::Fact> woken_fact(std::span<const std::uint8_t> record) {
  alibi_woken raw{};
  if (!copy_out(record, raw)) return std::nullopt;
  return evidence::ThreadWoken{raw.header.tid, raw.header.pid, raw.waker_pid,
                               text_of(raw.waker_comm)};
}

std::optional<evidence::Fact> signal_fact(std::span<const std::uint8_t> record) {
  alibi_signal raw{};
  if (!copy_out(record, raw)) return std::nullopt;
  evidence::SignalSent fact;
  fact.signal = raw.signal;
  fact.code = raw.code;
  fact.target_pid = raw.header.pid;
  fact.target_comm = text_of(raw.target_comm);
  fact.sender_pid = raw.sender_pid;
  fact.sender_comm = text_of(raw.sender_comm);
  fact.sender_parent_pid = raw.sender_parent_pid;
  fact.sender_parent_comm = text_of(raw.sender_parent_comm);
  return fact;
}

std::optional<evidence::Fact> process_fact(std::span<const std::uint8_t> record,
                                           std::uint32_t kind) {
  if (kind == ALIBI_FORK) {
    alibi_fork raw{};
    if (!copy_out(record, raw)) return std::nullopt;
    return evidence::ProcessForked{raw.header.pid, raw.child};
  }
  if (kind == ALIBI_EXEC) {
    alibi_exec raw{};
    if (!copy_out(record, raw)) return std::nullopt;
    const std::size_t size = std::min<std::size_t>(raw.args_bytes, ALIBI_ARGS);
    return evidence::ProcessExec{raw.header.pid, text_of(raw.comm),
                                 command_line_text({raw.args, size})};
  }
  alibi_exit raw{};
  if (!copy_out(record, raw)) return std::nullopt;
  return evidence::ProcessExit{raw.header.pid, text_of(raw.comm), raw.exit_code,
                               raw.oom_victim != 0};
}

std::optional<evidence::Fact> reclaim_fact(std::span<const std::uint8_t> record) {
  alibi_reclaim raw{};
  if (!copy_out(record, raw)) return std::nullopt;
  return evidence::MemoryReclaimed{raw.header.tid, raw.header.pid,
                                   static_cast<std::int64_t>(raw.begin_ns), raw.group != 0,
                                   raw.pages, raw.throttled_ns};
}

std::optional<evidence::Fact> silent_fact(std::span<const std::uint8_t> record) {
  alibi_silent raw{};
  if (!copy_out(record, raw)) return std::nullopt;
  return evidence::CpuSilent{static_cast<std::int32_t>(raw.header.cpu),
                             static_cast<std::int64_t>(raw.since_ns)};
}

std::optional<evidence::Fact> ran_fact(std::span<const std::uint8_t> record,
                                       const os::Kallsyms& symbols) {
  alibi_ran raw{};
  if (!copy_out(record, raw)) return std::nullopt;
  evidence::ThreadRan fact;
  fact.tid = raw.header.tid;
  fact.pid = raw.header.pid;
  fact.cpu = static_cast<std::int32_t>(raw.header.cpu);
  fact.syscall = raw.syscall;
  fact.syscall_name = syscall_name(raw.syscall);
  fact.stack = stack_of(raw.stack, raw.stack_bytes, symbols);
  return fact;
}

std::optional<evidence::Fact> drop_fact(std::span<const std::uint8_t> record,
                                        const os::Kallsyms& symbols,
                                        std::span<const std::string> reasons) {
  alibi_drop raw{};
  if (!copy_out(record, raw)) return std::nullopt;
  evidence::PacketDropped fact;
  fact.netns = raw.netns;
  fact.ifindex = raw.ifindex;
  const bool named = raw.reason < reasons.size() && !reasons[raw.reason].empty();
  fact.reason = named ? reasons[raw.reason] : fmt::format("{:#x}", raw.reason);
  fact.function = symbols.name(raw.location);
  fact.source.family = raw.family == 6 ? wire::Family::V6 : wire::Family::V4;
  std::copy_n(raw.source, raw.family == 6 ? 16 : 4, fact.source.bytes.begin());
  fact.vrid = raw.vrid;
  fact.outgoing = raw.outgoing != 0;
  return fact;
}

bool is_scheduler_frame(std::string_view name) {
  static constexpr std::string_view kNames[] = {
      "__schedule", "schedule", "preempt_schedule_common", "preempt_schedule",
      "preempt_schedule_irq", "__cond_resched", "schedule_idle", "schedule_preempt_disabled",
      "io_schedule", "preempt_schedule_notrace"};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

bool is_tracer_frame(std::string_view name) {
  return name.starts_with("bpf_") || name.starts_with("__traceiter_") ||
         name.starts_with("__bpf_trace") || name.starts_with("__probestub");
}

}  // namespace

char state_letter(std::uint32_t prev_state, bool preempted) {
  constexpr std::uint32_t kNoLoad = 0x400, kFrozen = 0x8000, kRtLock = 0x1000;
  if (preempted || prev_state == 0) return 'R';
  if ((prev_state & 0x10) != 0 || (prev_state & 0x80) != 0) return 'X';
  if ((prev_state & 0x20) != 0) return 'Z';
  if ((prev_state & kFrozen) != 0) return 'F';
  if ((prev_state & 0x4) != 0) return 'T';
  if ((prev_state & 0x8) != 0) return 't';
  if ((prev_state & 0x2) != 0) return (prev_state & kNoLoad) != 0 ? 'I' : 'D';
  if ((prev_state & kRtLock) != 0) return 'D';
  if ((prev_state & 0x1) != 0) return 'S';
  if ((prev_state & 0x40) != 0) return 'I';  // a parked kernel thread
  return 'R';                                // 0x100 alone and the like: still to be run
}

std::string policy_text(std::uint32_t policy, std::uint32_t rt_priority) {
  switch (policy & 0xffU) {
    case SCHED_OTHER: return "normal";
    case SCHED_FIFO: return fmt::format("fifo {}", rt_priority);
    case SCHED_RR: return fmt::format("rr {}", rt_priority);
    case SCHED_BATCH: return "batch";
    case SCHED_IDLE: return "idle";
    case 6: return "deadline";
    default: return fmt::format("policy {}", policy);
  }
}

std::vector<std::string> stack_names(std::span<const std::uint64_t> addresses,
                                     const os::Kallsyms& symbols) {
  std::vector<std::string> names;
  for (const std::uint64_t address : addresses) {
    if (names.size() == kFramesKept) break;
    const std::string_view name = symbols.name(address);
    // Only at the inner end: a "schedule_timeout" or a mutex below them is evidence.
    if (names.empty() && (name.empty() || is_tracer_frame(name) || is_scheduler_frame(name)))
      continue;
    names.emplace_back(name.empty() ? fmt::format("{:#x}", address) : std::string(name));
  }
  return names;
}

std::string command_line_text(std::string_view arguments) {
  while (!arguments.empty() && arguments.back() == '\0') arguments.remove_suffix(1);
  std::string text(arguments);
  std::replace(text.begin(), text.end(), '\0', ' ');
  return text;
}

std::optional<evidence::Event> decode_record(std::span<const std::uint8_t> record,
                                             const os::Kallsyms& symbols,
                                             std::span<const std::string> drop_reasons) {
  alibi_header header{};
  if (!copy_out(record, header)) return std::nullopt;
  std::optional<evidence::Fact> fact;
  switch (header.kind) {
    case ALIBI_OFF: fact = off_fact(record, symbols); break;
    case ALIBI_ON: fact = on_fact(record); break;
    case ALIBI_WOKEN: fact = woken_fact(record); break;
    case ALIBI_SIGNAL: fact = signal_fact(record); break;
    case ALIBI_FORK:
    case ALIBI_EXEC:
    case ALIBI_EXIT: fact = process_fact(record, header.kind); break;
    case ALIBI_RECLAIM: fact = reclaim_fact(record); break;
    case ALIBI_SILENT: fact = silent_fact(record); break;
    case ALIBI_RAN: fact = ran_fact(record, symbols); break;
    case ALIBI_DROP: fact = drop_fact(record, symbols, drop_reasons); break;
    default: break;
  }
  if (!fact) return std::nullopt;
  return Event{Instant{static_cast<std::int64_t>(header.ns)}, std::move(*fact)};
}

}  // namespace alibi::bpf
