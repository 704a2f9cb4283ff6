// SPDX-License-Identifier: Apache-2.0
// vrrp_sync_group: its members found, each in one group only.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "config/complete.h"

namespace alibi::config {
namespace {

// Names of instances to their index, and to the group that has them.
struct Members {
  std::map<std::string_view, std::size_t> index;
  std::map<std::size_t, std::string> taken;
};

void find_members(Context& context, const GroupDraft& draft, Members& members, SyncGroup& group) {
  for (const auto& [name, at] : draft.members) {
    const auto found = members.index.find(name);
    if (found == members.index.end()) {
      std::vector<std::string_view> names;
      if (!context.crowded()) {
        for (const auto& instance : members.index) names.push_back(instance.first);
      }
      context.say(Severity::Warning, at,
                  fmt::format("no vrrp_instance is called '{}'; group {} goes without it", name,
                              group.name),
                  context.nearest_of(name, names));
      continue;
    }
    const auto [other, first] = members.taken.emplace(found->second, group.name);
    if (!first) {
      context.say(Severity::Error, at,
                  fmt::format("vrrp_instance {} is in group {} already; an instance belongs to one "
                              "group",
                              name, other->second));
      continue;
    }
    group.members.push_back(found->second);
  }
}

// Weights of one member would pull it away from the others, so keepalived ignores what it tracks
// with one; what the group tracks counts for every member.
class OwnWeights {
 public:
  OwnWeights(Context& context, const SyncGroup& group) : context_(context), group_(group) {}

  template <typename T>
  void drop(const Instance& instance, std::vector<Track>& tracks, const std::vector<T>& objects) {
    std::erase_if(tracks, [&](const Track& track) {
      const auto object = std::find_if(objects.begin(), objects.end(),
                                       [&](const T& o) { return o.name == track.name; });
      const int own = object == objects.end() ? 0 : object->weight;
      if (track.weight.value_or(own) == 0) return false;
      context_.say_at(
          Severity::Warning, track.place,
          fmt::format("{} is tracked with a weight by {}, which is in group {}: it is ignored; "
                      "track it in the group, or write sync_group_tracking_weight there",
                      track.name, instance.vrrp.name, group_.name));
      return true;
    });
  }

 private:
  Context& context_;
  const SyncGroup& group_;
};

void drop_own_weights(Context& context, const SyncGroup& group, Settings& settings) {
  if (group.tracking_weight) return;
  OwnWeights own(context, group);
  const std::vector<Script> none;  // an interface has no weight of its own
  for (const std::size_t member : group.members) {
    Instance& instance = settings.instances[member];
    Tracks tracks = instance.tracks;
    own.drop(instance, tracks.scripts, settings.scripts);
    own.drop(instance, tracks.files, settings.files);
    own.drop(instance, tracks.processes, settings.processes);
    own.drop(instance, tracks.bfds, settings.bfds);
    own.drop(instance, tracks.interfaces, none);
    instance.tracks = std::move(tracks);
  }
}

}  // namespace

void complete_groups(Context& context, Settings& settings) {
  Members members;
  for (std::size_t i = 0; i < settings.instances.size(); ++i) {
    members.index.emplace(settings.instances[i].vrrp.name, i);
  }
  for (GroupDraft& draft : context.draft.groups) {
    SyncGroup group = draft.group;
    find_members(context, draft, members, group);
    if (group.members.empty()) {
      context.say(Severity::Error, draft.at,
                  fmt::format("vrrp_sync_group {} has no instance; it is left out", group.name));
      continue;
    }
    if (group.members.size() == 1) {
      context.warn(draft.at, fmt::format("vrrp_sync_group {} has one instance only: there is "
                                         "nothing to keep together",
                                         group.name));
    }
    join_tracks(context, draft.tracks, settings, group.tracks);
    for (const std::size_t member : group.members) settings.instances[member].vrrp.in_group = true;
    drop_own_weights(context, group, settings);
    const auto& defaults = context.draft.global;
    const auto& alert = defaults.smtp_alert ? defaults.smtp_alert : context.draft.smtp_alert_all;
    group.smtp_alert = draft.smtp_alert.value_or(alert.value_or(false));
    group.notify_priority_changes =
        draft.notify_priority_changes.value_or(defaults.notify_priority_changes.value_or(false));
    settings.groups.push_back(std::move(group));
  }
}

}  // namespace alibi::config
