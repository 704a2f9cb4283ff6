// SPDX-License-Identifier: Apache-2.0
// Scripts, the joins between blocks, and what the whole needs.
#include "config/complete.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

namespace alibi::config {
namespace {

std::vector<Script> complete_scripts(Context& context) {
  std::vector<Script> scripts;
  for (ScriptDraft& draft : context.draft.scripts) {
    if (draft.script.command.empty() && !draft.broken) {
      draft.broken = true;
      context.say(
          Severity::Error, draft.at,
          fmt::format("vrrp_script {} has no script line; it is left out", draft.script.name));
    }
    if (draft.broken) continue;
    if (draft.script.timeout == Duration(0)) draft.script.timeout = draft.script.interval;
    scripts.push_back(draft.script);
  }
  return scripts;
}

// keepalived does not start with two instances that would hear each other's adverts as their own.
void find_duplicate_routers(Context& context) {
  const auto& all = context.draft.instances;
  using Router =
      std::tuple<std::string, wire::Family, std::uint8_t, bool, std::optional<wire::IpAddress>>;
  std::map<Router, const InstanceDraft*> seen;
  for (const InstanceDraft& draft : all) {
    const auto& instance = draft.instance;
    if (!draft.vrid || instance.interface.empty()) continue;
    const auto& vrrp = instance.vrrp;
    const auto source = vrrp.unicast ? instance.source : std::nullopt;
    const auto [it, first] = seen.emplace(
        Router{instance.interface, vrrp.family, vrrp.vrid.value, vrrp.unicast, source}, &draft);
    if (!first) {
      context.fatal(draft.vrid->at,
                    fmt::format("vrrp_instance {} (line {}) has virtual_router_id {} on {}, too; "
                                "give one of them another, on all its routers",
                                it->second->instance.vrrp.name, context.place(it->second->at).line,
                                vrrp.vrid.value, instance.interface));
    }
  }
}

void check_mail(Context& context, const Settings& settings) {
  const auto wants = std::find_if(settings.instances.begin(), settings.instances.end(),
                                  [](const Instance& i) { return i.smtp_alert; });
  if (wants == settings.instances.end()) return;
  const bool nobody = settings.global.mail.to.empty();
  if (!nobody && !settings.global.mail.server_host.empty()) return;
  const auto& drafts = context.draft.instances;
  const auto index = static_cast<std::size_t>(wants - settings.instances.begin());
  context.say(Severity::Notice, drafts[index].at,
              fmt::format("smtp_alert is on, but global_defs has no {}: no mail is sent",
                          nobody ? "notification_email" : "smtp_server"));
}

}  // namespace

Settings complete(Context& context) {
  Settings settings = context.draft.settings;
  settings.scripts = complete_scripts(context);
  complete_tracked(context, settings);
  for (InstanceDraft& draft : context.draft.instances) {
    complete_instance(context, draft);
    Tracks tracks;
    join_tracks(context, draft.tracks, settings, tracks);
    draft.instance.tracks = std::move(tracks);
    settings.instances.push_back(draft.instance);
  }
  complete_groups(context, settings);
  find_duplicate_routers(context);
  check_mail(context, settings);
  const bool anything = !settings.instances.empty() || !settings.static_addresses.empty() ||
                        !settings.static_routes.empty() || !settings.static_rules.empty();
  if (!anything) {
    context.say(Severity::Notice, {UINT32_MAX, 0},
                "there is no vrrp_instance: alibi has nothing to keep");
  }
  return settings;
}

}  // namespace alibi::config
