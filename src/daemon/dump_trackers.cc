// SPDX-License-Identifier: Apache-2.0
// The parts of keepalived.data about tracked objects and interfaces.
#include <fmt/format.h>
#include <net/if.h>
#include <net/if_arp.h>

#include <algorithm>

#include "daemon/dump_parts.h"

namespace alibi::daemon {
namespace {

/// "     VI_1, weight 5" for each instance that tracks `name`.
void tracked_by(const View& view, std::string_view kind, const std::string& name, Page& page) {
  page.add("   Tracking instances :");
  for (const InstanceView& instance : view.instances) {
    for (const TrackerView& t : instance.trackers) {
      if (t.kind != kind || t.name != name) continue;
      page.add(fmt::format("     {}, weight {}{}", instance.name, t.weight,
                           t.reverse ? " reverse" : ""));
    }
  }
}

/// The state of a tracked object, whoever tracks it.
const TrackerView* find(const View& view, std::string_view kind, const std::string& name) {
  for (const InstanceView& instance : view.instances) {
    for (const TrackerView& t : instance.trackers) {
      if (t.kind == kind && t.name == name) return &t;
    }
  }
  return nullptr;
}

void script_part(const View& view, const config::Script& script, Page& page) {
  const TrackerView* found = find(view, "script", script.name);
  const std::string state = found == nullptr ? "unknown" : found->state;
  page.add(" VRRP Script = " + script.name);
  page.add("   Command = " + command_line(script.command));
  page.add(fmt::format("   Interval = {} sec", seconds(script.interval)));
  page.add(fmt::format("   Timeout = {} sec",
                       script.timeout == script.interval ? 0 : seconds(script.timeout)));
  page.add(fmt::format("   Weight = {}{}", script.weight, script.reverse ? " reverse" : ""));
  page.add(fmt::format("   Rise = {}", script.rise));
  page.add(fmt::format("   Fall = {}", script.fall));
  page.add(fmt::format("   Result = {}", state == "up" ? script.rise : 0));
  page.add("   Insecure = no");
  page.add(std::string("   Init state = ") + (script.init_fail ? "failed" : "unknown"));
  page.add(std::string("   Status = ") + (state == "up" ? "GOOD" : "BAD"));
  page.add("   Script uid:gid = " + user_text({{}, "", script.user, script.group}));
  page.add("   VRRP instances :");
  tracked_by(view, "script", script.name, page);
  page.add("   State = idle");
}

std::string interface_state(unsigned flags) {
  std::string text = (flags & IFF_UP) != 0 ? "UP" : "not UP";
  text += (flags & IFF_RUNNING) != 0 ? ", RUNNING" : ", not RUNNING";
  if ((flags & IFF_BROADCAST) == 0) text += ", no broadcast";
  if ((flags & IFF_LOOPBACK) != 0) text += ", loopback";
  if ((flags & IFF_POINTOPOINT) != 0) text += ", point to point";
  if ((flags & IFF_NOARP) != 0) text += ", no arp";
  if ((flags & IFF_MULTICAST) == 0) text += ", no multicast";
  return text;
}

}  // namespace

void tracker_part(const View& view, Page& page) {
  const config::Settings& settings = *view.settings;
  if (!settings.scripts.empty()) page.add("------< VRRP Scripts >------");
  for (const auto& script : settings.scripts) script_part(view, script, page);
  if (!settings.files.empty()) page.add("------< VRRP Track files >------");
  for (const auto& file : settings.files) {
    const TrackerView* found = find(view, "file", file.name);
    page.add(" Track file = " + file.name);
    page.add("   File = " + file.path);
    page.add("   Status = " + (found == nullptr ? std::string("0") : found->detail));
    page.add(fmt::format("   Weight = {}{}", file.weight, file.reverse ? " reverse" : ""));
    tracked_by(view, "file", file.name, page);
  }
  if (!settings.processes.empty()) page.add("------< VRRP Track processes >------");
  for (const auto& process : settings.processes) {
    const TrackerView* found = find(view, "process", process.name);
    page.add(" VRRP Track process = " + process.name);
    page.add("   Process = " + process.process);
    page.add(fmt::format("   Min processes = {}", process.quorum));
    page.add(fmt::format("   Have quorum = {}", truth(found != nullptr && found->state == "up")));
    page.add(fmt::format("   Weight = {}{}", process.weight, process.reverse ? " reverse" : ""));
    page.add(fmt::format("   Terminate delay = {:.6f}s", seconds(process.terminate_delay)));
    page.add(fmt::format("   Fork delay = {:.6f}s", seconds(process.fork_delay)));
    page.add(fmt::format("   Full command = {}", truth(process.full_command)));
    tracked_by(view, "process", process.name, page);
  }
}

void interface_part(const View& view, const std::vector<os::InterfaceFacts>& interfaces,
                    Page& page) {
  page.add("------< Interfaces >------");
  for (const os::InterfaceFacts& i : interfaces) {
    page.add(" Name = " + i.name);
    page.add(fmt::format("   index = {}", i.index));
    page.add("   IPv4 address = " + (i.ipv4.empty() ? "(none)" : i.ipv4));
    page.add("   IPv6 address = " + (i.ipv6.empty() ? "(none)" : i.ipv6));
    if (i.type != ARPHRD_LOOPBACK && !i.mac.empty()) {
      page.add("   MAC = " + i.mac);
      page.add("   MAC broadcast = " + i.broadcast);
    }
    page.add("   State = " + interface_state(i.flags));
    page.add(fmt::format("   MTU = {}", i.mtu));
    page.add(std::string("   HW Type = ") + (i.type == ARPHRD_LOOPBACK ? "LOOPBACK"
                                             : i.type == ARPHRD_ETHER  ? "ETHERNET"
                                                                       : "UNKNOWN"));
    page.add("   NIC netlink status update");
    std::vector<std::string> tracking;
    for (const InstanceView& instance : view.instances) {
      if (instance.settings->interface == i.name) tracking.push_back(instance.name + ", weight 0");
      for (const TrackerView& t : instance.trackers) {
        if (t.kind != "interface" || t.name != i.name) continue;
        tracking.push_back(fmt::format("{}, weight {}", instance.name, t.weight));
      }
    }
    if (!tracking.empty()) page.add("   Tracking VRRP instances :");
    for (const auto& line : tracking) page.add("     " + line);
  }
}

}  // namespace alibi::daemon
