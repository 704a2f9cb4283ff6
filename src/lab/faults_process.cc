// SPDX-License-Identifier: Apache-2.0
// Faults of processes: stopped, frozen, crashed, killed, ended in order.
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <sstream>

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
  std::uint64_t pc = 0;
  await(1s, [&] { return (pc = program_counter(process->pid)) != 0; });
  const std::string path = fmt::format("/proc/{}/mem", process->pid);
  const os::Fd memory(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  const std::array<char, 16> zeros{};
  if (pc == 0 || !memory.valid() ||
      ::pwrite(memory.get(), zeros.data(), zeros.size(), static_cast<off_t>(pc)) < 0) {
    return fail_errno("cannot write to " + path);
  }
  return Injected{fmt::format("pid {} faults at {:#x}", process->pid, pc), {}};
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
  for (const pid_t pid : members(lab.name)) {
    if (process_state(pid) == 'T') ::kill(pid, SIGCONT);
  }
}

}  // namespace alibi::lab
