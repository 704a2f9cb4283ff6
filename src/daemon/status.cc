// SPDX-License-Identifier: Apache-2.0
// The status document.
#include "daemon/status.h"

#include <array>
#include <ctime>
#include <nlohmann/json.hpp>

#include "daemon/dump.h"

namespace alibi::daemon {
namespace {

using Json = nlohmann::ordered_json;

/// Names come from the configuration and may be no UTF-8: shown with replacement characters.
std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

double seconds_of(std::int64_t ns) { return static_cast<double>(ns) / 1e9; }

/// "2026-11-23T23:02:28.123Z"
std::string utc(std::int64_t unix_ns) {
  const std::time_t seconds = unix_ns / 1'000'000'000;
  std::tm t{};
  ::gmtime_r(&seconds, &t);
  std::array<char, 32> text{};
  const auto size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &t);
  const auto ms = std::to_string(1000 + unix_ns / 1'000'000 % 1000);
  return std::string(text.data(), size) + "." + ms.substr(1) + "Z";
}

Json nothing_if(bool nothing, Json value) { return nothing ? Json(nullptr) : std::move(value); }

Json last_transition(const InstanceView& view) {
  if (!view.last) return nullptr;
  const LastTransition& last = *view.last;
  return {{"at", utc(last.unix_ns)},      {"from", vrrp::text(last.from)},
          {"to", vrrp::text(last.to)},    {"reason", vrrp::text(last.reason)},
          {"detail", last.detail.view()}, {"priority", last.priority}};
}

Json trackers(const InstanceView& view) {
  Json list = Json::array();
  for (const TrackerView& t : view.trackers) {
    list.push_back({{"kind", t.kind},
                    {"name", t.name},
                    {"state", t.state},
                    {"detail", t.detail},
                    {"weight", t.weight},
                    {"reverse", t.reverse},
                    {"adds", t.adds},
                    {"faults", t.faults}});
  }
  return list;
}

Json rejects(const Counters& counters) {
  Json found = Json::object();
  for (std::size_t i = 0; i < counters.rejected.size(); ++i) {
    const auto name = vrrp::text(static_cast<vrrp::RejectCode>(i));
    if (counters.rejected[i] != 0) found[std::string(name)] = counters.rejected[i];
  }
  for (std::size_t i = 1; i < counters.defects.size(); ++i) {
    const auto name = wire::text(static_cast<wire::VrrpDefect>(i));
    if (counters.defects[i] != 0) found["defect: " + std::string(name)] = counters.defects[i];
  }
  return found;
}

Json counters_of(const Counters& c) {
  return {{"adverts_sent", c.sent},
          {"adverts_received", c.received},
          {"priority_zero_sent", c.zero_sent},
          {"priority_zero_received", c.zero_received},
          {"lower_priority_heard", c.lower_heard},
          {"send_failed", c.send_failed},
          {"transitions", c.transitions},
          {"became_master", c.became_master},
          {"released_master", c.released_master},
          {"rejected", rejects(c)}};
}

Json fence_of(const View& all, const InstanceView& view) {
  if (all.fence_mode == FenceMode::Off) return nullptr;
  Json fence;
  fence["mode"] = text(all.fence_mode);
  if (!view.fence || !view.fence->guarded) {
    fence["absent"] =
        all.fence_absent.empty() ? "lost with its interface: see the log" : all.fence_absent;
    return fence;
  }
  const FenceStatus& f = *view.fence;
  const bool closed = f.why != ALIBI_FENCE_OPEN;
  fence["closed"] = closed;
  fence["why"] = fence_reason_text(f.why);
  fence["closed_seconds"] = nothing_if(!closed || f.closed_since_ns == 0,
                                       seconds_of(all.now.ns - f.closed_since_ns));
  fence["closed_count"] = f.closed_count;
  fence["last_why"] = nothing_if(f.closed_count == 0, fence_reason_text(f.last_why));
  fence["foreign_adverts"] = f.foreign_adverts;
  fence["refused_adverts"] = f.refused_adverts;
  for (const auto way : {ALIBI_FENCE_IN, ALIBI_FENCE_OUT}) {
    Json& dropped = fence["dropped"][way == ALIBI_FENCE_IN ? "in" : "out"];
    for (const auto kind :
         {ALIBI_FENCE_ARP, ALIBI_FENCE_ND, ALIBI_FENCE_IPV4, ALIBI_FENCE_IPV6}) {
      dropped[std::string(fence_kind_text(kind))] = f.dropped[way][kind];
    }
  }
  return fence;
}

Json instance_of(const View& all, const InstanceView& view) {
  const config::Instance& i = *view.settings;
  const Pulse& pulse = view.pulse;
  Json addresses = Json::array();
  for (const auto& a : i.addresses) {
    addresses.push_back(a.address.text() + "/" + std::to_string(a.prefix_length));
  }
  for (const auto& a : i.excluded_addresses) {
    addresses.push_back(a.address.text() + "/" + std::to_string(a.prefix_length));
  }
  const bool master = pulse.state == vrrp::State::Master;
  Json one;
  one["name"] = view.name;
  one["group"] = nothing_if(view.group.empty(), view.group);
  one["interface"] = i.interface;
  one["virtual_router_id"] = i.vrrp.vrid.value;
  one["version"] = i.vrrp.version;
  one["state"] = vrrp::text(pulse.state);
  one["since"] = view.last ? Json(utc(view.last->unix_ns)) : Json(nullptr);
  one["state_seconds"] =
      view.last ? Json(seconds_of(all.now.ns - view.last->monotonic_ns)) : Json(nullptr);
  one["priority"] = {{"base", i.vrrp.base_priority.value}, {"effective", pulse.priority}};
  one["faults"] = fault_names(pulse.faults);
  one["source"] = nothing_if(pulse.source.is_unspecified(), pulse.source.text());
  const auto& master_address = master ? pulse.source : pulse.master;
  one["master"] = {{"address", nothing_if(master_address.is_unspecified(), master_address.text())},
                   {"priority", master ? pulse.priority : pulse.master_priority},
                   {"is_us", master}};
  one["last_transition"] = last_transition(view);
  one["addresses"] = std::move(addresses);
  one["addresses_set"] = pulse.has_addresses != 0;
  one["trackers"] = trackers(view);
  one["timers"] = {{"advert_interval", seconds_of(i.vrrp.advert_interval.count())},
                   {"master_down_interval", seconds_of(pulse.master_down_ns)},
                   {"next_in", nothing_if(pulse.next_timer_ns == kNever.ns,
                                          seconds_of(pulse.next_timer_ns - all.now.ns))}};
  one["counters"] = counters_of(view.counters);
  one["fence"] = fence_of(all, view);
  return one;
}

Json processes_of(const View& view) {
  Json list = Json::array();
  list.push_back({{"name", "supervisor"},
                  {"pid", view.supervisor_pid},
                  {"running", view.supervisor_pid != 0},
                  {"wanted", true},
                  {"restarts", 0},
                  {"started", nullptr}});
  for (const ProcessView& process : view.processes) {
    const auto& record = process.record;
    list.push_back({{"name", process.name},
                    {"pid", record.pid},
                    {"running", record.pid != 0},
                    {"wanted", process.wanted},
                    {"restarts", record.restarts},
                    {"started", nothing_if(record.pid == 0, utc(record.started_unix_ns))}});
  }
  return list;
}

Json queues_of(const View& view) {
  Json dropped = Json::object();
  for (std::size_t i = 0; i < kSenders; ++i) {
    dropped["from_" + std::string(name_of(static_cast<Sender>(i)))] = view.queue_drops[i];
  }
  Json done = Json::object();
  for (std::size_t i = 0; i < kWaysOut; ++i) {
    const std::string name(name_of(static_cast<WayOut>(i)));
    dropped[name] = view.outlet_drops[i];
    done[name] = view.outlet_done[i];
  }
  return {{"dropped", std::move(dropped)}, {"done", std::move(done)}};
}

}  // namespace

