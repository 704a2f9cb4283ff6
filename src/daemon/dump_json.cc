// SPDX-License-Identifier: Apache-2.0
// keepalived.json: keepalived's keys in keepalived's order, and one more per instance, `alibi`,
// with what keepalived does not say.
#include <cmath>
#include <nlohmann/json.hpp>

#include "daemon/dump.h"
#include "daemon/status.h"

namespace alibi::daemon {
namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::int64_t whole_seconds(Duration d) {
  return std::chrono::duration_cast<std::chrono::seconds>(d).count();
}

/// 1, not 1.0: keepalived prints as few digits as will do.
Json seconds_number(Duration d) {
  const double value = std::chrono::duration<double>(d).count();
  if (value == std::floor(value)) return static_cast<std::int64_t>(value);
  return value;
}

/// INIT 0, BACKUP 1, MASTER 2, FAULT 3.
int number_of(vrrp::State state) { return static_cast<int>(state); }

/// Seconds with six decimals as a number.
double unix_seconds(std::int64_t ns) { return std::round(static_cast<double>(ns) / 1e3) / 1e6; }

void add_scripts(Json& data, const config::Instance& i) {
  const auto add = [&](const char* key, const config::Command& command) {
    if (!command.empty()) data[key] = command_line(command.words);
  };
  add("script_backup", i.notify_backup);
  add("script_master", i.notify_master);
  add("script_fault", i.notify_fault);
  add("script_stop", i.notify_stop);
  add("script", i.notify);
  add("script_master_rx_lower_pri", i.notify_master_rx_lower);
}

/// keepalived lists the command, not the name.
std::string script_words(const View& all, const std::string& name) {
  for (const auto& script : all.settings->scripts) {
    if (script.name == name) return command_line(script.command);
  }
  return name;
}

void add_lists(Json& data, const View& all, const InstanceView& view) {
  const config::Instance& i = *view.settings;
  const bool set = view.pulse.has_addresses != 0;
  const auto add = [&](const char* key, const auto& items, auto&& text) {
    if (items.empty()) return;
    Json list = Json::array();
    for (const auto& item : items) list.push_back(text(item));
    data[key] = std::move(list);
  };
  const auto at = static_cast<std::size_t>(&view - all.instances.data());
  const auto macs = plan_virtual_macs(*all.settings);
  const auto address = [&](const auto& a) { return address_line(i, at, a, macs, set); };
  const auto words = [](const auto& r) { return words_line(r.words); };
  const auto name = [](const config::Track& t) { return t.name; };
  const auto script = [&](const config::Track& t) { return script_words(all, t.name); };
  add("vips", i.addresses, address);
  add("evips", i.excluded_addresses, address);
  add("vroutes", i.routes, words);
  add("vrules", i.rules, words);
  add("track_ifp", i.tracks->interfaces, name);
  add("track_script", i.tracks->scripts, script);
  add("track_file", i.tracks->files, name);
  add("track_process", i.tracks->processes, name);
  add("track_bfd", i.tracks->bfds, name);
}

Json data_of(const View& all, const InstanceView& view) {
  const config::Instance& i = *view.settings;
  const vrrp::Parameters& p = i.vrrp;
  Json data;
  data["iname"] = view.name;
  data["dont_track_primary"] = i.track_primary ? 0 : 1;
  data["skip_check_adv_addr"] = p.skip_check_adv_addr ? 1 : 0;
  data["strict_mode"] = i.strict ? 1 : 0;
  data["vmac_ifname"] = i.vmac ? i.vmac->name : "";
  data["ifp_ifname"] = i.interface;
  data["master_priority"] =
      view.pulse.state == vrrp::State::Backup ? view.pulse.master_priority : 0;
  data["last_transition"] = view.last ? unix_seconds(view.last->unix_ns) : 0.0;
  data["garp_delay"] = whole_seconds(p.garp_master_delay);
  data["garp_refresh"] = whole_seconds(p.garp_master_refresh);
  data["garp_rep"] = p.garp_master_repeat;
  data["garp_refresh_rep"] = p.garp_master_refresh_repeat;
  data["garp_lower_prio_delay"] = whole_seconds(p.garp_lower_delay);
  data["garp_lower_prio_rep"] = p.garp_lower_repeat;
  data["lower_prio_no_advert"] = p.lower_prio_no_advert ? 1 : 0;
  data["higher_prio_send_advert"] = p.higher_prio_send_advert ? 1 : 0;
  data["vrid"] = p.vrid.value;
  data["base_priority"] = p.base_priority.value;
  data["effective_priority"] = view.pulse.priority;
  data["vipset"] = view.pulse.has_addresses != 0;
  data["promote_secondaries"] = i.promote_secondaries;
  data["adver_int"] = seconds_number(p.advert_interval);
  const Duration learned(view.pulse.master_interval_ns);
  data["master_adver_int"] =
      seconds_number(learned > Duration::zero() ? learned : p.advert_interval);
  data["accept"] = i.accept ? 1 : 0;
  data["nopreempt"] = !p.preempt;
  data["preempt_delay"] = seconds_number(p.preempt_delay);
  data["state"] = number_of(view.pulse.state);
  data["wantstate"] = number_of(view.pulse.state);
  data["version"] = p.version;
  data["smtp_alert"] = i.smtp_alert;
  data["notify_deleted"] = i.notify_deleted;
  add_scripts(data, i);
  add_lists(data, all, view);
  // auth_data is left out: the file is read by exporters, and none needs the password.
  data["auth_type"] = static_cast<int>(p.auth_type);
  return data;
}

Json stats_of(const InstanceView& view) {
  const KeepalivedStats s = keepalived_stats(view.since_cleared);
  return {{"advert_rcvd", s.received},
          {"advert_sent", s.sent},
          {"become_master", s.became_master},
          {"release_master", s.released_master},
          {"packet_len_err", s.length},
          {"advert_interval_err", s.interval},
          {"ip_ttl_err", s.ttl},
          {"invalid_type_rcvd", s.invalid_type},
          {"addr_list_err", s.address_list},
          {"invalid_authtype", s.invalid_authentication},
          {"authtype_mismatch", s.authentication_mismatch},
          {"auth_failure", s.authentication_failure},
          {"pri_zero_rcvd", s.zero_received},
          {"pri_zero_sent", s.zero_sent}};
}

Json process_of(const config::TrackedProcess& process) {
  Json data;
  data["pname"] = process.name;
  data["process"] = process.process;
  data["weight"] = process.weight;
  data["weight_reverse"] = process.reverse;
  data["quorum"] = process.quorum;
  data["quorum_max"] = process.quorum_max;
  return Json{{"data", std::move(data)}};
}

}  // namespace

std::string json_text(const View& view, int version) {
  Json instances = Json::array();
  for (const InstanceView& instance : view.instances) {
    Json one;
    one["data"] = data_of(view, instance);
    one["stats"] = stats_of(instance);
    one["alibi"] = Json::parse(instance_json(view, instance));
    instances.push_back(std::move(one));
  }
  if (version < 2) return text_of(instances);
  Json processes = Json::array();
  for (const auto& process : view.settings->processes) processes.push_back(process_of(process));
  Json all;
  all["vrrp"] = std::move(instances);
  if (!processes.empty()) all["track_process"] = std::move(processes);
  return text_of(all);
}

}  // namespace alibi::daemon
