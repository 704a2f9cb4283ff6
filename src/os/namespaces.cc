// SPDX-License-Identifier: Apache-2.0
// Threads move one by one; a process is said to be where its first thread is.
#include "os/namespaces.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>

#include <system_error>
#include <thread>

namespace alibi::os {
namespace {

constexpr const char* kOwn = "/proc/thread-self/ns/net";

std::string path_of(const std::string& spec) {
  if (spec.empty()) return kOwn;
  if (spec.starts_with("pid:")) return "/proc/" + spec.substr(4) + "/ns/net";
  if (spec.find('/') != std::string::npos) return spec;
  return "/run/netns/" + spec;
}

}  // namespace

Result<Fd> open_network_namespace(const std::string& spec) {
  const std::string path = path_of(spec);
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid())
    return fail_errno("network namespace '" + spec + "': cannot open " + path +
                      " (a name from 'ip netns', a path, or pid:N is expected)");
  return fd;
}

Result<std::uint64_t> namespace_inode(const Fd& fd) {
  struct stat status {};
  if (fstat(fd.get(), &status) != 0) return fail_errno("cannot identify a network namespace");
  return static_cast<std::uint64_t>(status.st_ino);
}

Result<void> enter_network_namespace(const std::string& spec) {
  const auto fd = open_network_namespace(spec);
  if (!fd) return tl::unexpected(fd.error());
  if (setns(fd->get(), CLONE_NEWNET) != 0)
    return fail_errno("cannot enter the network namespace '" + spec +
                      "' (CAP_SYS_ADMIN is needed)");
  return {};
}

Result<void> inside_network_namespace(const Fd& fd, const std::function<Result<void>()>& work) {
  const auto home = open_network_namespace("");
  if (!home) return tl::unexpected(home.error());
  // Staying needs no right, going does: a tap here works with CAP_NET_RAW alone.
  const auto here = namespace_inode(*home), there = namespace_inode(fd);
  if (here && there && *here == *there) return work();
  Result<void> result;
  const auto go = [&] {
    if (setns(fd.get(), CLONE_NEWNET) != 0) {
      result = fail_errno("cannot enter the network namespace (CAP_SYS_ADMIN is needed)");
    } else {
      result = work();
    }
  };
  try {
    std::thread(go).join();
  } catch (const std::system_error& no_thread) {
    return fail(std::string("no thread for another network namespace: ") + no_thread.what());
  }
  return result;
}

}  // namespace alibi::os
