// SPDX-License-Identifier: Apache-2.0
// The status as Prometheus text exposition.
#include <fmt/format.h>

#include <string_view>

#include "daemon/status.h"

namespace alibi::daemon {
namespace {

/// Backslash, quotation mark and line feed are escaped in label values.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == '"') out += '\\';
    out += c == '\n' ? std::string("\\n") : std::string(1, c);
  }
  return out;
}

class Exposition {
 public:
  void family(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    out_ += fmt::format("# HELP alibi_{} {}\n# TYPE alibi_{} {}\n", name, help, name, type);
  }
  void sample(const std::string& labels, double value) {
    out_ += fmt::format("alibi_{}{} {}\n", name_, labels.empty() ? "" : "{" + labels + "}", value);
  }
  std::string take() { return std::move(out_); }

 private:
  std::string_view name_;
  std::string out_;
};

std::string instance_label(const InstanceView& view) {
  return fmt::format("instance=\"{}\",interface=\"{}\",vrid=\"{}\"", escaped(view.name),
                     escaped(view.settings->interface), view.settings->vrrp.vrid.value);
}

void states(const View& view, Exposition& out) {
  out.family("state", "gauge", "1 for the state that the instance is in.");
  for (const InstanceView& i : view.instances) {
    for (const auto state :
         {vrrp::State::Init, vrrp::State::Backup, vrrp::State::Master, vrrp::State::Fault}) {
      out.sample(instance_label(i) + fmt::format(",state=\"{}\"", vrrp::text(state)),
                 i.pulse.state == state ? 1 : 0);
    }
  }
  out.family("priority", "gauge", "Effective priority.");
  for (const InstanceView& i : view.instances) out.sample(instance_label(i), i.pulse.priority);
  out.family("base_priority", "gauge", "Priority as configured.");
  for (const InstanceView& i : view.instances) {
    out.sample(instance_label(i), i.settings->vrrp.base_priority.value);
  }
  out.family("addresses_set", "gauge", "1 while the virtual addresses are on this node.");
  for (const InstanceView& i : view.instances) out.sample(instance_label(i), i.pulse.has_addresses);
  out.family("last_transition_timestamp_seconds", "gauge",
             "Unix time of the last transition, its reason as a label.");
  for (const InstanceView& i : view.instances) {
    if (!i.last) continue;
    out.sample(instance_label(i) + fmt::format(",reason=\"{}\"", vrrp::text(i.last->reason)),
               static_cast<double>(i.last->unix_ns) / 1e9);
  }
  out.family("tracker_up", "gauge", "1 while the tracked object is good; none while unknown.");
  for (const InstanceView& i : view.instances) {
    for (const TrackerView& t : i.trackers) {
      if (t.state == "unknown") continue;
      out.sample(
          instance_label(i) + fmt::format(",kind=\"{}\",tracker=\"{}\"", t.kind, escaped(t.name)),
          t.state == "up" ? 1 : 0);
    }
  }
}

void counters(const View& view, Exposition& out) {
  struct Row {
    std::string_view name, help;
    std::uint64_t Counters::*member;
  };
  static constexpr Row kRows[] = {
      {"adverts_sent_total", "Advertisements sent.", &Counters::sent},
      {"adverts_received_total", "Advertisements taken.", &Counters::received},
      {"priority_zero_sent_total", "Resignations sent.", &Counters::zero_sent},
      {"priority_zero_received_total", "Resignations received.", &Counters::zero_received},
      {"lower_priority_heard_total", "Lower adverts heard as master.", &Counters::lower_heard},
      {"send_failed_total", "Advertisements that the kernel refused.", &Counters::send_failed},
      {"transitions_total", "Transitions of state.", &Counters::transitions},
      {"became_master_total", "Transitions to MASTER.", &Counters::became_master},
      {"released_master_total", "Transitions from MASTER.", &Counters::released_master}};
  for (const Row& row : kRows) {
    out.family(row.name, "counter", row.help);
    for (const InstanceView& i : view.instances) {
      out.sample(instance_label(i), static_cast<double>(i.counters.*row.member));
    }
  }
  out.family("adverts_rejected_total", "counter", "Advertisements refused, by reason.");
  for (const InstanceView& i : view.instances) {
    for (std::size_t code = 0; code < i.counters.rejected.size(); ++code) {
      const auto name = vrrp::text(static_cast<vrrp::RejectCode>(code));
      if (name == "?") break;
      out.sample(instance_label(i) + fmt::format(",reason=\"{}\"", name),
                 static_cast<double>(i.counters.rejected[code]));
    }
  }
}

