// SPDX-License-Identifier: Apache-2.0
// Reading the shared page, record by record.
#include "daemon/view.h"

#include <unistd.h>

#include <algorithm>
#include <bit>

#include "daemon/tracking.h"
#include "os/process.h"

namespace alibi::daemon {
namespace {

std::string_view kind_word(TrackKind kind) { return kind == TrackKind::Bfd ? "bfd" : text(kind); }

std::string_view state_word(TrackHealth health) {
  switch (health) {
    case TrackHealth::Unknown:
      return "unknown";
    case TrackHealth::Up:
      return "up";
    case TrackHealth::Down:
      return "down";
    case TrackHealth::Disabled:
      return "disabled";
  }
  return "unknown";
}

std::string detail_of(const TrackedObject& object, const TrackState& state) {
  if (state.health == TrackHealth::Unknown) return "";
  switch (object.kind) {
    case TrackKind::Script:
      if (state.health == TrackHealth::Disabled) return std::string(state.why.view());
      return state.timed_out != 0 ? "timed out" : os::exit_text(state.status);
    case TrackKind::File:
      return "value " + std::to_string(state.value);
    case TrackKind::Process:
      return std::to_string(state.value) + " running";
    default:
      return std::string(state.why.view());
  }
}

TrackerView tracker_view(const Binding& binding, const TrackedObject& object,
                         const TrackState& state) {
  TrackerView view{std::string(kind_word(object.kind)),
                   object.name,
                   binding.weight,
                   binding.reverse,
                   std::string(state_word(state.health)),
                   detail_of(object, state),
                   0,
                   false};
  if (!counts(state)) return view;
  const auto seen = as_seen(binding, object, state);
  view.adds = track::contribution(seen);
  view.faults = track::forbids(seen);
  return view;
}

void look_at_instances(const config::Settings& settings, const SharedPage& page, View& view) {
  const TrackedObjects objects(settings);
  for (std::size_t i = 0; i < settings.instances.size(); ++i) {
    const auto& shared = page.instance(i);
    InstanceView instance;
    instance.settings = &settings.instances[i];
    instance.name = settings.instances[i].vrrp.name;
    if (const auto pulse = shared.pulse.read()) {
      instance.pulse = *pulse;
      instance.alive = true;
    } else {
      instance.pulse.priority = settings.instances[i].vrrp.base_priority.value;
      instance.pulse.next_timer_ns = kNever.ns;
    }
    // The last will of a dead keeper is written there alone.
    instance.pulse.state = static_cast<vrrp::State>(shared.state.load());
    instance.pulse.has_addresses = shared.has_addresses.load();
    instance.counters = page.counters(i);
    instance.since_cleared =
        minus(instance.counters, page.rare(i).cleared.read().value_or(Counters{}));
    instance.last = shared.last.read();
    for (const Binding& binding : objects.bindings(i)) {
      instance.trackers.push_back(
          tracker_view(binding, objects[binding.object], page.tracked(binding.object)));
    }
    view.instances.push_back(std::move(instance));
  }
}

void look_at_groups(const config::Settings& settings, View& view) {
  for (const config::SyncGroup& group : settings.groups) {
    std::vector<vrrp::State> states;
    for (const std::size_t member : group.members) {
      if (member >= view.instances.size()) continue;
      view.instances[member].group = group.name;
      states.push_back(view.instances[member].pulse.state);
    }
    view.groups.push_back({&group, group_state(states)});
  }
}

}  // namespace

void look_at_fence(const SharedFence& fence, View& view) {
  view.fence_mode = fence.mode;
  view.fence_absent = fence.absent;
  for (std::size_t i = 0; i < view.instances.size(); ++i) {
    view.instances[i].fence = fence_status(fence, i, view.now.ns);
  }
}

vrrp::State group_state(const std::vector<vrrp::State>& members) {
  const auto all = [&](auto&& is) { return std::all_of(members.begin(), members.end(), is); };
  using vrrp::State;
  if (all([](State s) { return s == State::Init; })) return State::Init;
  if (all([](State s) { return s == State::Init || s == State::Fault; })) return State::Fault;
  return all([](State s) { return s == State::Master; }) ? State::Master : State::Backup;
}

Counters minus(const Counters& a, const Counters& b) {
  // All members are 64-bit counters: subtracted as the array of them that they are.
  constexpr std::size_t kCount = sizeof(Counters) / sizeof(std::uint64_t);
  using Words = std::array<std::uint64_t, kCount>;
  static_assert(sizeof(Words) == sizeof(Counters));
  auto words = std::bit_cast<Words>(a);
  const auto before = std::bit_cast<Words>(b);
  for (std::size_t i = 0; i < kCount; ++i) words[i] -= std::min(words[i], before[i]);
  return std::bit_cast<Counters>(words);
}

std::string_view name_of(Sender sender) {
  static constexpr std::array<std::string_view, kSenders> kNames{"supervisor", "keeper", "tracker",
                                                                 "recorder"};
  return kNames.at(static_cast<std::size_t>(sender));
}

std::string_view name_of(WayOut outlet) {
  static constexpr std::array<std::string_view, kWaysOut> kNames{"log",  "mail", "notify",
                                                                 "fifo", "dump", "status"};
  return kNames.at(static_cast<std::size_t>(outlet));
}

std::vector<std::string> fault_names(std::uint32_t faults) {
  std::vector<std::string> names;
  for (unsigned bit = 0; bit < 32; ++bit) {
    if ((faults >> bit & 1U) == 0) continue;
    names.emplace_back(vrrp::text(static_cast<vrrp::ReasonCode>(bit)));
  }
  return names;
}

View look(const config::Settings& settings, const RunOptions& options, const SharedPage& page,
          Instant now, std::int64_t unix_ns) {
  View view;
  view.settings = &settings;
  view.options = &options;
  view.now = now;
  view.unix_ns = unix_ns;
  view.supervisor_pid = page.household().supervisor_pid.load();
  look_at_instances(settings, page, view);
  look_at_groups(settings, view);
  static constexpr std::array<std::string_view, kProcessRoles> kNames{"teller", "keeper", "tracker",
                                                                      "recorder"};
  const std::array<bool, kProcessRoles> wanted{true, true, TrackedObjects(settings).need_tracker(),
                                               options.record};
  for (std::size_t i = 0; i < kProcessRoles; ++i) {
    view.processes.push_back({std::string(kNames[i]), wanted[i],
                              page.household().processes[i].read().value_or(ProcessRecord{})});
  }
  view.keeper = page.household().keeper.read().value_or(KeeperRecord{});
  for (std::size_t i = 0; i < kSenders; ++i) {
    view.queue_drops[i] = page.dropped(static_cast<Sender>(i)).load();
  }
  for (std::size_t i = 0; i < kWaysOut; ++i) {
    view.outlet_drops[i] = page.household().outlet_drops[i].load();
    view.outlet_done[i] = page.household().outlet_done[i].load();
  }
  return view;
}

}  // namespace alibi::daemon
