// SPDX-License-Identifier: Apache-2.0
// From a Tell to the line in the log.
#include <sys/wait.h>

#include <algorithm>

#include "daemon/teller.h"
#include "os/process.h"
#include "vrrp/log_text.h"

namespace alibi::daemon {
namespace {

std::string transition_text(const config::Settings& settings, const Tell& tell) {
  const auto index = static_cast<std::size_t>(tell.instance);
  if (tell.instance < 0 || index >= settings.instances.size()) return "";
  return vrrp::log_line(
      settings.instances[index].vrrp,
      vrrp::Transition{tell.from, tell.to, {tell.reason, std::string(tell.text.view())}});
}

/// keepalived's three forms; the plain "now returning" line when only the exit status is new.
std::string result_text(const config::Settings& settings, const Tell& tell, bool detail) {
  const auto index = static_cast<std::size_t>(tell.script);
  if (tell.script < 0 || index >= settings.scripts.size()) return "";
  const std::string& name = settings.scripts[index].name;
  const std::string took = " after " + seconds_text(Duration(tell.took_ns));
  if (tell.changed == 0) {
    if (!detail && tell.timed_out != 0) return "";
    if (tell.timed_out != 0) return "Script `" + name + "` timed out" + took;
    return "Script `" + name + "` now returning " +
           std::to_string(WIFEXITED(tell.status) ? WEXITSTATUS(tell.status)
                                                 : 128 + WTERMSIG(tell.status));
  }
  const std::string printed = tell.text.size > 0 ? ": " + std::string(tell.text.view()) : "";
  if (tell.timed_out != 0) return "VRRP_Script(" + name + ") timed_out" + took + printed;
  if (tell.status == 0) return "VRRP_Script(" + name + ") succeeded";
  return "VRRP_Script(" + name + ") failed (" + os::exit_text(tell.status) + ")" + printed;
}

/// keepalived's lines, one for the request and one for each packet.
std::string announced_text(const config::Settings& settings, const Tell& tell) {
  const auto index = static_cast<std::size_t>(tell.instance);
  if (tell.instance < 0 || index >= settings.instances.size()) return "";
  const bool v6 = tell.up != 0;
  const std::string where(tell.text.view());
  std::string lines;
  if (tell.changed != 0) {
    lines = "(" + settings.instances[index].vrrp.name + ") Sending/queueing " +
            (v6 ? "Unsolicited Neighbour Adverts on " : "gratuitous ARPs on ") + where;
  }
  for (int i = 0; i < tell.status; ++i) {
    if (!lines.empty()) lines += '\n';
    lines += (v6 ? "Sending unsolicited Neighbour Advert on " : "Sending gratuitous ARP on ") +
             where;
  }
  return lines;
}

}  // namespace

std::uint8_t log_severity(const Tell& tell) {
  const bool fault = tell.kind == Tell::Kind::Transition && tell.to == vrrp::State::Fault;
  const bool failed = tell.kind == Tell::Kind::ScriptResult && tell.changed != 0 && tell.up == 0;
  return std::max<std::uint8_t>(tell.severity, fault || failed ? 1 : 0);
}

std::string log_text(const config::Settings& settings, const Tell& tell, bool detail) {
  switch (tell.kind) {
    case Tell::Kind::Transition:
      return transition_text(settings, tell);
    case Tell::Kind::ScriptResult:
      return result_text(settings, tell, detail);
    case Tell::Kind::Note:
      return tell.verbose != 0 && !detail ? "" : std::string(tell.text.view());
    case Tell::Kind::PriorityMoved:  // the machine's note says it
    case Tell::Kind::LowerHeard:
      return "";
    case Tell::Kind::Announced:
      return detail ? announced_text(settings, tell) : "";
    case Tell::Kind::Deleted:
    case Tell::Kind::Resigned:
    case Tell::Kind::Daemon:
      break;
  }
  return std::string(tell.text.view());
}

}  // namespace alibi::daemon
