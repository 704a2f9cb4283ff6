// SPDX-License-Identifier: Apache-2.0
// The event is the kernel's own high-resolution timer (kernel/events/core.c, perf_swevent_hrtimer),
// pinned to its CPU and served in hard interrupt context; it needs no performance counters, so that
// virtual machines have it as well.
#include "bpf/ticks.h"

#include <bpf/libbpf.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "os/fd.h"
#include "os/proc_fs.h"

namespace alibi::bpf {
namespace {

/// "0-3,8" as numbers.
std::vector<int> online_cpus() {
  std::vector<int> cpus;
  const std::string text = os::read_text("/sys/devices/system/cpu/online");
  for (const std::string_view range : os::split_words(text, ",\n")) {
    const std::size_t dash = range.find('-');
    const auto first = static_cast<int>(os::to_number(range));
    const auto last = dash == std::string_view::npos
                          ? first
                          : static_cast<int>(os::to_number(range.substr(dash + 1)));
    for (int cpu = first; cpu <= last; ++cpu) cpus.push_back(cpu);
  }
  return cpus;
}

Result<bpf_link*> attach_one(bpf_program* program, int cpu) {
  perf_event_attr attributes{};
  attributes.size = sizeof attributes;
  attributes.type = PERF_TYPE_SOFTWARE;
  attributes.config = PERF_COUNT_SW_CPU_CLOCK;
  attributes.sample_period = static_cast<std::uint64_t>(kTickEvery.count());
  os::Fd event(static_cast<int>(
      syscall(SYS_perf_event_open, &attributes, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC)));
  if (!event.valid()) return fail_errno("perf event cpu-clock");
  // The link owns the descriptor once it is made.
  bpf_link* link = bpf_program__attach_perf_event(program, event.get());
  if (link == nullptr) return fail_errno("perf event cpu-clock");
  static_cast<void>(event.release());
  return link;
}

}  // namespace

Result<std::vector<bpf_link*>> attach_ticks(bpf_program* program) {
  std::vector<bpf_link*> links;
  for (const int cpu : online_cpus()) {
    auto link = attach_one(program, cpu);
    if (!link) {
      for (bpf_link* made : links) bpf_link__destroy(made);
      return tl::unexpected(link.error());
    }
    links.push_back(*link);
  }
  if (links.empty()) return fail("no CPU is known to be online");
  return links;
}

}  // namespace alibi::bpf
