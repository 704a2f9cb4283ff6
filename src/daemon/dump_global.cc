// SPDX-License-Identifier: Apache-2.0
// The first part of keepalived.data: global definitions. What alibi has no counterpart of is said
// to be off.
#include <fmt/format.h>
#include <unistd.h>

#include <array>

#include "daemon/dump_parts.h"

namespace alibi::daemon {
namespace {

std::string group_of(const std::optional<wire::IpAddress>& given, wire::Family family) {
  return given ? given->text() : wire::vrrp_group(family).text();
}

/// Without one of its own a router goes by the host's name.
std::string router_id(const config::Global& global) {
  if (!global.router_id.empty()) return global.router_id;
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

void mail_part(const config::Global& g, Page& page) {
  page.add(fmt::format(" Smtp server = {}", g.mail.server_host));
  page.add(fmt::format(" Smtp server port = {}", g.mail.server_port));
  page.add(fmt::format(" Smtp HELO name = {}", g.mail.helo_name));
  page.add(
      fmt::format(" Smtp server connection timeout = {}", whole_seconds(g.mail.connect_timeout)));
  page.add(fmt::format(" Email notification from = {}", g.mail.from));
  page.add(" Email notification to:");
  for (const auto& to : g.mail.to) page.add(fmt::format("   {}", to));
}

void fifo_part(const config::Global& g, Page& page) {
  for (std::size_t i = 0; i < g.fifos.size(); ++i) {
    const config::Fifo& fifo = g.fifos[i];
    const char* kind = "VRRP";
    page.add(fmt::format(" {} notify fifo = {}, uid:gid {}:{}", kind, fifo.path,
                         fifo.user.empty() ? "0" : fifo.user,
                         fifo.group.empty() ? "0" : fifo.group));
    if (fifo.script.empty()) continue;
    auto words = fifo.script.words;
    words.push_back(fifo.path);
    page.add(fmt::format(" {} notify fifo script = {}, uid:gid {}", kind, command_line(words),
                         user_text(fifo.script)));
  }
  page.add(fmt::format(" FIFO write vrrp states on reload = {}", truth(g.fifo_states_on_reload)));
  page.add(fmt::format(" VRRP notify priority changes = {}", truth(g.notify_priority_changes)));
}

/// Of the processes that keepalived has and alibi has not, and of SNMP and D-Bus.
void absent_part(Page& page) {
  for (const char* process : {"Checker", "BFD"}) {
    page.add(fmt::format(" {} process priority = 0", process));
    page.add(fmt::format(" {} don't swap = false", process));
    page.add(fmt::format(" {} realtime priority = 0", process));
    page.add(fmt::format(" {} realtime limit = 10000", process));
  }
  for (const char* part : {"SNMP vrrp", "SNMP checker", "SNMP RFCv2", "SNMP RFCv3", "SNMP traps"}) {
    page.add(fmt::format(" {} disabled", part));
  }
  page.add(" SNMP socket = default (unix:/var/agentx/master)");
  page.add(" DBus disabled");
  page.add(" DBus service name = ");
}

}  // namespace

void global_part(const View& view, Page& page) {
  const config::Global& g = view.settings->global;
  page.add("------< Global definitions >------");
  page.add(fmt::format(" Network namespace = {}",
                       g.net_namespace.empty() ? "(default)" : g.net_namespace));
  page.add(" Network namespace ipvs = (main namespace)");
  page.add(fmt::format(" Router ID = {}", router_id(g)));
  if (!g.mail.server_host.empty()) mail_part(g, page);
  for (const char* alert : {"smtp_alert", "smtp_alert_vrrp", "smtp_alert_checker"}) {
    page.add(fmt::format(" Default {} = unset", alert));
  }
  page.add(" Checkers log all failures = false");
  page.add(fmt::format(
      " {}", g.reload.check_config ? "Test config before reload" : "No test config before reload"));
  page.add(fmt::format(" Dynamic interfaces = {}", truth(g.dynamic_interfaces)));
  page.add(fmt::format(" Default interface = {}", g.default_interface));
  page.add(fmt::format(" Disable local IGMP = {}", g.disable_local_igmp ? "yes" : "no"));
  page.add(" LVS flush = false");
  page.add(" LVS flush on stop = disabled");
  fifo_part(g, page);
  page.add(fmt::format(" VRRP IPv4 mcast group = {}", group_of(g.group4, wire::Family::V4)));
  page.add(fmt::format(" VRRP IPv6 mcast group = {}", group_of(g.group6, wire::Family::V6)));
  page.add(fmt::format(" Gratuitous ARP interval = {:.6f}", seconds(g.garp_interval)));
  page.add(fmt::format(" Gratuitous NA interval = {:.6f}", seconds(g.gna_interval)));
  page.add(fmt::format(" VRRP strict mode = {}", truth(g.strict)));
  page.add(" Max auto priority = 0");
  page.add(" Min auto priority delay = 1000000 usecs");
  page.add(fmt::format(" VRRP process priority = {}", g.scheduling.nice.value_or(0)));
  page.add(fmt::format(" VRRP don't swap = {}", truth(g.scheduling.no_swap.value_or(true))));
  page.add(fmt::format(" VRRP realtime priority = {}", g.scheduling.realtime.value_or(1)));
  page.add(" VRRP realtime limit = 10000");
  absent_part(page);
  page.add(fmt::format(" Script security {}", g.enable_script_security ? "enabled" : "disabled"));
  page.add(fmt::format(" Default script uid:gid {}:{}", g.script_user.empty() ? "0" : g.script_user,
                       g.script_group.empty() ? "0" : g.script_group));
  page.add(" no_checker_emails = 0");
  page.add(fmt::format(" umask = 0{:o}", view.options->umask));
}

}  // namespace alibi::daemon
