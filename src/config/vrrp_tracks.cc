// SPDX-License-Identifier: Apache-2.0
// vrrp_sync_group, and the lines of track_script, track_interface, track_file, track_process and
// track_bfd, which instances and groups share: NAME [weight N [reverse|noreverse]].
#include <fmt/format.h>

#include <array>

#include "config/fields.h"
#include "config/handlers.h"

namespace alibi::config {
namespace {

struct Kind {
  std::string_view keyword;
  std::vector<TrackDraft> TrackDrafts::*drafts;
  std::vector<Track> Tracks::*tracks;
  int most;  ///< of a weight
};
constexpr std::array kKinds = {
    Kind{"track_script", &TrackDrafts::scripts, &Tracks::scripts, 253},
    Kind{"track_interface", &TrackDrafts::interfaces, &Tracks::interfaces, 253},
    Kind{"track_file", &TrackDrafts::files, &Tracks::files, 254},
    Kind{"track_process", &TrackDrafts::processes, &Tracks::processes, 254},
    Kind{"track_bfd", &TrackDrafts::bfds, &Tracks::bfds, 253},
};

const Kind& kind_of(std::string_view keyword) {
  for (const Kind& kind : kKinds) {
    if (kind.keyword == keyword) return kind;
  }
  return kKinds.front();
}

TrackDraft track_line(Context& context, const Statement& line, int most) {
  TrackDraft draft;
  Track& track = draft.track;
  track.name = line.word(0).text;
  track.place = context.place(line.head.at);
  draft.at = line.head.at;
  for (std::size_t i = 1; i < line.size(); ++i) {
    const std::string& word = line.word(i).text;
    if (word == "weight" && !track.weight && i + 1 < line.size()) {
      const auto weight =
          whole(context, line, ++i, -most, most, "the object's own is used", "weight");
      if (weight) track.weight = *weight;
    } else if (word == "reverse" && track.weight) {
      track.reverse = true;
    } else if (word == "noreverse" && track.weight) {
      track.reverse = false;
    } else {
      context.warn(line.at(i), fmt::format("'{}' is not understood here (weight N [reverse]); it "
                                           "is ignored",
                                           word));
    }
  }
  return draft;
}

}  // namespace

bool add_tracks(Context& context, const Statement& statement) {
  const Kind& kind = kind_of(statement.keyword());
  auto& drafts = (context.group != nullptr ? context.group->tracks : context.instance->tracks);
  for (const Piece& piece : statement.lines) {
    (drafts.*kind.drafts).push_back(track_line(context, Statement{piece, {}}, kind.most));
  }
  return true;
}

void write_tracks(const Subject& subject, std::string_view keyword, Text& out) {
  const Tracks& all = subject.group != nullptr ? subject.group->tracks : *subject.instance->tracks;
  const auto& tracks = all.*kind_of(keyword).tracks;
  if (tracks.empty()) return;
  out.open(keyword);
  for (const Track& track : tracks) {
    std::string line = quote(track.name);
    if (track.weight) {
      line += fmt::format(" weight {} {}", *track.weight,
                          track.reverse.value_or(false)  ? "reverse"
                          : keyword == "track_interface" ? ""  // has none of its own to undo
                                                         : "noreverse");
    }
    out.raw(line);
  }
  out.close();
}

bool begin_group(Context& context, const Statement& statement) {
  const std::string& name = statement.word(1).text;
  no_more_words(context, statement, 2);
  const auto [same, first] = context.draft.group_names.emplace(name, statement.head.at);
  if (!first) {
    context.say(Severity::Error, statement.at(1),
                fmt::format("vrrp_sync_group {} is already defined on line {}; this one is left "
                            "out",
                            name, context.place(same->second).line));
    return false;
  }
  GroupDraft draft;
  draft.group.name = name;
  draft.group.place = context.place(statement.head.at);
  draft.at = statement.head.at;
  context.draft.groups.push_back(std::move(draft));
  context.group = &context.draft.groups.back();
  return true;
}

bool add_members(Context& context, const Statement& statement) {
  for (const Piece& piece : statement.lines) {
    for (const Word& word : piece.words) {
      context.group->members.push_back({word.text, {piece.at.line, word.column}});
    }
  }
  return true;
}

void write_members(const Subject& subject, std::string_view keyword, Text& out) {
  out.open(keyword);
  for (const std::size_t member : subject.group->members) {
    out.raw(quote(subject.settings.instances[member].vrrp.name));
  }
  out.close();
}

bool set_global_tracking(Context& context, const Statement& statement) {
  context.say(Severity::Notice, statement.at(0),
              "global_tracking has had no effect since keepalived 2.0: take the line out");
  return true;
}

}  // namespace alibi::config
