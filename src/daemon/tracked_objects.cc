// SPDX-License-Identifier: Apache-2.0
// Numbering the tracked objects, and joining instances and groups to them.
#include "daemon/tracked_objects.h"

#include <algorithm>

namespace alibi::daemon {
namespace {

/// The object's own weight, which a track line may override.
Binding own_weight(const config::Settings& settings, const TrackedObject& object) {
  switch (object.kind) {
    case TrackKind::Script:
      return {0, settings.scripts[object.index].weight, settings.scripts[object.index].reverse};
    case TrackKind::File:
      return {0, settings.files[object.index].weight, settings.files[object.index].reverse};
    case TrackKind::Process:
      return {0, settings.processes[object.index].weight, settings.processes[object.index].reverse};
    case TrackKind::Bfd:
      return {0, settings.bfds[object.index].weight, settings.bfds[object.index].reverse};
    case TrackKind::Interface:
      break;
  }
  return {};
}

}  // namespace

std::string_view text(TrackKind kind) {
  switch (kind) {
    case TrackKind::Script:
      return "script";
    case TrackKind::File:
      return "file";
    case TrackKind::Process:
      return "process";
    case TrackKind::Bfd:
      return "BFD session";
    case TrackKind::Interface:
      return "interface";
  }
  return "?";
}

TrackedObjects::TrackedObjects(const config::Settings& settings) {
  const auto add_all = [this](TrackKind kind, const auto& list) {
    for (std::size_t i = 0; i < list.size(); ++i) add(kind, i, list[i].name);
  };
  add_all(TrackKind::Script, settings.scripts);
  add_all(TrackKind::File, settings.files);
  add_all(TrackKind::Process, settings.processes);
  add_all(TrackKind::Bfd, settings.bfds);
  for (const auto& instance : settings.instances) add_interfaces(instance.tracks);
  for (const auto& group : settings.groups) add_interfaces(group.tracks);
  bindings_.resize(settings.instances.size());
  dependents_.resize(objects_.size());
  for (std::size_t i = 0; i < settings.instances.size(); ++i) bind(settings, i);
}

void TrackedObjects::add(TrackKind kind, std::size_t index, const std::string& name) {
  objects_.push_back({kind, index, name, false});
}

void TrackedObjects::add_interfaces(const config::Tracks& tracks) {
  for (const auto& track : tracks.interfaces) {
    if (!find(TrackKind::Interface, track.name)) add(TrackKind::Interface, 0, track.name);
  }
}

std::optional<std::size_t> TrackedObjects::find(TrackKind kind, std::string_view name) const {
  const auto found = std::find_if(objects_.begin(), objects_.end(), [&](const auto& object) {
    return object.kind == kind && object.name == name;
  });
  if (found == objects_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - objects_.begin());
}

bool TrackedObjects::need_tracker() const {
  return std::any_of(objects_.begin(), objects_.end(), [](const TrackedObject& object) {
    return object.used && object.kind != TrackKind::Interface;
  });
}

std::vector<std::string> TrackedObjects::interfaces() const {
  std::vector<std::string> names;
  for (const auto& object : objects_) {
    if (object.kind == TrackKind::Interface) names.push_back(object.name);
  }
  return names;
}

void TrackedObjects::bind(const config::Settings& settings, std::size_t instance) {
  bool weights_count = true;
  for (const auto& group : settings.groups) {
    const bool member =
        std::find(group.members.begin(), group.members.end(), instance) != group.members.end();
    if (!member) continue;
    weights_count = weights_count && group.tracking_weight;
    bind_all(settings, group.tracks, instance, group.tracking_weight);
  }
  bind_all(settings, settings.instances[instance].tracks, instance, weights_count);
}

void TrackedObjects::bind_all(const config::Settings& settings, const config::Tracks& tracks,
                              std::size_t instance, bool weights_count) {
  const auto each = [&](TrackKind kind, const std::vector<config::Track>& list) {
    for (const auto& track : list) bind_one(settings, kind, track, instance, weights_count);
  };
  each(TrackKind::Script, tracks.scripts);
  each(TrackKind::File, tracks.files);
  each(TrackKind::Process, tracks.processes);
  each(TrackKind::Bfd, tracks.bfds);
  each(TrackKind::Interface, tracks.interfaces);
}

void TrackedObjects::bind_one(const config::Settings& settings, TrackKind kind,
                              const config::Track& track, std::size_t instance,
                              bool weights_count) {
  const auto object = find(kind, track.name);
  if (!object) return;  // the parser has said so
  Binding binding = own_weight(settings, objects_[*object]);
  binding.object = *object;
  binding.weight = track.weight.value_or(binding.weight);
  binding.reverse = track.reverse.value_or(binding.reverse);
  if (binding.weight != 0 && !weights_count) {
    remarks_.push_back("(" + settings.instances[instance].vrrp.name + ") ignoring tracked " +
                       std::string(text(kind)) + " " + track.name +
                       ": weights do not count in a sync group (weight 0 does, and all do with "
                       "sync_group_tracking_weight)");
    return;
  }
  auto& bindings = bindings_[instance];
  const bool twice = std::any_of(bindings.begin(), bindings.end(),
                                 [&](const Binding& b) { return b.object == *object; });
  if (twice) return;
  bindings.push_back(binding);
  objects_[*object].used = true;
  dependents_[*object].push_back(instance);
}

}  // namespace alibi::daemon
