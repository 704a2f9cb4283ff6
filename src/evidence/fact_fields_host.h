// SPDX-License-Identifier: Apache-2.0
// Of the fields of facts: those of event_host.h. See fact_fields.h.
#pragma once

#include "evidence/event_host.h"
#include "evidence/fact_is.h"

namespace alibi::evidence {

template <typename V>
void fields(V& v, Is<HostFacts> auto& f) {
  v("name", f.name);
  v("kernel", f.kernel);
  v("distribution", f.distribution);
  v("virtualisation", f.virtualisation);
  v("container", f.container);
  v("cpus", f.cpus);
  v("memory_kib", f.memory_kib);
  v("cgroup_version", f.cgroup_version);
  v("clock_source", f.clock_source);
  v("counts_steal", f.counts_steal);
  v("limits", f.limits);
}
template <typename V>
void fields(V& v, Is<CpuSilent> auto& f) {
  v("cpu", f.cpu);
  v("since_ns", f.since_ns);
}
template <typename V>
void fields(V& v, Is<CpuStolen> auto& f) {
  v("cpu", f.cpu);
  v("stolen_ms", f.stolen_ms);
}
template <typename V>
void fields(V& v, Is<Pressure> auto& f) {
  v("resource", f.resource);
  v("some_us", f.some_us);
  v("full_us", f.full_us);
}
template <typename V>
void fields(V& v, Is<SoftnetCounters> auto& f) {
  v("cpu", f.cpu);
  v("processed", f.processed);
  v("dropped", f.dropped);
  v("squeezed", f.squeezed);
}
template <typename V>
void fields(V& v, Is<ClockJump> auto& f) {
  v("clock", f.clock);
  v("by_ns", f.by_ns);
  v("since_ns", f.since_ns);
  v("ahead_ns", f.ahead_ns);
}

}  // namespace alibi::evidence
