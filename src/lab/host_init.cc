// SPDX-License-Identifier: Apache-2.0
// PID 1 of a host: private file systems, then nothing but reaping.
#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "lab/host.h"

namespace alibi::lab {
namespace {

constexpr int kReadyFd = 3;

Result<void> put_mount(const std::string& source, const std::string& target, const char* type,
                       unsigned long flags, const char* data = "") {
  if (::mount(source.c_str(), target.c_str(), type, flags, data) == 0) return {};
  return fail_errno("cannot mount " + source + " on " + target);
}

struct Node {
  const char* path;
  unsigned minor;
  unsigned major;
};

// A /dev of its own, since /dev/log must be this host's.
Result<void> private_dev() {
  if (auto done = put_mount("lab-dev", "/dev", "tmpfs", MS_NOSUID, "mode=755"); !done) return done;
  constexpr Node kNodes[] = {{"/dev/null", 3, 1},   {"/dev/zero", 5, 1},    {"/dev/full", 7, 1},
                             {"/dev/random", 8, 1}, {"/dev/urandom", 9, 1}, {"/dev/tty", 0, 5}};
  const mode_t mask = ::umask(0);
  for (const auto& node : kNodes) {
    if (::mknod(node.path, S_IFCHR | 0666, ::makedev(node.major, node.minor)) != 0) {
      return fail_errno(std::string("cannot make ") + node.path);
    }
  }
  ::umask(mask);
  (void)::symlink("/proc/self/fd", "/dev/fd");
  (void)::symlink("/proc/self/fd/1", "/dev/stdout");
  (void)::symlink("/proc/self/fd/2", "/dev/stderr");
  ::mkdir("/dev/shm", 01777);
  return put_mount("lab-shm", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777");
}

Result<void> build(const InitOptions& o) {
  if (::sethostname(o.host.c_str(), o.host.size()) != 0) return fail_errno("cannot set host name");
  if (auto done = put_mount("none", "/", nullptr, MS_REC | MS_PRIVATE); !done) return done;
  // /srv before /tmp and /run: the lab's directory may lie below one of them.
  if (auto done = put_mount(o.dir, "/srv", nullptr, MS_BIND); !done) return done;
  // Names are known and no name server is asked: an unreachable one costs keepalived 5 s at start.
  for (const char* file : {"/etc/hosts", "/etc/resolv.conf"}) {
    auto done = put_mount("/srv" + std::string(file), file, nullptr, MS_BIND);
    if (!done) return done;
  }
  // Every write to a VM's disk waits for the device, as a busy database or a small guest would.
  if (!o.disk.empty()) {
    if (auto done = put_mount(o.disk, "/var/log", "ext4", MS_SYNCHRONOUS | MS_NODEV); !done) {
      return done;
    }
  }
  if (!o.storage.empty()) {
    if (auto done = put_mount(o.storage, "/mnt", "ext4", MS_NODEV); !done) return done;
  }
  // The names of other hosts' namespaces are not this host's business, and would pin them.
  ::umount2("/run/netns", MNT_DETACH);
  for (const char* place : {"/run", "/tmp", "/var/tmp"}) {
    auto done = put_mount("lab", place, "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777");
    if (!done) return done;
  }
  if (auto done = put_mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC); !done) {
    return done;
  }
  return private_dev();
}

}  // namespace

int host_init(const InitOptions& options) {
  if (options.foreground) ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::prctl(PR_SET_NAME, "lab-init");
  const auto built = build(options);
  const std::string answer = built ? "ready" : built.error().message;
  (void)!::write(kReadyFd, answer.data(), answer.size());
  ::close(kReadyFd);
  if (!built) return 1;
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGCHLD);
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  for (;;) {
    while (::waitpid(-1, nullptr, WNOHANG) > 0) {
    }
    int signal = 0;
    ::sigwait(&set, &signal);
  }
}

}  // namespace alibi::lab
