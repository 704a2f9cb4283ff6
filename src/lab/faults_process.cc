// SPDX-License-Identifier: Apache-2.0
// Faults of processes: stopped, frozen, crashed, killed, caught in a loop, ended in order.
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <sstream>
#include <utility>

#include "lab/cgroups.h"
#include "lab/command.h"
#include "lab/faults.h"
#include "lab/programs.h"
#include "os/fd.h"

namespace alibi::lab {
namespace {

Result<Injected> send(const ProcessRef& process, int signal, const std::string& what) {
  if (!process.alive() || ::kill(process.pid, signal) != 0) {
    return fail(fmt::format("{} (pid {}) is gone already: 'alibi lab status'", what, process.pid));
  }
  return Injected{fmt::format("signal {} to {} (pid {})", signal, what, process.pid), {}};
}

Result<Injected> send_program(Lab& lab, const std::string& host, const std::string& name,
                              int signal) {
  const ProgramState* program = lab.program(host, name);
  if (program == nullptr) return fail("no " + name + " was started on " + host);
  return send(program->process, signal, name + " of " + host);
}

Result<Injected> freeze_group(const std::optional<std::string>& file, const std::string& value) {
  if (!file) return fail("no such cgroup hierarchy is mounted here");
  if (auto written = write_file(*file, value); !written) return tl::unexpected(written.error());
  return Injected{value + " to " + *file, {}};
}

// The address of the instruction that a sleeping process runs next: "NR ARG*6 SP PC" in
// /proc/PID/syscall. 0 while it runs.
std::uint64_t program_counter(pid_t pid) {
  std::istringstream in(read_small_file("/proc/" + std::to_string(pid) + "/syscall"));
  std::string word, last;
  int words = 0;
  while (in >> word) last = word, ++words;
  return words >= 3 ? std::stoull(last, nullptr, 16) : 0;
}

/// The code of `process` where it goes on when its system call returns.
Result<std::uint64_t> next_code(const ProcessRef& process) {
  std::uint64_t pc = 0;
  if (await(1s, [&] { return (pc = program_counter(process.pid)) != 0; })) return pc;
  return fail(fmt::format("pid {} is in no system call", process.pid));
}

/// Puts `code` into the place of what is at `at`, for this process alone, and gives what was there.
template <std::size_t kSize>
Result<std::array<std::uint8_t, kSize>> exchange_code(pid_t pid, std::uint64_t at,
                                                      const std::array<std::uint8_t, kSize>& code) {
  const std::string path = fmt::format("/proc/{}/mem", pid);
  const os::Fd memory(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  std::array<std::uint8_t, kSize> before{};
  const auto place = static_cast<off_t>(at);
  if (!memory.valid() || ::pread(memory.get(), before.data(), kSize, place) != ssize_t{kSize} ||
      ::pwrite(memory.get(), code.data(), kSize, place) != ssize_t{kSize}) {
    return fail_errno("cannot change the code in " + path);
  }
  return before;
}

}  // namespace

Result<Injected> stop_process(Lab& lab, const std::string& host, Draw&) {
  auto process = vrrp_process(lab, host);
  if (!process) return tl::unexpected(process.error());
  return send(*process, SIGSTOP, "the VRRP process of " + host);
}

Result<Injected> freeze_process_v1(Lab& lab, const std::string& host, Draw&) {
  const std::string group = lab.name + "/" + host + "/keeper";
  return freeze_group(v1_file("freezer", group, "freezer.state"), "FROZEN");
}

Result<Injected> freeze_process_v2(Lab& lab, const std::string& host, Draw&) {
  return freeze_group(v2_file(lab.name + "/" + host + "/keeper", "cgroup.freeze"), "1");
}

// A true crash: the code that the process returns to from its system call becomes zeros (on x86
// "add %al,(%rax)" with a small number in rax), so that it faults by itself at its next step.
Result<Injected> crash_process(Lab& lab, const std::string& host, Draw&) {
  auto process = vrrp_process(lab, host);
  if (!process) return tl::unexpected(process.error());
  const auto at = next_code(*process);
  if (!at) return tl::unexpected(at.error());
  auto changed = exchange_code(process->pid, *at, std::array<std::uint8_t, 16>{});
  if (!changed) return tl::unexpected(changed.error());
  return Injected{fmt::format("pid {} faults at {:#x}", process->pid, *at), {}};
}

// A loop that never ends, as a defect of its own would be: the code that the process returns to
// becomes "jmp" to itself (x86: EB FE), until heal() puts back what was there.
Result<Injected> spin_process(Lab& lab, const std::string& host, Draw&) {
  auto process = vrrp_process(lab, host);
  if (!process) return tl::unexpected(process.error());
  const auto at = next_code(*process);
  if (!at) return tl::unexpected(at.error());
  const auto before = exchange_code(process->pid, *at, CodeLoop::kCode);
  if (!before) return tl::unexpected(before.error());
  lab.loop = CodeLoop{*process, *at, *before};
  if (auto saved = save(lab); !saved) return tl::unexpected(saved.error());
  return Injected{fmt::format("pid {} loops at {:#x}", process->pid, *at), {}};
}

// The parent first: it would start its child again.
Result<Injected> kill_process(Lab& lab, const std::string& host, Draw&) {
  auto child = vrrp_process(lab, host);
  if (!child) return tl::unexpected(child.error());
  auto parent = send_program(lab, host, "keeper", SIGKILL);
  if (!parent) return parent;
  return send(*child, SIGKILL, "the keeper and its VRRP process on " + host);
}

Result<Injected> stop_keeper(Lab& lab, const std::string& host, Draw&) {
  return send_program(lab, host, "keeper", SIGTERM);
}

Result<Injected> kill_service(Lab& lab, const std::string& host, Draw&) {
  return send_program(lab, host, "haproxy", SIGKILL);
}

Result<Injected> stop_service(Lab& lab, const std::string& host, Draw&) {
  return send_program(lab, host, "haproxy", SIGTERM);
}

Result<Injected> stop_log_reader(Lab& lab, const std::string& host, Draw&) {
  return send_program(lab, host, "syslogd", SIGSTOP);
}

Result<Injected> stop_pipe_reader(Lab& lab, const std::string& host, Draw&) {
  for (const pid_t pid : members(lab.name + "/" + host + "/keeper")) {
    if (read_small_file(fmt::format("/proc/{}/comm", pid)).starts_with("busybox")) {
      return send(process_ref(pid), SIGSTOP, "the reader of the keeper's output");
    }
  }
  return fail("the keeper of " + host + " has no reader of its output: build the lab with "
              "--log pipe");
}

void heal_processes(Lab& lab) {
  if (const auto loop = std::exchange(lab.loop, std::nullopt); loop && loop->process.alive()) {
    (void)exchange_code(loop->process.pid, loop->at, loop->before);
  }
  for (const pid_t pid : members(lab.name)) {
    if (process_state(pid) == 'T') ::kill(pid, SIGCONT);
  }
}

}  // namespace alibi::lab
