// SPDX-License-Identifier: Apache-2.0
// The fields of every fact by name, once, for all that reads or writes them. A field added to
// event.h is added here and in docs/formats/case.md; a test counts both.
#pragma once

#include "evidence/event.h"
#include "evidence/fact_fields_config.h"
#include "evidence/fact_fields_host.h"
#include "evidence/fact_fields_memory_io.h"
#include "evidence/fact_fields_network.h"
#include "evidence/fact_fields_process.h"

namespace alibi::evidence {

template <typename V>
void fields(V& v, Is<CgroupFrozen> auto& f) {
  v("cgroup", f.cgroup);
  v("frozen", f.frozen);
  v("pids", f.pids);
}
template <typename V>
void fields(V& v, Is<CgroupThrottled> auto& f) {
  v("cgroup", f.cgroup);
  v("quota_us", f.quota_us);
  v("period_us", f.period_us);
  v("throttled_count", f.throttled_count);
  v("throttled_ns", f.throttled_ns);
  v("pids", f.pids);
}
template <typename V>
void fields(V& v, Is<DaemonTransition> auto& f) {
  v("pid", f.pid);
  v("instance", f.instance);
  v("from", f.from);
  v("to", f.to);
  v("reason", f.reason);
  v("detail", f.detail);
}
template <typename V>
void fields(V& v, Is<EventsLost> auto& f) {
  v("source", f.source);
  v("lost", f.lost);
  v("since_ns", f.since_ns);
}

}  // namespace alibi::evidence
