// SPDX-License-Identifier: Apache-2.0
// cgroup v1 and v2 directories, found in /proc/self/mountinfo.
#include "lab/cgroups.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <sstream>

#include "lab/command.h"

namespace alibi::lab {
namespace {

namespace fs = std::filesystem;

struct Hierarchy {
  std::string mount_point;
  std::vector<std::string> controllers;  ///< empty: v2
};

// mountinfo: ID PARENT MAJ:MIN ROOT MOUNTPOINT OPTIONS [TAGS] - TYPE SOURCE SUPEROPTIONS
std::vector<Hierarchy> find_hierarchies() {
  std::vector<Hierarchy> found;
  std::istringstream lines(read_small_file("/proc/self/mountinfo"));
  for (std::string line; std::getline(lines, line);) {
    const auto dash = line.find(" - cgroup");
    if (dash == std::string::npos) continue;
    std::istringstream head(line), tail(line.substr(dash + 3));
    std::string word, mount_point, type, source, options;
    head >> word >> word >> word >> word >> mount_point;
    tail >> type >> source >> options;
    Hierarchy h{mount_point, {}};
    if (type == "cgroup") {
      std::istringstream parts(options);
      while (std::getline(parts, word, ',')) {
        if (word != "rw") h.controllers.push_back(word);
      }
      // A new cpuset has no CPUs and takes nobody; the lab pins by affinity instead.
      if (std::ranges::count(h.controllers, "cpuset") > 0) continue;
    }
    found.push_back(std::move(h));
  }
  return found;
}

const std::vector<Hierarchy>& hierarchies() {
  static const std::vector<Hierarchy> found = find_hierarchies();
  return found;
}

fs::path directory(const Hierarchy& h, const std::string& group) {
  return fs::path(h.mount_point) / "alibi-lab" / group;
}

std::vector<fs::path> directories_below(const fs::path& root) {
  std::vector<fs::path> found;
  std::error_code error;
  if (!fs::is_directory(root, error)) return found;
  for (const auto& entry : fs::recursive_directory_iterator(root, error)) {
    if (entry.is_directory(error)) found.push_back(entry.path());
  }
  found.push_back(root);
  // Children first: a group with children cannot be removed.
  std::ranges::sort(found, [](const auto& a, const auto& b) {
    return a.native().size() > b.native().size();
  });
  return found;
}

}  // namespace

Result<void> make_group(const std::string& group) {
  for (const auto& h : hierarchies()) {
    if (auto made = make_directories(directory(h, group)); !made) return made;
    // The lab stands for machines of their own: with the share of a single process it would be
    // starved by whatever else this machine does.
    if (std::ranges::count(h.controllers, "cpu") > 0) {
      (void)write_file(directory(h, "") / "cpu.shares", "8192");
    }
  }
  return {};
}

Result<void> join_group(const std::string& group, pid_t pid) {
  for (const auto& h : hierarchies()) {
    auto joined = write_file(directory(h, group) / "cgroup.procs", std::to_string(pid));
    if (!joined) return joined;
  }
  return {};
}

std::vector<pid_t> members(const std::string& group) {
  std::set<pid_t> pids;
  for (const auto& h : hierarchies()) {
    for (const auto& dir : directories_below(directory(h, group))) {
      std::istringstream in(read_small_file(dir / "cgroup.procs"));
      for (pid_t pid = 0; in >> pid;) pids.insert(pid);
    }
  }
  pids.erase(0);
  return {pids.begin(), pids.end()};
}

void remove_group(const std::string& group) {
  for (const auto& h : hierarchies()) {
    std::error_code error;
    for (const auto& dir : directories_below(directory(h, group))) fs::remove(dir, error);
    fs::remove(fs::path(h.mount_point) / "alibi-lab", error);  // stays while it has labs in it
  }
}

std::optional<std::string> v1_file(const std::string& controller, const std::string& group,
                                   const std::string& file) {
  for (const auto& h : hierarchies()) {
    if (std::ranges::count(h.controllers, controller) > 0) return directory(h, group) / file;
  }
  return std::nullopt;
}

std::optional<std::string> v2_file(const std::string& group, const std::string& file) {
  for (const auto& h : hierarchies()) {
    if (h.controllers.empty()) return directory(h, group) / file;
  }
  return std::nullopt;
}

void allow_realtime(const std::string& group) {
  // A group's share must fit into its parent's, so from the top: all labs, the lab, host, program.
  constexpr const char* kMicroseconds[] = {"600000", "100000", "50000", "50000"};
  fs::path path;
  std::size_t level = 0;
  for (const auto& part : fs::path("./" + group)) {
    path /= part;
    const auto file = v1_file("cpu", path, "cpu.rt_runtime_us");
    if (level < std::size(kMicroseconds) && file) (void)write_file(*file, kMicroseconds[level]);
    ++level;
  }
}

void thaw_groups(const std::string& lab_name) {
  for (const auto& h : hierarchies()) {
    for (const auto& dir : directories_below(directory(h, lab_name))) {
      const std::string v1 = read_small_file(dir / "freezer.state");
      if (!v1.empty() && !v1.starts_with("THAWED")) {
        (void)write_file(dir / "freezer.state", "THAWED");
      }
      if (read_small_file(dir / "cgroup.freeze").starts_with("1")) {
        (void)write_file(dir / "cgroup.freeze", "0");
      }
    }
  }
}

}  // namespace alibi::lab
