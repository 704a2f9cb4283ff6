// SPDX-License-Identifier: Apache-2.0
// keepalived.data as a whole, and its instances and sync groups.
#include <fmt/format.h>
#include <net/if.h>

#include <algorithm>
#include <ctime>

#include "daemon/dump_parts.h"

namespace alibi::daemon {
namespace {

using vrrp::State;

std::string able(bool value) { return value ? "enabled" : "disabled"; }

void flags_of(const InstanceView& view, Page& page) {
  const config::Instance& i = *view.settings;
  std::vector<std::string> flags;
  if (i.strict) flags.emplace_back("Strict mode");
  if (!i.track_primary) flags.emplace_back("Interface is not tracked");
  if (i.vrrp.skip_check_adv_addr) flags.emplace_back("Skip check advert addresses");
  if (i.vrrp.unicast) flags.emplace_back("Using unicast");
  page.add(flags.empty() ? "   Flags: none" : "   Flags:");
  for (const auto& flag : flags) page.add("     " + flag);
}

void state_of(const View& all, const InstanceView& view, Page& page) {
  const Pulse& pulse = view.pulse;
  page.add(fmt::format("   State = {}", vrrp::text(pulse.state)));
  if (pulse.state == State::Backup) {
    page.add("   Master router = " + pulse.master.text());
    page.add(fmt::format("   Master priority = {}", pulse.master_priority));
  }
  flags_of(view, page);
  page.add(fmt::format("   Wantstate = {}", vrrp::text(pulse.state)));
  page.add("   Number of config faults = 0");
  page.add(fmt::format("   Number of interface and track script faults = {}",
                       fault_names(pulse.faults).size()));
  std::size_t unknown = 0;
  for (const auto& tracker : view.trackers) {
    if (tracker.state == "unknown" && tracker.weight == 0) ++unknown;
  }
  page.add(fmt::format("   Number of track scripts init = {}", unknown));
  page.add("   Last transition = " + moment(view.last ? view.last->unix_ns : 0));
  const bool armed = pulse.next_timer_ns != kNever.ns && pulse.next_timer_ns != 0 &&
                     (pulse.state == State::Master || pulse.state == State::Backup);
  page.add("   Read timeout = " +
           (armed ? moment(all.unix_ns + (pulse.next_timer_ns - all.now.ns)) : "DISABLED"));
  page.add(fmt::format("   Master down timer = {} usecs", pulse.master_down_ns / 1000));
}

void interface_of(const config::Instance& instance, const VirtualMacPlan* mac,
                  const std::vector<os::InterfaceFacts>& interfaces, Page& page) {
  if (mac == nullptr) return page.add("   Interface = " + instance.interface);
  const bool up = std::any_of(interfaces.begin(), interfaces.end(), [&](const auto& other) {
    return other.name == mac->name && (other.flags & IFF_UP) != 0;
  });
  page.add(fmt::format("   Use VMAC, i/f name {}, is_up = {}, xmit_base = {}", mac->name, truth(up),
                       truth(instance.vmac && instance.vmac->transmit_base)));
  page.add("   Interface = " + mac->name + ", vmac on " + mac->base);
}

void addressing_of(const InstanceView& view, Page& page) {
  const config::Instance& i = *view.settings;
  page.add("   Using src_ip = " +
           (view.pulse.source.is_unspecified() ? "(none)" : view.pulse.source.text()) +
           (i.source ? " (from configuration)" : ""));
  if (!i.vrrp.unicast) {
    page.add("   Multicast address " +
             (i.group ? *i.group : wire::vrrp_group(i.vrrp.family)).text());
  }
}

void timing_of(const InstanceView& view, Page& page) {
  const vrrp::Parameters& p = view.settings->vrrp;
  page.add(fmt::format("   Gratuitous ARP delay = {}", whole_seconds(p.garp_master_delay)));
  page.add(fmt::format("   Gratuitous ARP repeat = {}", p.garp_master_repeat));
  page.add(fmt::format("   Gratuitous ARP refresh = {}", whole_seconds(p.garp_master_refresh)));
  page.add(fmt::format("   Gratuitous ARP refresh repeat = {}", p.garp_master_refresh_repeat));
  page.add(fmt::format("   Gratuitous ARP lower priority delay = {}",
                       whole_seconds(p.garp_lower_delay)));
  page.add(fmt::format("   Gratuitous ARP lower priority repeat = {}", p.garp_lower_repeat));
  page.add(fmt::format("   Down timer adverts = {}", p.down_timer_adverts));
  page.add(fmt::format("   Send advert after receive lower priority advert = {}",
                       truth(!p.lower_prio_no_advert)));
  page.add(fmt::format("   Send advert after receive higher priority advert = {}",
                       truth(p.higher_prio_send_advert)));
  page.add(fmt::format("   Virtual Router ID = {}", p.vrid.value));
  page.add(fmt::format("   Priority = {}", p.base_priority.value));
  page.add(fmt::format("   Effective priority = {}", view.pulse.priority));
  page.add(fmt::format("   Total priority = {}", view.pulse.priority));
  page.add(p.version == 2
               ? fmt::format("   Advert interval = {} sec", whole_seconds(p.advert_interval))
               : fmt::format("   Advert interval = {} milli-sec",
                             p.advert_interval.count() / 1'000'000));
  page.add("   Accept = " + able(view.settings->accept));
  page.add("   Preempt = " + able(p.preempt));
  if (p.preempt_delay > Duration::zero()) {
    page.add(fmt::format("   Preempt delay = {} secs", seconds(p.preempt_delay)));
  }
  page.add("   Promote_secondaries = " + able(view.settings->promote_secondaries));
  if (p.version == 2 && p.family == wire::Family::V4) {
    // keepalived writes the password as well; exporters have no use for it.
    page.add(std::string("   Authentication type = ") +
             (p.auth_type == wire::AuthType::Pass ? "SIMPLE_PASSWORD" : "none"));
  }
}

void list(Page& page, const std::string& title, const std::vector<std::string>& lines) {
  if (lines.empty()) return;
  page.add("   " + title + " :");
  for (const auto& line : lines) page.add("     " + line);
}

void addresses_of(const InstanceView& view, std::size_t at, const std::vector<VirtualMacPlan>& macs,
                  Page& page) {
  const config::Instance& i = *view.settings;
  const bool set = view.pulse.has_addresses != 0;
  if (!i.addresses.empty()) page.add(fmt::format("   Virtual IP ({}):", i.addresses.size()));
  for (const auto& a : i.addresses) page.add("     " + address_line(i, at, a, macs, set));
  std::vector<std::string> lines;
  for (const auto& a : i.excluded_addresses) lines.push_back(address_line(i, at, a, macs, set));
  list(page, "Virtual IP Excluded", lines);
  if (i.vrrp.unicast) {
    page.add(fmt::format("   Unicast TTL = {}", i.unicast_ttl));
    page.add(std::string("   Check unicast src : ") + (i.check_unicast_source ? "yes" : "no"));
    lines.clear();
    for (const auto& peer : i.unicast_peers) {
      lines.push_back(
          fmt::format("{} min_ttl {} max_ttl {}", peer.address.text(), peer.min_ttl, peer.max_ttl));
    }
    list(page, "Unicast Peer", lines);
    page.add("   Unicast checksum compatibility = no");
  }
  lines.clear();
  for (const auto& route : i.routes) lines.push_back(words_line(route.words));
  list(page, "Virtual Routes", lines);
  lines.clear();
  for (const auto& rule : i.rules) lines.push_back(words_line(rule.words));
  list(page, "Virtual Rules", lines);
}

void tracks_of(const InstanceView& view, Page& page) {
  const auto section = [&](const std::string& title, std::string_view kind, const char* comma) {
    std::vector<std::string> lines;
    for (const TrackerView& t : view.trackers) {
      if (t.kind != kind) continue;
      lines.push_back(
          fmt::format("{}{} weight {}{}", t.name, comma, t.weight, t.reverse ? " reverse" : ""));
    }
    list(page, title, lines);
  };
  section("Tracked interfaces", "interface", "");
  section("Tracked scripts", "script", "");
  section("Tracked files", "file", ",");
  section("Tracked processes", "process", ",");
  section("Tracked BFDs", "bfd", ",");
}

template <typename Owner>
void scripts_of(const Owner& owner, Page& page) {
  const auto add = [&](const char* what, const config::Command& command) {
    if (command.empty()) return;
    page.add(fmt::format("   {} state transition script = {}, uid:gid {}", what,
                         command_line(command.words), user_text(command)));
  };
  add("Backup", owner.notify_backup);
  add("Master", owner.notify_master);
  add("Fault", owner.notify_fault);
  add("Stop", owner.notify_stop);
  add("Generic", owner.notify);
  if constexpr (requires { owner.notify_master_rx_lower; }) {
    add("Master rx lower pri", owner.notify_master_rx_lower);
  }
}

std::string yes(bool value) { return value ? "yes" : "no"; }

}  // namespace

std::string_view truth(bool value) { return value ? "true" : "false"; }

std::int64_t whole_seconds(Duration d) {
  return std::chrono::duration_cast<std::chrono::seconds>(d).count();
}

double seconds(Duration d) { return std::chrono::duration<double>(d).count(); }

std::string moment(std::int64_t unix_ns) {
  const std::time_t whole = unix_ns / 1'000'000'000;
  const std::int64_t micros = unix_ns / 1000 % 1'000'000;
  std::tm t{};
  ::localtime_r(&whole, &t);
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  return fmt::format("{}.{:06} ({} {} {:2} {:02}:{:02}:{:02}.{:06} {})", whole, micros,
                     kDays[t.tm_wday], kMonths[t.tm_mon], t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec,
                     micros, t.tm_year + 1900);
}

std::string user_text(const config::Command& command) {
  const std::string user = command.user.empty() ? "0" : command.user;
  return user + ":" + (command.group.empty() ? user : command.group);
}

void instance_part(const View& all, const InstanceView& view,
                   const std::vector<os::InterfaceFacts>& interfaces,
                   const std::vector<VirtualMacPlan>& macs, Page& page) {
  const auto at = static_cast<std::size_t>(&view - all.instances.data());
  const config::Instance& i = *view.settings;
  page.add(" VRRP Instance = " + view.name);
  page.add(fmt::format("   VRRP Version = {}", i.vrrp.version));
  if (!view.group.empty()) page.add("   Sync group = " + view.group);
  if (i.vrrp.family == wire::Family::V6) page.add("   Using Native IPv6");
  state_of(all, view, page);
  interface_of(i, own_virtual_mac(macs, at), interfaces, page);
  addressing_of(view, page);
  timing_of(view, page);
  addresses_of(view, at, macs, page);
  tracks_of(view, page);
  page.add("   Using smtp notification = " + yes(i.smtp_alert));
  page.add(std::string("   Notify deleted = ") + (i.notify_deleted ? "Deleted" : "Fault"));
  scripts_of(i, page);
  const bool changes = i.notify_priority_changes || all.settings->global.notify_priority_changes;
  page.add(fmt::format("   Notify priority changes = {}", truth(changes)));
}

void group_part(const GroupView& group, const View& all, Page& page) {
  const config::SyncGroup& g = *group.settings;
  page.add(fmt::format(" VRRP Sync Group = {}, {}", g.name, vrrp::text(group.state)));
  std::size_t fault = 0;
  std::size_t init = 0;
  std::vector<std::string> members;
  for (const std::size_t member : g.members) {
    if (member >= all.instances.size()) continue;
    const auto state = all.instances[member].pulse.state;
    fault += state == State::Fault ? 1 : 0;
    init += state == State::Init ? 1 : 0;
    members.push_back(all.instances[member].name);
  }
  page.add(fmt::format("   Num member fault {}, num member init {}", fault, init));
  list(page, "VRRP member instances", members);
  page.add("   Using smtp notification = " + yes(g.smtp_alert));
  scripts_of(g, page);
}

std::string data_text(const View& view, const std::vector<os::InterfaceFacts>& interfaces) {
  Page page;
  global_part(view, page);
  page.add("------< VRRP Topology >------");
  const auto macs = plan_virtual_macs(*view.settings);
  for (const InstanceView& instance : view.instances) {
    instance_part(view, instance, interfaces, macs, page);
  }
  if (!view.groups.empty()) {
    page.add("------< VRRP Sync groups >------");
    for (const GroupView& group : view.groups) group_part(group, view, page);
  }
  tracker_part(view, page);
  interface_part(view, interfaces, page);
  return page.take();
}

}  // namespace alibi::daemon
