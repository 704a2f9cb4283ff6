// SPDX-License-Identifier: Apache-2.0
// Taking a lab down, whatever state it is in: from its state file, and by the names that
// everything of a lab carries.
#include <dirent.h>
#include <signal.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <sstream>

#include "lab/cgroups.h"
#include "lab/command.h"
#include "lab/disks.h"
#include "lab/faults.h"
#include "lab/host.h"
#include "lab/lab.h"

namespace alibi::lab {
namespace {

namespace fs = std::filesystem;

// "alibi lab host-init --lab NAME --host HOST ..." of this lab, wherever they are.
std::vector<HostState> find_inits(const std::string& name) {
  std::vector<HostState> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/proc", error)) {
    const std::string pid = entry.path().filename();
    if (pid.empty() || !std::ranges::all_of(pid, [](char c) { return c >= '0' && c <= '9'; })) {
      continue;
    }
    std::istringstream in(read_small_file("/proc/" + pid + "/cmdline"));
    std::vector<std::string> words;
    for (std::string word; words.size() < 7 && std::getline(in, word, '\0');) words.push_back(word);
    if (words.size() < 7 || words[1] != "lab" || words[2] != "host-init" || words[4] != name) {
      continue;
    }
    found.push_back({words[6], process_ref(std::stoi(pid))});
  }
  return found;
}

std::vector<std::string> netns_of(const std::string& name) {
  std::vector<std::string> found;
  std::error_code error;
  const std::string prefix = "alibi-" + name + "-";
  for (const auto& entry : fs::directory_iterator("/run/netns", error)) {
    const std::string file = entry.path().filename();
    if (!file.starts_with(prefix)) continue;
    // Lab "a" must not take namespaces of lab "a-b": hosts have no '-' in their names.
    if (file.find('-', prefix.size()) == std::string::npos) found.push_back(file);
  }
  return found;
}

std::vector<ProcessRef> processes_of(const std::string& name, const std::vector<HostState>& inits) {
  std::set<pid_t> pids;
  for (const auto& init : inits) pids.insert(init.init.pid);
  for (const pid_t pid : members(name)) pids.insert(pid);
  pids.erase(::getpid());
  std::vector<ProcessRef> refs;
  for (const pid_t pid : pids) refs.push_back(process_ref(pid));
  return refs;
}

void thaw_disks(const std::string& name, const std::vector<HostState>& inits) {
  for (const auto& init : inits) {
    for (const char* place : {"/mnt", "/var/log"}) {
      // Only mounts of the lab: a host without a disk sees the machine's own directory there.
      const std::string path = inside(init, place);
      const std::string info =
          read_small_file("/proc/" + std::to_string(init.init.pid) + "/mountinfo");
      if (info.find(std::string(" ") + place + " ") != std::string::npos) (void)thaw(path);
    }
  }
  std::vector<std::string> orphaned;
  for (const auto& loop : loops_of(name)) {
    if (std::ranges::find(inits, loop.host, &HostState::name) == inits.end()) {
      orphaned.push_back(loop.device);
    }
  }
  thaw_devices(orphaned);
}

bool all_gone(const std::vector<ProcessRef>& refs) {
  return std::ranges::none_of(refs, [](const ProcessRef& r) {
    return r.start != 0 && process_ref(r.pid).start == r.start && process_state(r.pid) != 'Z';
  });
}

}  // namespace

Result<void> down(const std::string& name) {
  if (auto fits = check_lab_name(name); !fits) return fits;
  const auto known = load(name);
  const auto inits = find_inits(name);
  heal_memory(name);
  thaw_groups(name);
  thaw_disks(name, inits);
  // Everything in the lab's groups, inits included. Inits first would do, but a program that a
  // host has not yet adopted is not theirs to take along.
  auto refs = processes_of(name, inits);
  if (known) {
    for (const auto& host : known->hosts) refs.push_back(host.init);
  }
  const auto kill_all = [&] {
    for (const auto& ref : refs) {
      if (ref.alive()) ::kill(ref.pid, SIGKILL);
    }
  };
  kill_all();
  const bool ended = await_regardless(5s, [&] { return all_gone(refs); });
  for (const auto& file : netns_of(name)) {
    ::umount2(("/run/netns/" + file).c_str(), MNT_DETACH);
    ::unlink(("/run/netns/" + file).c_str());
  }
  // Mount namespaces are torn down a little after their last process; then the loops let go.
  const bool detached = await_regardless(5s, [&] {
    for (const auto& loop : loops_of(name)) detach_loop(loop.device);
    return loops_of(name).empty();
  });
  (void)await_regardless(2s, [&] {
    remove_group(name);
    return members(name).empty();
  });
  remove_group(name);
  if (!ended) return fail("processes of lab " + name + " do not end: run 'alibi lab down' again");
  if (!detached) return fail("loop devices of lab " + name + " stay busy: 'losetup -a' shows them");
  if (known && !known->dir.empty()) {
    std::error_code error;
    fs::remove_all(known->dir, error);
    if (known->dir.starts_with("/var/lib/alibi-lab/")) fs::remove("/var/lib/alibi-lab", error);
  }
  forget(name);
  return {};
}

std::vector<std::string> traces_of_labs() {
  std::set<std::string> names;
  for (const auto& name : known_labs()) names.insert(name);
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/run/netns", error)) {
    const std::string file = entry.path().filename();
    const auto dash = file.rfind('-');
    if (file.starts_with("alibi-") && dash > 6) names.insert(file.substr(6, dash - 6));
  }
  return {names.begin(), names.end()};
}

}  // namespace alibi::lab
