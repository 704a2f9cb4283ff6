// SPDX-License-Identifier: Apache-2.0
// Readings of a configuration, and which of them held when.
#include "investigate/configured.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>

#include "investigate/rules/support.h"

namespace alibi::investigate {
namespace {

using evidence::ConfigRead;
using evidence::ConfiguredRouter;

/// A daemon works by its new configuration so long after the signal at the latest.
constexpr Duration kTaken = 1s;
/// A reading answers the signals that came within this before it was begun.
constexpr Duration kOneReading = 500ms;

/// By when they came into force.
std::vector<const ConfigRead*> readings_of(const Scene& scene) {
  std::vector<const ConfigRead*> found;
  for (const evidence::Event& event : scene.recording.events) {
    const auto* read = std::get_if<ConfigRead>(&event.fact);
    if (read != nullptr && scene.sender->in_family(read->pid)) found.push_back(read);
  }
  std::stable_sort(found.begin(), found.end(), [](const ConfigRead* x, const ConfigRead* y) {
    return x->since_ns < y->since_ns;
  });
  return found;
}

/// Why it may have read its configuration between `a` and `b` without our reading; else empty.
std::string unseen_reading(const Scene& scene, const std::vector<const ConfigRead*>& readings,
                           Instant a, Instant b) {
  for (const evidence::SourceLoss& loss : scene.recording.losses) {
    if (loss.source == "signal" && loss.lost == 0) {
      return "whether it was told to read its configuration anew is not recorded";
    }
  }
  for (const evidence::Event& event : scene.recording.events) {
    if (event.at < a) continue;
    if (const auto* lost = std::get_if<evidence::EventsLost>(&event.fact)) {
      if (lost->source == "signal" && lost->since_ns <= b.ns) {
        return "a signal to read its configuration anew may be among the events that were lost";
      }
    }
    const auto* sent = std::get_if<evidence::SignalSent>(&event.fact);
    if (event.at > b || sent == nullptr || sent->signal != SIGHUP) continue;
    if (!scene.sender->in_family(sent->target_pid)) continue;
    const bool read = std::any_of(readings.begin(), readings.end(), [&](const ConfigRead* r) {
      return r->since_ns <= event.at.ns && event.at.ns - r->since_ns <= kOneReading.count();
    });
    if (!read) {
      return fmt::format("what it read as it was told to at {} is not recorded",
                         rules::clock_text(scene.recording, event.at));
    }
  }
  return {};
}

/// Those of the scene's VRID; of several only the one on the interface of the tap.
std::vector<const ConfiguredRouter*> candidates(const Scene& scene, const ConfigRead& read) {
  const RouterKey& key = scene.incident.router;
  const std::int32_t family = key.family == wire::Family::V4 ? 4 : 6;
  std::vector<const ConfiguredRouter*> found;
  for (const ConfiguredRouter& router : read.routers) {
    if (router.vrid == key.vrid.value && router.family == family) found.push_back(&router);
  }
  if (found.size() < 2) return found;
  const std::string& interface = scene.recording.taps[scene.from.origin().tap].interface;
  std::vector<const ConfiguredRouter*> here;
  std::copy_if(found.begin(), found.end(), std::back_inserter(here),
               [&](const ConfiguredRouter* router) { return router->interface == interface; });
  return here.empty() ? found : here;
}

}  // namespace

Configured configured(const Scene& scene, Instant a, Instant b) {
  if (!scene.sender) return {{}, "the process that sent the adverts is not known"};
  const std::vector<const ConfigRead*> readings = readings_of(scene);
  std::size_t first = readings.size();  // the last that was surely in force at `a`
  for (std::size_t i = 0; i < readings.size(); ++i) {
    if (Instant{readings[i]->since_ns} + kTaken <= a) first = i;
  }
  // A daemon that has just begun has no configuration before its first.
  if (first == readings.size() && !readings.empty() && readings[0]->since_ns <= a.ns) first = 0;
  if (first == readings.size()) return {{}, "its configuration is not recorded"};
  Configured out;
  for (std::size_t i = first; i < readings.size() && readings[i]->since_ns <= b.ns; ++i) {
    const ConfigRead& read = *readings[i];
    if (!read.unknown.empty()) return {{}, "its configuration is not known: " + read.unknown};
    const auto routers = candidates(scene, read);
    if (routers.size() > 1) return {{}, "its configuration has several routers of that VRID"};
    ConfigView view{&read, routers.empty() ? nullptr : routers.front(), {}};
    for (const ConfiguredRouter& each : read.routers) {
      const bool member = view.router != nullptr && !each.sync_group.empty() &&
                          each.sync_group == view.router->sync_group;
      if (&each == view.router || member) view.group.push_back(&each);
    }
    out.views.push_back(std::move(view));
  }
  out.why = unseen_reading(scene, readings, Instant{readings[first]->since_ns}, b);
  if (!out.known()) out.views.clear();
  return out;
}

std::string tracked_text(const evidence::TrackedObject& object) {
  const auto word = [&] {
    switch (object.kind) {
      case evidence::TrackedObject::Kind::Interface:
        return "track_interface";
      case evidence::TrackedObject::Kind::Script:
        return "track_script";
      case evidence::TrackedObject::Kind::File:
        return "track_file";
      case evidence::TrackedObject::Kind::Process:
        return "track_process";
      case evidence::TrackedObject::Kind::Bfd:
        return "track_bfd";
    }
    return "track";
  };
  return fmt::format(
      "{} {}{}{}", word(), object.name,
      object.weight == 0 ? " without weight" : fmt::format(" with weight {}", object.weight),
      object.reverse ? " reverse" : "");
}

std::string file_text(const Scene& scene, const ConfigView& view) {
  return fmt::format("{} (as read at {})", view.read->file,
                     rules::clock_text(scene.recording, Instant{view.read->since_ns}));
}

bool explains_step(int weight, Priority before, Priority after) {
  const int step = before.value - after.value;
  if (weight <= 0 || step <= 0) return false;
  return weight == step || ((after.value == 1 || before.value == 254) && weight > step);
}

}  // namespace alibi::investigate
