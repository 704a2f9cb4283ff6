// SPDX-License-Identifier: Apache-2.0
// Making hosts with clone(2), and running programs inside them.
#include "lab/host.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>

#include "lab/cgroups.h"
#include "lab/command.h"
#include "lab/disks.h"
#include "lab/topology.h"
#include "os/fd.h"
#include "os/signals.h"

namespace alibi::lab {
namespace {

constexpr std::uint64_t kStorageBytes = 192ULL << 20U;
constexpr std::uint64_t kVmDiskBytes = 64ULL << 20U;

std::string group_of(const Lab& lab, const std::string& host) { return lab.name + "/" + host; }

struct Ends {
  os::Fd read, write;
};
Result<Ends> pipe_ends() {
  std::array<int, 2> fds{};
  if (::pipe2(fds.data(), O_CLOEXEC) != 0) return fail_errno("cannot make a pipe");
  return Ends{os::Fd(fds[0]), os::Fd(fds[1])};
}

std::string read_all(int fd) {
  std::string text;
  std::array<char, 512> buffer{};
  for (;;) {
    const ssize_t n = ::read(fd, buffer.data(), buffer.size());
    if (n > 0) text.append(buffer.data(), static_cast<std::size_t>(n));
    if (n == 0 || (n < 0 && errno != EINTR)) return text;
  }
}

int wait_for(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) return 1;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void exec_words(const std::vector<std::string>& words) {
  std::vector<char*> argv;
  for (const auto& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  if (words[0] == "alibi") {
    // By descriptor: the program's own path may be hidden inside the host.
    ::syscall(SYS_execveat, ::open("/proc/self/exe", O_RDONLY | O_CLOEXEC), "", argv.data(),
              environ, AT_EMPTY_PATH);
  }
  ::execvp(argv[0], argv.data());
}

// The clone child: waits until the parent has it in its groups and in the state file, then becomes
// `alibi lab host-init`.
[[noreturn]] void become_init(int go, int ready, const std::vector<std::string>& words) {
  char byte = 0;
  if (::read(go, &byte, 1) != 1) ::_exit(1);  // the lab died meanwhile
  ::setsid();
  const int null = ::open("/dev/null", O_RDWR);
  for (int fd = 0; fd <= 2; ++fd) ::dup2(null, fd);
  ::dup2(ready, 3);  // dup2 clears close-on-exec
  os::restore_default_signals();
  exec_words(words);
  ::_exit(127);
}

Result<std::vector<std::string>> disk_options(Lab& lab, const HostSpec& spec, os::Fd& hold) {
  std::string path;
  std::uint64_t bytes = kVmDiskBytes;
  if (spec.storage) {
    path = lab.dir + "/" + spec.name + ".ext4";
    bytes = kStorageBytes;
  } else if (!spec.node.empty()) {
    const HostState* node = lab.host(spec.node);
    if (node == nullptr) return fail("no node " + spec.node + " for " + spec.name);
    path = inside(*node, "/mnt/" + spec.name + ".ext4");
  } else {
    return std::vector<std::string>{};
  }
  if (auto made = make_ext4(path, bytes); !made) return tl::unexpected(made.error());
  auto loop = attach_loop(path, "alibi-lab/" + lab.name + "/" + spec.name);
  if (!loop) return tl::unexpected(loop.error());
  hold = std::move(loop->hold);
  return std::vector<std::string>{spec.storage ? "--storage" : "--disk", loop->device};
}

}  // namespace

std::string inside(const HostState& host, const std::string& path) {
  return "/proc/" + std::to_string(host.init.pid) + "/root" + path;
}

Result<void> start_host(Lab& lab, const HostSpec& spec) {
  const std::string etc = lab.host_dir(spec.name) + "/etc";
  std::error_code error;
  std::filesystem::create_directories(etc, error);
  if (error) return fail("cannot make " + etc + ": " + error.message());
  if (auto put = put_file(etc + "/hosts", hosts_file()); !put) return put;
  if (auto put = put_file(etc + "/resolv.conf", "# no name server\n"); !put) return put;
  if (auto made = make_group(group_of(lab, spec.name)); !made) return made;
  os::Fd hold;
  auto disk = disk_options(lab, spec, hold);
  if (!disk) return tl::unexpected(disk.error());
  std::vector<std::string> words{"alibi",  "lab",     "host-init", "--lab", lab.name,
                                 "--host", spec.name, "--dir",     lab.host_dir(spec.name)};
  words.insert(words.end(), disk->begin(), disk->end());
  if (lab.foreground) words.emplace_back("--foreground");

  auto go = pipe_ends();
  auto ready = pipe_ends();
  if (!go || !ready) return fail("cannot make pipes for " + spec.name, EMFILE);
  const long pid = ::syscall(
      SYS_clone, CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
  if (pid < 0) return fail_errno("cannot make the namespaces of " + spec.name + ": run as root");
  if (pid == 0) {
    if (lab.foreground) ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    become_init(go->read.get(), ready->write.get(), words);
  }
  ready->write.reset();
  const auto init = static_cast<pid_t>(pid);
  lab.hosts.push_back({spec.name, process_ref(init)});
  if (auto saved = save(lab); !saved) return saved;
  if (auto joined = join_group(group_of(lab, spec.name), init); !joined) return joined;
  auto named = run_command({"ip", "netns", "attach", lab.netns(spec.name), std::to_string(init)});
  if (!named) return tl::unexpected(named.error());
  if (::write(go->write.get(), "g", 1) != 1) return fail_errno("cannot start " + spec.name);
  const std::string answer = read_all(ready->read.get());
  if (answer == "ready") return {};
  return fail("host " + spec.name + " did not come up: " +
              (answer.empty() ? "its init ended" : answer));
}

namespace {

struct Namespaces {
  os::Fd init;  // a pidfd
  os::Fd proc;  // the root /proc: its "self" is a process's id outside
};

Result<Namespaces> namespaces_of(const Lab& lab, const std::string& host) {
  const HostState* state = lab.host(host);
  if (state == nullptr) return fail("lab " + lab.name + " has no host '" + host + "'");
  if (!state->init.alive()) {
    return fail("host " + host + " of lab " + lab.name + " is down: 'alibi lab down', then up");
  }
  Namespaces n;
  n.init = os::Fd(static_cast<int>(::syscall(SYS_pidfd_open, state->init.pid, 0)));
  n.proc = os::Fd(::open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!n.init.valid()) return fail_errno("cannot open the init of " + host);
  return n;
}

bool enter_namespaces(const Namespaces& n) {
  return ::setns(n.init.get(), CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWPID) == 0;
}

// loadbalancer01 has its CPU to itself, as on a machine of its own: what starves there must not
// starve the others. On a machine with one CPU everybody shares it.
void pin(const Lab& lab, const std::string& host) {
  const auto cpu = static_cast<std::size_t>(lab.vm_cpu);
  cpu_set_t set;
  if (::sched_getaffinity(0, sizeof set, &set) != 0 || !CPU_ISSET(cpu, &set)) return;
  if (CPU_COUNT(&set) < 2) return;
  const HostSpec* spec = find_host(lab, host);
  if (spec != nullptr && spec->pinned) {
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
  } else {
    CPU_CLR(cpu, &set);
  }
  ::sched_setaffinity(0, sizeof set, &set);
}

void redirect_output(const std::string& path) {
  const int fd = ::open(path.empty() ? "/dev/null" : path.c_str(),
                        O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  ::dup2(fd, 1);
  ::dup2(fd, 2);
}

// Tells the lab the caller's id outside, then becomes the program. What follows the id on the
// report pipe is an errno; a successful exec closes it.
[[noreturn]] void become_program(const std::vector<std::string>& argv, int proc, int report) {
  std::array<char, 32> self{};
  const ssize_t length = ::readlinkat(proc, "self", self.data(), self.size() - 1);
  if (report >= 0 && length > 0) (void)!::write(report, self.data(), static_cast<size_t>(length));
  os::restore_default_signals();
  exec_words(argv);
  if (report >= 0) (void)!::write(report, " failed", 7);
  ::_exit(127);
}

// Runs in a child of the lab that has entered the host for its children: forks once more, so that
// the program is an orphan inside, which the host's init adopts.
int launch(const Start& start, const Namespaces& n, int report) {
  const pid_t middle = ::fork();
  if (middle != 0) return middle < 0 ? 1 : wait_for(middle);
  ::setsid();
  ::dup2(::open("/dev/null", O_RDONLY | O_CLOEXEC), 0);
  std::array<int, 2> pipe_fds{-1, -1};
  if (!start.reader.empty()) {
    if (::pipe2(pipe_fds.data(), O_CLOEXEC) != 0) ::_exit(1);
    // The smallest pipe there is: its reader's stall is felt soon, not after 64 KiB.
    ::fcntl(pipe_fds[1], F_SETPIPE_SZ, 4096);
    if (::fork() == 0) {
      ::dup2(pipe_fds[0], 0);
      redirect_output(start.reader_output);
      become_program(start.reader, n.proc.get(), -1);
    }
  }
  const pid_t program = ::fork();
  if (program != 0) ::_exit(program < 0 ? 1 : 0);
  if (start.reader.empty()) {
    redirect_output(start.output);
  } else {
    ::dup2(pipe_fds[1], 1);
    ::dup2(pipe_fds[1], 2);
  }
  become_program(start.argv, n.proc.get(), report);
}

}  // namespace

Result<void> start_program(Lab& lab, const Start& start) {
  auto n = namespaces_of(lab, start.host);
  if (!n) return tl::unexpected(n.error());
  const std::string group = group_of(lab, start.host) + "/" + start.name;
  if (auto made = make_group(group); !made) return made;
  if (start.name == "keeper") allow_realtime(group);
  auto report = pipe_ends();
  if (!report) return tl::unexpected(report.error());
  const pid_t child = ::fork();
  if (child < 0) return fail_errno("cannot fork to start " + start.name);
  if (child == 0) {
    pin(lab, start.host);
    if (!join_group(group, 0) || !enter_namespaces(*n)) ::_exit(1);
    ::_exit(launch(start, *n, report->write.get()));
  }
  report->write.reset();
  const std::string told = read_all(report->read.get());
  const int code = wait_for(child);
  if (code != 0 || told.empty() || told.ends_with("failed")) {
    return fail("cannot start " + start.argv[0] + " on " + start.host +
                ": is its package installed? run scripts/setup.sh");
  }
  std::erase_if(lab.programs, [&](const ProgramState& p) {
    return p.host == start.host && p.name == start.name;
  });
  lab.programs.push_back({start.host, start.name, process_ref(std::stoi(told))});
  return save(lab);
}

Result<int> enter(const Lab& lab, const std::string& host, const std::function<int()>& body) {
  auto n = namespaces_of(lab, host);
  if (!n) return tl::unexpected(n.error());
  const pid_t child = ::fork();
  if (child < 0) return fail_errno("cannot fork into " + host);
  if (child == 0) {
    pin(lab, host);
    if (!join_group(group_of(lab, host), 0) || !enter_namespaces(*n)) ::_exit(1);
    const pid_t inner = ::fork();  // the PID namespace begins with the next child
    if (inner < 0) ::_exit(1);
    if (inner > 0) ::_exit(wait_for(inner));
    os::restore_default_signals();
    ::_exit(body());
  }
  return wait_for(child);
}

}  // namespace alibi::lab
