// SPDX-License-Identifier: Apache-2.0
// Lines of track_* joined with what they name.
#include "daemon/configured_routers.h"

#include <algorithm>
#include <set>

#include "config/dump.h"
#include "daemon/virtual_macs.h"

namespace alibi::daemon {
namespace {

using evidence::TrackedObject;

template <typename T>
const T* find(const std::vector<T>& objects, const std::string& name) {
  const auto found = std::find_if(objects.begin(), objects.end(),
                                  [&](const T& object) { return object.name == name; });
  return found == objects.end() ? nullptr : &*found;
}

/// Lines that name `objects`; `say` is what such an object is.
template <typename T, typename Say>
void join(const std::vector<config::Track>& lines, const std::vector<T>& objects,
          TrackedObject::Kind kind, Say say, std::vector<TrackedObject>& out) {
  for (const config::Track& line : lines) {
    const T* object = find(objects, line.name);
    if (object == nullptr) continue;
    out.push_back({kind, line.name, say(*object), line.weight.value_or(object->weight),
                   line.reverse.value_or(object->reverse)});
  }
}

std::string words(const std::vector<std::string>& all) {
  std::string text;
  for (const std::string& word : all) text += (text.empty() ? "" : " ") + word;
  return text;
}

void add(const config::Tracks& tracks, const config::Settings& settings,
         std::vector<TrackedObject>& out) {
  using Kind = TrackedObject::Kind;
  for (const config::Track& line : tracks.interfaces)
    out.push_back(
        {Kind::Interface, line.name, {}, line.weight.value_or(0), line.reverse.value_or(false)});
  join(
      tracks.scripts, settings.scripts, Kind::Script,
      [](const config::Script& script) { return words(script.command); }, out);
  join(
      tracks.files, settings.files, Kind::File,
      [](const config::TrackedFile& file) { return file.path; }, out);
  join(
      tracks.processes, settings.processes, Kind::Process,
      [](const config::TrackedProcess& process) { return process.process; }, out);
  join(
      tracks.bfds, settings.bfds, Kind::Bfd,
      [](const config::Bfd& bfd) { return bfd.neighbor.text(); }, out);
}

/// Interfaces other than the instance's own that its addresses and routes are on.
std::vector<std::string> address_links(const config::Instance& instance) {
  std::set<std::string> names;
  for (const auto* list : {&instance.addresses, &*instance.excluded_addresses})
    for (const config::VirtualAddress& address : *list) names.insert(address.interface);
  for (const config::Route& route : instance.routes) {
    names.insert(route.interface);
    for (const config::NextHop& hop : route.next_hops) names.insert(hop.interface);
  }
  names.erase("");
  names.erase(instance.interface);
  return {names.begin(), names.end()};
}

template <typename T>
void keep_named(const std::vector<config::Track>& lines, const std::vector<T>& from,
                std::vector<T>& to) {
  for (const T& object : from) {
    const bool named = std::any_of(lines.begin(), lines.end(), [&](const config::Track& line) {
      return line.name == object.name;
    });
    if (named && find(to, object.name) == nullptr) to.push_back(object);
  }
}

/// The settings without what concerns other routers only.
std::string text_of(const config::Settings& all, std::size_t index,
                    const config::SyncGroup* group) {
  config::Settings own;
  own.global = all.global;
  own.up_down_delays = all.up_down_delays;
  own.garp_groups = all.garp_groups;
  own.instances.push_back(all.instances[index]);
  const auto keep = [&](const config::Tracks& tracks) {
    keep_named(tracks.scripts, all.scripts, own.scripts);
    keep_named(tracks.files, all.files, own.files);
    keep_named(tracks.processes, all.processes, own.processes);
    keep_named(tracks.bfds, all.bfds, own.bfds);
  };
  keep(*all.instances[index].tracks);
  std::string members;
  if (group != nullptr) {
    keep(group->tracks);
    own.groups.push_back(*group);
    own.groups.back().members = {0};
    for (const std::size_t member : group->members)
      members += "\n" + all.instances[member].vrrp.name;
  }
  return config::dump(own) + members;
}

}  // namespace

ConfiguredRouters configured_routers(const config::Settings& settings) {
  ConfiguredRouters out;
  const auto macs = plan_virtual_macs(settings);
  std::vector<const config::SyncGroup*> groups(settings.instances.size(), nullptr);
  for (const config::SyncGroup& group : settings.groups)
    for (const std::size_t member : group.members)
      if (member < groups.size()) groups[member] = &group;
  for (std::size_t i = 0; i < settings.instances.size(); ++i) {
    const config::Instance& instance = settings.instances[i];
    evidence::ConfiguredRouter router;
    router.instance = instance.vrrp.name;
    router.vrid = instance.vrrp.vrid.value;
    router.family = instance.vrrp.family == wire::Family::V4 ? 4 : 6;
    router.interface = instance.interface;
    router.track_primary = instance.track_primary;
    if (const auto* mac = own_virtual_mac(macs, i)) router.virtual_mac_link = mac->name;
    router.address_links = address_links(instance);
    router.priority = instance.vrrp.base_priority.value;
    add(*instance.tracks, settings, router.tracks);
    if (groups[i] != nullptr) {
      router.sync_group = groups[i]->name;
      add(groups[i]->tracks, settings, router.tracks);
    }
    out.routers.push_back(std::move(router));
    out.settings.push_back(text_of(settings, i, groups[i]));
  }
  return out;
}

}  // namespace alibi::daemon
