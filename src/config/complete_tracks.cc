// SPDX-License-Identifier: Apache-2.0
// Files, processes and BFD sessions, and the joins between them (and scripts) and those that track.
#include <fmt/format.h>

#include <algorithm>
#include <climits>
#include <map>
#include <set>

#include "config/complete.h"

namespace alibi::config {
namespace {

void complete_files(Context& context, Settings& settings) {
  for (auto& draft : context.draft.files) {
    if (draft.value.path.empty()) {
      context.say(Severity::Error, draft.at,
                  fmt::format("track_file {} has no file line; it is left out", draft.value.name));
      continue;
    }
    settings.files.push_back(draft.value);
  }
}

void complete_processes(Context& context, Settings& settings) {
  for (auto& draft : context.draft.processes) {
    TrackedProcess& process = draft.value;
    if (process.process.empty()) {
      context.say(
          Severity::Error, draft.at,
          fmt::format("vrrp_track_process {} has no process line; it is left out", process.name));
      continue;
    }
    // quorum_max 0: it must not run; only then may it be below quorum.
    if (process.quorum_max != 0 && process.quorum_max < process.quorum) {
      context.warn(draft.at, fmt::format("quorum_max {} of {} is less than its quorum {}; it is "
                                         "ignored",
                                         process.quorum_max, process.name, process.quorum));
      process.quorum_max = INT_MAX;
    }
    settings.processes.push_back(process);
  }
}

void complete_bfds(Context& context, Settings& settings) {
  for (auto& draft : context.draft.bfds) {
    Bfd& bfd = draft.value;
    if (bfd.neighbor.is_unspecified()) {
      context.say(Severity::Error, draft.at,
                  fmt::format("bfd_instance {} has no neighbor_ip; it is left out", bfd.name));
      continue;
    }
    const bool twice = std::any_of(settings.bfds.begin(), settings.bfds.end(),
                                   [&](const Bfd& one) { return one.neighbor == bfd.neighbor; });
    if (twice) {
      context.say(Severity::Error, draft.at,
                  fmt::format("another bfd_instance has neighbor_ip {} already; {} is left out",
                              bfd.neighbor.text(), bfd.name));
      continue;
    }
    if (bfd.source && bfd.source->family != bfd.neighbor.family) {
      context.warn(draft.at, fmt::format("source_ip of bfd_instance {} is not of the family of "
                                         "its neighbor_ip; it is ignored",
                                         bfd.name));
      bfd.source.reset();
    }
    bfd.for_vrrp = draft.named_vrrp || !draft.named_checker;
    settings.bfds.push_back(bfd);
  }
}

void complete_garp_groups(Context& context, Settings& settings) {
  std::set<std::string> seen;
  std::vector<GarpGroup> kept;
  for (GarpGroup& group : settings.garp_groups) {
    const auto complain = [&](const std::string& what) {
      context.say_at(Severity::Warning, group.place, what);
    };
    for (auto* interval : {&group.garp_interval, &group.gna_interval}) {
      if (*interval == Duration(0)) interval->reset();  // the same as none
    }
    if (!group.garp_interval && !group.gna_interval) {
      complain("a garp_group without garp_interval or gna_interval paces nothing; it is left out");
      continue;
    }
    std::erase_if(group.interfaces, [&](const std::string& interface) {
      if (seen.insert(interface).second) return false;
      complain(fmt::format("interface {} is in a garp_group already; the first counts", interface));
      return true;
    });
    kept.push_back(std::move(group));
  }
  settings.garp_groups = std::move(kept);
}

// What one kind of track line may name.
struct Known {
  struct Object {
    const Place* place;
    bool reverse;
  };
  std::map<std::string_view, Object> objects;
  std::string_view what;  ///< the keyword that defines one
};

template <typename T>
Known known(const std::vector<T>& objects, std::string_view what) {
  Known out;
  out.what = what;
  for (const T& object : objects) out.objects[object.name] = {&object.place, object.reverse};
  return out;
}

void join(Context& context, const std::vector<TrackDraft>& drafts, const Known& known,
          std::vector<Track>& tracks) {
  std::set<std::string> seen;
  for (const TrackDraft& draft : drafts) {
    Track track = draft.track;
    const auto object = known.objects.find(track.name);
    if (object == known.objects.end()) {
      std::vector<std::string_view> names;
      if (!context.crowded()) {
        for (const auto& known_object : known.objects) names.push_back(known_object.first);
      }
      context.say(Severity::Warning, draft.at,
                  fmt::format("no {} is called '{}'; it is not tracked", known.what, track.name),
                  context.nearest_of(track.name, names));
      continue;
    }
    if (!seen.insert(track.name).second) {
      context.warn(draft.at, fmt::format("{} is tracked twice; the first line counts", track.name));
      continue;
    }
    const Place& defined = *object->second.place;
    const Place used = context.place(draft.at);
    if (known.what == "vrrp_script" && defined.file == used.file && defined.line > used.line) {
      context.warn(draft.at, fmt::format("vrrp_script {} is defined after this line (on line {}): "
                                         "keepalived would not track it, alibi does",
                                         track.name, defined.line));
    }
    if (!track.reverse) track.reverse = object->second.reverse;
    tracks.push_back(std::move(track));
  }
}

/// A session that is for the checkers alone is none that an instance could track.
void join_bfds(Context& context, const std::vector<TrackDraft>& drafts, const Settings& settings,
               Tracks& tracks) {
  std::vector<TrackDraft> kept;
  for (const TrackDraft& draft : drafts) {
    const bool elsewhere =
        std::any_of(settings.bfds.begin(), settings.bfds.end(),
                    [&](const Bfd& bfd) { return bfd.name == draft.track.name && !bfd.for_vrrp; });
    if (!elsewhere) {
      kept.push_back(draft);
      continue;
    }
    context.warn(draft.at, fmt::format("bfd_instance {} is for the checkers alone (checker without "
                                       "vrrp); it is not tracked",
                                       draft.track.name));
  }
  join(context, kept, known(settings.bfds, "bfd_instance"), tracks.bfds);
}

}  // namespace

void complete_tracked(Context& context, Settings& settings) {
  complete_files(context, settings);
  complete_processes(context, settings);
  complete_bfds(context, settings);
  complete_garp_groups(context, settings);
}

void join_tracks(Context& context, const TrackDrafts& drafts, const Settings& settings,
                 Tracks& tracks) {
  join(context, drafts.scripts, known(settings.scripts, "vrrp_script"), tracks.scripts);
  join(context, drafts.files, known(settings.files, "track_file"), tracks.files);
  join(context, drafts.processes, known(settings.processes, "vrrp_track_process"),
       tracks.processes);
  join_bfds(context, drafts.bfds, settings, tracks);
  std::set<std::string> seen;
  for (const TrackDraft& draft : drafts.interfaces) {
    if (!seen.insert(draft.track.name).second) {
      context.warn(draft.at,
                   fmt::format("{} is tracked twice; the first line counts", draft.track.name));
      continue;
    }
    tracks.interfaces.push_back(draft.track);
    tracks.interfaces.back().reverse = draft.track.reverse.value_or(false);
  }
}

}  // namespace alibi::config
