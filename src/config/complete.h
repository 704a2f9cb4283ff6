// SPDX-License-Identifier: Apache-2.0
// From a draft to Settings: defaults, and the checks that need more than one line.
#pragma once

#include "config/draft.h"

namespace alibi::config {

Settings complete(Context& context);

// What can be tracked, and by whom (complete_tracks.cc).
/// Files, processes, BFD sessions and GARP groups that can be used.
void complete_tracked(Context& context, Settings& settings);
/// Takes over the tracks that name something; `reverse` is that of the object unless told
/// otherwise.
void join_tracks(Context& context, const TrackDrafts& drafts, const Settings& settings,
                 Tracks& tracks);
/// Sync groups with the indices of their members (complete_groups.cc).
void complete_groups(Context& context, Settings& settings);

// The checks of one instance (complete_instance.cc).
/// Fills instance.vrrp from the draft; says what keepalived changes or refuses.
void complete_instance(Context& context, InstanceDraft& draft);

}  // namespace alibi::config