std::string instance_json(const View& view, const InstanceView& instance) {
  return text_of(instance_of(view, instance));
}

std::string status_json(const View& view) {
  Json all;
  all["version"] = kStatusVersion;
  all["at"] = utc(view.unix_ns);
  all["router_id"] = view.settings->global.router_id;
  all["configuration"] = view.options->file;
  Json instances = Json::array();
  for (const InstanceView& one : view.instances) instances.push_back(instance_of(view, one));
  all["instances"] = std::move(instances);
  Json groups = Json::array();
  for (const GroupView& group : view.groups) {
    Json members = Json::array();
    for (const std::size_t member : group.settings->members) {
      if (member < view.instances.size()) members.push_back(view.instances[member].name);
    }
    groups.push_back({{"name", group.settings->name},
                      {"state", vrrp::text(group.state)},
                      {"members", std::move(members)}});
  }
  all["groups"] = std::move(groups);
  all["keeper"] = {{"packets", view.keeper.packets},
                   {"malformed", view.keeper.malformed},
                   {"unknown_vrid", view.keeper.unknown_vrid},
                   {"late_timers", view.keeper.late_timers},
                   {"worst_late_seconds", seconds_of(view.keeper.worst_late_ns)}};
  all["processes"] = processes_of(view);
  all["queues"] = queues_of(view);
  return text_of(all);
}

std::string answer(const View& view, std::string_view request) {
  const auto refuse = [](const std::string& why) {
    return text_of({{"version", kStatusVersion}, {"error", why}});
  };
  const Json asked = Json::parse(request, nullptr, false);
  if (!asked.is_object()) return refuse("ask with one JSON object in a line");
  const auto version = asked.find("version");
  if (version != asked.end() && *version != Json(kStatusVersion)) {
    return refuse("only version " + std::to_string(kStatusVersion) + " is spoken here");
  }
  const auto get = asked.find("get");
  if (get != asked.end() && *get == Json("status")) return status_json(view);
  if (get != asked.end() && *get == Json("metrics")) return metrics_text(view);
  return refuse(R"(ask for "get": "status" or "get": "metrics")");
}

}  // namespace alibi::daemon
