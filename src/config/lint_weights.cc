// SPDX-License-Identifier: Apache-2.0
// Can the pair fail over at all? The range of priorities that an instance's tracks give it, against
// that of the peer, and the other things in which two files must agree.
#include <fmt/format.h>

#include <algorithm>

#include "config/lint_rules.h"

namespace alibi::config {
namespace {

// Priorities with everything well and with everything failed, before they are held to 1..254.
struct Range {
  int healthy = 0;
  int failed = 0;
  bool fault = false;  ///< a track of weight 0: its failure is a FAULT, which always hands over
  bool weighted = false;
};

class Weigher {
 public:
  Weigher(const Settings& settings, const Instance& instance)
      : out_{instance.vrrp.base_priority.value, instance.vrrp.base_priority.value} {
    add(instance.tracks->scripts, settings.scripts);
    add(instance.tracks->processes, settings.processes);
    add(instance.tracks->bfds, settings.bfds);
    add(instance.tracks->interfaces, std::vector<Script>{});
    for (const SyncGroup& group : settings.groups) {
      for (const std::size_t member : group.members) {
        if (&settings.instances[member] != &instance) continue;
        add(group.tracks.scripts, settings.scripts);
        add(group.tracks.processes, settings.processes);
        add(group.tracks.interfaces, std::vector<Script>{});
      }
    }
  }
  Range range() const { return out_; }

 private:
  template <typename T>
  void add(const std::vector<Track>& tracks, const std::vector<T>& objects) {
    for (const Track& track : tracks) {
      const auto object = std::find_if(objects.begin(), objects.end(),
                                       [&](const T& o) { return o.name == track.name; });
      const int own = object == objects.end() ? 0 : object->weight;
      int weight = track.weight.value_or(own);
      if (weight == 0) {
        out_.fault = true;
        continue;
      }
      out_.weighted = true;
      // A positive weight is added while it is well, a negative one while it is not; reverse swaps.
      const bool reverse = track.reverse.value_or(false);
      if (reverse) weight = -weight;
      const bool while_well = (weight > 0) != reverse;
      (while_well ? out_.healthy : out_.failed) += weight;
    }
  }

  Range out_;
};

int held(int priority) { return std::clamp(priority, 1, 254); }

const Instance* partner(const Settings& peer, const Instance& instance) {
  for (const Instance& other : peer.instances) {
    if (other.vrrp.vrid == instance.vrrp.vrid && other.vrrp.family == instance.vrrp.family &&
        other.vrrp.name == instance.vrrp.name) {
      return &other;
    }
  }
  for (const Instance& other : peer.instances) {
    if (other.vrrp.vrid == instance.vrrp.vrid && other.vrrp.family == instance.vrrp.family) {
      return &other;
    }
  }
  return nullptr;
}

void with_peer(const Instance& mine, const Range& range, const Settings& peer,
               const Instance& other, Findings& findings) {
  const Range theirs = Weigher(peer, other).range();
  const bool higher = held(range.healthy) > held(theirs.healthy);
  const Range& upper = higher ? range : theirs;
  const Range& lower = higher ? theirs : range;
  if (!upper.weighted || upper.fault) return;
  if (held(upper.failed) < held(lower.healthy)) return;
  findings.add_at(
      "weights-cannot-flip", mine.place,
      fmt::format("with every check of {} failed, the better router still has priority {}, and the "
                  "healthy peer has {}: it would never take over",
                  mine.vrrp.name, held(upper.failed), held(lower.healthy)));
}

void mismatch(const Instance& mine, const std::string& what, Findings& findings) {
  findings.add_at("peer-mismatch", mine.place,
                  fmt::format("{} and its peer do not agree: {}", mine.vrrp.name, what));
}

void compare(const Instance& mine, const Instance& other, Findings& findings) {
  const auto& a = mine.vrrp;
  const auto& b = other.vrrp;
  if (a.version != b.version) {
    mismatch(mine,
             fmt::format("version {} and {}; each drops the other's adverts", a.version, b.version),
             findings);
  } else if (a.version == 2 && a.advert_interval != b.advert_interval) {
    mismatch(mine,
             fmt::format("advert_int {} and {} s; version 2 drops the other's adverts",
                         a.advert_interval / 1s, b.advert_interval / 1s),
             findings);
  }
  if (a.auth_type != b.auth_type || a.auth_data != b.auth_data) {
    mismatch(mine, "the authentication; both would be master", findings);
  }
  auto first = a.addresses;
  auto second = b.addresses;
  std::sort(first.begin(), first.end());
  std::sort(second.begin(), second.end());
  if (first != second) {
    mismatch(mine, "the addresses; keepalived up to 2.3.2 drops the other's adverts", findings);
  }
  if (a.unicast != b.unicast) {
    mismatch(mine, "one speaks unicast, the other multicast", findings);
  }
  if (a.base_priority == b.base_priority) {
    findings.add_at("priority-tie", mine.place,
                    fmt::format("{} has priority {} on both routers: the higher address wins, "
                                "whichever that is",
                                a.name, a.base_priority.value));
  }
}

}  // namespace

void lint_weights(const LintInput& input, Findings& findings) {
  for (const Instance& instance : input.settings.instances) {
    const Range range = Weigher(input.settings, instance).range();
    if (!range.weighted) continue;
    const auto& name = instance.vrrp.name;
    if (instance.vrrp.base_priority.value == 255) {
      findings.add_at("weights-on-owner", instance.place,
                      fmt::format("{} has priority 255: its tracked weights change nothing", name));
      continue;
    }
    if (range.healthy > 254 || range.failed < 1) {
      findings.add_at(
          "weights-clamped", instance.place,
          fmt::format("the priority of {} would go from {} to {}: it is held to 1 to 254, "
                      "so that part of the weights is lost",
                      name, range.healthy, range.failed));
    }
    if (input.peer == nullptr && !range.fault) {
      findings.add_at(
          "weights-need-peer", instance.place,
          fmt::format(
              "{} has priority {} while its checks pass and {} when they all fail: it hands "
              "over only to a peer that has more than {} then, and less than {} before",
              name, held(range.healthy), held(range.failed), held(range.failed),
              held(range.healthy)));
    }
    const Instance* other = input.peer == nullptr ? nullptr : partner(*input.peer, instance);
    if (other != nullptr) with_peer(instance, range, *input.peer, *other, findings);
  }
  for (const SyncGroup& group : input.settings.groups) {
    for (const Track& track : group.tracks.scripts) {
      const auto& scripts = input.settings.scripts;
      const auto script = std::find_if(scripts.begin(), scripts.end(),
                                       [&](const Script& s) { return s.name == track.name; });
      if (script == scripts.end() || track.weight.value_or(script->weight) != 0) continue;
      findings.add_at("group-fault", track.place,
                      fmt::format("{} has no weight: when it fails, every instance of group {} is "
                                  "in FAULT, on every router where it fails",
                                  track.name, group.name));
    }
  }
}

void lint_peer(const LintInput& input, Findings& findings) {
  for (const Instance& instance : input.settings.instances) {
    const Instance* other = partner(*input.peer, instance);
    if (other == nullptr) {
      mismatch(instance,
               fmt::format("no instance there has virtual_router_id {}", instance.vrrp.vrid.value),
               findings);
    } else {
      compare(instance, *other, findings);
    }
  }
}

}  // namespace alibi::config