void fences(const View& view, Exposition& out) {
  out.family("fence_closed", "gauge", "1 while the kernel silences the addresses.");
  for (const InstanceView& i : view.instances) {
    if (i.fence) out.sample(instance_label(i), i.fence->why != ALIBI_FENCE_OPEN ? 1 : 0);
  }
  out.family("fence_closed_total", "counter", "Times that it closed.");
  for (const InstanceView& i : view.instances) {
    if (i.fence) out.sample(instance_label(i), static_cast<double>(i.fence->closed_count));
  }
  out.family("fence_dropped_total", "counter", "Packets that it dropped.");
  for (const InstanceView& i : view.instances) {
    if (!i.fence) continue;
    for (const auto way : {ALIBI_FENCE_IN, ALIBI_FENCE_OUT}) {
      for (const auto kind :
           {ALIBI_FENCE_ARP, ALIBI_FENCE_ND, ALIBI_FENCE_IPV4, ALIBI_FENCE_IPV6}) {
        out.sample(instance_label(i) + fmt::format(",way=\"{}\",kind=\"{}\"",
                                                   way == ALIBI_FENCE_IN ? "in" : "out",
                                                   fence_kind_text(kind)),
                   static_cast<double>(i.fence->dropped[way][kind]));
      }
    }
  }
}

void daemon_part(const View& view, Exposition& out) {
  out.family("late_timers_total", "counter", "Timers that expired more than a second late.");
  out.sample("", static_cast<double>(view.keeper.late_timers));
  out.family("worst_late_seconds", "gauge", "The latest that a timer has expired.");
  out.sample("", static_cast<double>(view.keeper.worst_late_ns) / 1e9);
  out.family("packets_total", "counter", "VRRP packets received.");
  out.sample("", static_cast<double>(view.keeper.packets));
  out.family("unknown_vrid_total", "counter", "Packets for no instance of ours.");
  out.sample("", static_cast<double>(view.keeper.unknown_vrid));
  out.family("process_up", "gauge", "1 while the process runs.");
  for (const ProcessView& p : view.processes) {
    if (p.wanted) out.sample(fmt::format("process=\"{}\"", p.name), p.record.pid != 0 ? 1 : 0);
  }
  out.family("process_restarts_total", "counter", "Starts after the first.");
  for (const ProcessView& p : view.processes) {
    if (p.wanted) out.sample(fmt::format("process=\"{}\"", p.name), p.record.restarts);
  }
  out.family("messages_dropped_total", "counter", "Messages that a full queue dropped.");
  for (std::size_t i = 0; i < kSenders; ++i) {
    out.sample(fmt::format("queue=\"from_{}\"", name_of(static_cast<Sender>(i))),
               static_cast<double>(view.queue_drops[i]));
  }
  for (std::size_t i = 0; i < kWaysOut; ++i) {
    out.sample(fmt::format("queue=\"{}\"", name_of(static_cast<WayOut>(i))),
               static_cast<double>(view.outlet_drops[i]));
  }
}

}  // namespace

std::string metrics_text(const View& view) {
  Exposition out;
  states(view, out);
  counters(view, out);
  if (view.fence_mode != FenceMode::Off) fences(view, out);
  daemon_part(view, out);
  return out.take();
}

}  // namespace alibi::daemon
