// SPDX-License-Identifier: Apache-2.0
// Lanes that open once an interval, and a flag an address: an address is queued once or not at all.
#include "daemon/pacer.h"

#include <algorithm>

namespace alibi::daemon {
namespace {

const config::GarpGroup* group_of(const config::Settings& settings, const std::string& interface,
                                  const std::string& base) {
  for (const auto& group : settings.garp_groups) {
    for (const auto& name : group.interfaces) {
      if (name == interface || name == base) return &group;
    }
  }
  return nullptr;
}

}  // namespace

std::size_t Pacer::lane_for(const std::string& interface, const std::string& base, bool neighbour) {
  const auto* group = group_of(settings_, interface, base);
  // A blank cannot be in an interface's name: groups and interfaces never meet.
  const std::string name = group != nullptr
                               ? "group " + std::to_string(group - settings_.garp_groups.data())
                               : interface;
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    if (lanes_[i].name == name && lanes_[i].neighbour == neighbour) return i;
  }
  const auto& global = settings_.global;
  Lane lane{name, neighbour, neighbour ? global.gna_interval : global.garp_interval, {}};
  if (group != nullptr) {
    lane.interval = (neighbour ? group->gna_interval : group->garp_interval).value_or(Duration{});
  }
  paced_ |= lane.interval > Duration{};
  lanes_.push_back(std::move(lane));
  return lanes_.size() - 1;
}

void Pacer::add(std::size_t instance, std::size_t address, const std::string& interface,
                const std::string& base, wire::Family family) {
  while (first_.size() <= instance) first_.push_back(entries_.size());
  entries_.push_back(
      {instance, address, lane_for(interface, base, family == wire::Family::V6), false});
}

int Pacer::ask(std::size_t instance, std::size_t address, int repeat, Instant now) {
  if (!paced_) return repeat;
  Entry& entry = entries_[first_[instance] + address];
  Lane& lane = lanes_[entry.lane];
  if (lane.interval <= Duration{}) return repeat;
  int leave = 0;
  if (lane.open <= now) {
    lane.open = now + lane.interval;
    leave = 1;
  }
  if (repeat > leave && !entry.queued) {
    entry.queued = true;
    ++queued_;
  }
  return leave;
}

std::optional<Pacer::Due> Pacer::due(Instant now) {
  for (std::size_t i = 0; queued_ > 0 && i < entries_.size(); ++i) {
    const std::size_t at = (turn_ + i) % entries_.size();
    Entry& entry = entries_[at];
    Lane& lane = lanes_[entry.lane];
    if (!entry.queued || lane.open > now) continue;
    entry.queued = false;
    --queued_;
    // From now, not from when it was due: a late keeper does not make up for it in a burst.
    lane.open = now + lane.interval;
    turn_ = at + 1;
    return Due{entry.instance, entry.address};
  }
  return std::nullopt;
}

Instant Pacer::next() const {
  Instant earliest = kNever;
  if (queued_ == 0) return earliest;
  for (const Entry& entry : entries_) {
    if (entry.queued) earliest = std::min(earliest, lanes_[entry.lane].open);
  }
  return earliest;
}

void Pacer::forget(std::size_t instance) {
  if (queued_ == 0) return;
  for (Entry& entry : entries_) {
    if (entry.instance != instance || !entry.queued) continue;
    entry.queued = false;
    --queued_;
  }
}

}  // namespace alibi::daemon
