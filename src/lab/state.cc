// SPDX-License-Identifier: Apache-2.0
// The state file, and processes by pid and start time.
#include "lab/state.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "lab/command.h"

namespace alibi::lab {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

const std::string kRun = "/run/alibi-lab";

std::string state_file(const std::string& name) { return kRun + "/" + name + "/state.json"; }

// What follows "PID (comm) " in /proc/PID/stat: comm may hold blanks and parentheses itself.
std::string after_comm(pid_t pid) {
  const std::string text = read_small_file("/proc/" + std::to_string(pid) + "/stat");
  const auto close = text.rfind(')');
  return close == std::string::npos || close + 2 > text.size() ? "" : text.substr(close + 2);
}

json to_json(const ProcessRef& p) { return {{"pid", p.pid}, {"start", p.start}}; }

ProcessRef ref_from(const json& j) { return {j.value("pid", 0), j.value("start", 0ULL)}; }

}  // namespace

char process_state(pid_t pid) {
  const std::string rest = after_comm(pid);
  return rest.empty() ? '\0' : rest[0];
}

ProcessRef process_ref(pid_t pid) {
  std::istringstream in(after_comm(pid));
  std::string word;
  // state is field 3, the start time field 22.
  for (int field = 3; field <= 21; ++field) in >> word;
  std::uint64_t start = 0;
  in >> start;
  return {pid, in ? start : 0};
}

bool ProcessRef::alive() const {
  if (pid <= 0 || start == 0 || process_ref(pid).start != start) return false;
  const char state = process_state(pid);
  return state != 'Z' && state != 'X' && state != '\0';
}

std::string_view name_of(Keeper keeper) {
  return keeper == Keeper::Keepalived ? "keepalived" : "alibi";
}

std::string_view name_of(LogMode mode) {
  constexpr std::array<std::string_view, 3> kNames{"syslog", "file", "pipe"};
  return kNames[static_cast<std::size_t>(mode)];
}

Result<Keeper> keeper_named(const std::string& name) {
  for (const auto keeper : {Keeper::Keepalived, Keeper::Alibi}) {
    if (name == name_of(keeper)) return keeper;
  }
  return fail("unknown keeper '" + name + "': use keepalived or alibi");
}

Result<LogMode> log_mode_named(const std::string& name) {
  for (const auto mode : {LogMode::Syslog, LogMode::File, LogMode::Pipe}) {
    if (name == name_of(mode)) return mode;
  }
  return fail("unknown log mode '" + name + "': use syslog, file or pipe");
}

const HostState* Lab::host(const std::string& host_name) const {
  const auto it = std::ranges::find(hosts, host_name, &HostState::name);
  return it == hosts.end() ? nullptr : &*it;
}

ProgramState* Lab::program(const std::string& host_name, const std::string& program_name) {
  const auto it = std::ranges::find_if(programs, [&](const ProgramState& p) {
    return p.host == host_name && p.name == program_name;
  });
  return it == programs.end() ? nullptr : &*it;
}

std::string Lab::netns(const std::string& host_name) const {
  return "alibi-" + name + "-" + host_name;
}

std::string Lab::host_dir(const std::string& host_name) const {
  return dir + "/hosts/" + host_name;
}

Result<void> check_lab_name(const std::string& name) {
  const bool fits = !name.empty() && name.size() <= 24 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
  if (fits) return {};
  return fail("'" + name + "' is no name for a lab: use 1 to 24 of a-z, 0-9 and '-'");
}

Result<void> save(const Lab& lab) {
  json hosts = json::array();
  for (const auto& h : lab.hosts) hosts.push_back({{"name", h.name}, {"init", to_json(h.init)}});
  json programs = json::array();
  for (const auto& p : lab.programs) {
    programs.push_back({{"host", p.host}, {"name", p.name}, {"process", to_json(p.process)}});
  }
  json loop;
  if (lab.loop) {
    loop = {{"process", to_json(lab.loop->process)},
            {"at", lab.loop->at},
            {"before", lab.loop->before}};
  }
  const json j{{"name", lab.name},         {"topology", lab.topology},
               {"dir", lab.dir},           {"keeper", name_of(lab.keeper)},
               {"log", name_of(lab.log)},  {"vm_cpu", lab.vm_cpu},
               {"hosts", hosts},           {"programs", programs},
               {"fault", lab.fault},       {"loop", loop}};
  if (auto made = make_directories(kRun + "/" + lab.name); !made) return made;
  const std::string path = state_file(lab.name);
  if (auto put = put_file(path + ".tmp", j.dump(1) + "\n"); !put) return put;
  std::error_code error;
  fs::rename(path + ".tmp", path, error);
  if (error) return fail("cannot write " + path + ": " + error.message());
  return {};
}

Result<Lab> load(const std::string& name) {
  const json j = json::parse(read_small_file(state_file(name)), nullptr, false);
  if (j.is_discarded() || !j.is_object()) {
    return fail("there is no lab '" + name + "': 'alibi lab status' lists the labs, "
                "'alibi lab up --name " + name + "' makes it");
  }
  Lab lab;
  lab.name = name;
  lab.topology = j.value("topology", lab.topology);
  lab.dir = j.value("dir", "");
  lab.keeper = keeper_named(j.value("keeper", "keepalived")).value_or(Keeper::Keepalived);
  lab.log = log_mode_named(j.value("log", "syslog")).value_or(LogMode::Syslog);
  lab.vm_cpu = j.value("vm_cpu", 1);
  lab.fault = j.value("fault", "");
  if (const json loop = j.value("loop", json()); loop.is_object()) {
    lab.loop = CodeLoop{ref_from(loop.value("process", json::object())),
                    loop.value("at", std::uint64_t{0}), loop.value("before", CodeLoop{}.before)};
  }
  for (const auto& h : j.value("hosts", json::array())) {
    lab.hosts.push_back({h.value("name", ""), ref_from(h.value("init", json::object()))});
  }
  for (const auto& p : j.value("programs", json::array())) {
    lab.programs.push_back({p.value("host", ""), p.value("name", ""),
                            ref_from(p.value("process", json::object()))});
  }
  return lab;
}

void forget(const std::string& name) {
  std::error_code error;
  fs::remove_all(kRun + "/" + name, error);
  fs::remove(kRun, error);  // stays while another lab has its folder there
}

std::vector<std::string> known_labs() {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(kRun, error)) {
    if (fs::exists(entry.path() / "state.json", error)) names.push_back(entry.path().filename());
  }
  std::ranges::sort(names);
  return names;
}

}  // namespace alibi::lab
