// SPDX-License-Identifier: Apache-2.0
// Of the fields of facts: those of event_config.h. See fact_fields.h.
#pragma once

#include "evidence/event_config.h"
#include "evidence/fact_is.h"

namespace alibi::evidence {

template <typename V>
void fields(V& v, Is<TrackedObject> auto& f) {
  v("kind", f.kind);
  v("name", f.name);
  v("what", f.what);
  v("weight", f.weight);
  v("reverse", f.reverse);
}
template <typename V>
void fields(V& v, Is<ConfiguredRouter> auto& f) {
  v("instance", f.instance);
  v("vrid", f.vrid);
  v("family", f.family);
  v("interface", f.interface);
  v("track_primary", f.track_primary);
  v("virtual_mac_link", f.virtual_mac_link);
  v("address_links", f.address_links);
  v("sync_group", f.sync_group);
  v("priority", f.priority);
  v("tracks", f.tracks);
  v("settings", f.settings);
}
template <typename V>
void fields(V& v, Is<ConfigRead> auto& f) {
  v("pid", f.pid);
  v("since_ns", f.since_ns);
  v("file", f.file);
  v("unknown", f.unknown);
  v("routers", f.routers);
}

}  // namespace alibi::evidence
