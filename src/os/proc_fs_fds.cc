// SPDX-License-Identifier: Apache-2.0
// The link's own mode bits tell how a descriptor was opened: lstat() of it touches no file system
// but /proc.
#include "os/proc_fs_fds.h"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <memory>

#include "os/proc_fs.h"

namespace alibi::os {
namespace {

std::string fd_directory(std::int32_t pid) { return "/proc/" + std::to_string(pid) + "/fd"; }

OpenDescriptor read_descriptor(std::int32_t pid, const std::string& directory,
                               const std::string& name, bool with_mode) {
  OpenDescriptor found;
  found.pid = pid;
  found.fd = static_cast<std::int32_t>(to_number(name));
  const std::string path = directory + "/" + name;
  found.target = link_text(path);
  struct stat status {};
  if (with_mode && lstat(path.c_str(), &status) == 0) {
    found.readable = (status.st_mode & S_IRUSR) != 0;
    found.writable = (status.st_mode & S_IWUSR) != 0;
  }
  return found;
}

/// Names below /proc/PID/fd.
std::vector<std::string> fd_names(const std::string& directory) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(opendir(directory.c_str()), closedir);
  if (!dir) return names;
  while (const dirent* entry = readdir(dir.get()))
    if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
  return names;
}

void holders_in(std::int32_t pid, const std::vector<std::string>& targets,
                std::vector<OpenDescriptor>& found) {
  const std::string directory = fd_directory(pid);
  for (const std::string& name : fd_names(directory)) {
    const std::string target = link_text(directory + "/" + name);
    if (std::find(targets.begin(), targets.end(), target) == targets.end()) continue;
    found.push_back(read_descriptor(pid, directory, name, true));
    return;
  }
}

}  // namespace

std::vector<OpenDescriptor> descriptors_of(std::int32_t pid) {
  std::vector<OpenDescriptor> found;
  const std::string directory = fd_directory(pid);
  for (const std::string& name : fd_names(directory))
    found.push_back(read_descriptor(pid, directory, name, true));
  return found;
}

OpenDescriptor descriptor(std::int32_t pid, std::int32_t fd) {
  return read_descriptor(pid, fd_directory(pid), std::to_string(fd), true);
}

std::vector<OpenDescriptor> holders_of(const std::string& target) {
  std::vector<OpenDescriptor> found;
  for (const std::int32_t pid : list_processes()) {
    const std::string directory = fd_directory(pid);
    for (const std::string& name : fd_names(directory))
      if (link_text(directory + "/" + name) == target)
        found.push_back(read_descriptor(pid, directory, name, true));
  }
  return found;
}

std::vector<OpenDescriptor> socket_holders(const std::vector<std::uint64_t>& inodes,
                                           std::uint64_t netns) {
  std::vector<std::string> targets;
  for (const std::uint64_t inode : inodes)
    targets.push_back("socket:[" + std::to_string(inode) + "]");
  std::vector<OpenDescriptor> found;
  std::vector<std::int32_t> elsewhere;
  for (const std::int32_t pid : list_processes()) {
    if (namespace_of(pid, "net") == netns) holders_in(pid, targets, found);
    else elsewhere.push_back(pid);
  }
  // A process may have left the namespace after it made the socket.
  if (found.empty())
    for (const std::int32_t pid : elsewhere) holders_in(pid, targets, found);
  return found;
}

}  // namespace alibi::os
