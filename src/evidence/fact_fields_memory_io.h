// SPDX-License-Identifier: Apache-2.0
// Of the fields of facts: those of event_memory_io.h. See fact_fields.h.
#pragma once

#include "evidence/event_memory_io.h"
#include "evidence/fact_is.h"

namespace alibi::evidence {

template <typename V>
void fields(V& v, Is<BlockDevice> auto& f) {
  v("device", f.device);
  v("reads", f.reads);
  v("writes", f.writes);
  v("in_flight", f.in_flight);
  v("io_ticks_ms", f.io_ticks_ms);
  v("backing", f.backing);
  v("read_sectors", f.read_sectors);
  v("write_sectors", f.write_sectors);
  v("read_ms", f.read_ms);
  v("write_ms", f.write_ms);
  v("queue_ms", f.queue_ms);
}
template <typename V>
void fields(V& v, Is<MemoryReclaimed> auto& f) {
  v("tid", f.tid);
  v("pid", f.pid);
  v("begin_ns", f.begin_ns);
  v("group", f.group);
  v("pages", f.pages);
  v("throttled_ns", f.throttled_ns);
}
template <typename V>
void fields(V& v, Is<MemoryLimit> auto& f) {
  v("cgroup", f.cgroup);
  v("limit", f.limit);
  v("high", f.high);
  v("usage", f.usage);
  v("at_limit", f.at_limit);
  v("over_high", f.over_high);
  v("pids", f.pids);
}
template <typename V>
void fields(V& v, Is<MemoryCounters> auto& f) {
  v("scanned", f.scanned);
  v("stolen", f.stolen);
  v("stalls", f.stalls);
  v("swapped_in", f.swapped_in);
  v("swapped_out", f.swapped_out);
}
template <typename V>
void fields(V& v, Is<DeviceUse> auto& f) {
  v("device", f.device);
  v("pid", f.pid);
  v("comm", f.comm);
  v("kernel_thread", f.kernel_thread);
  v("group", f.group);
  v("requests", f.requests);
  v("bytes", f.bytes);
  v("flight_ns", f.flight_ns);
  v("in_flight", f.in_flight);
  v("since_ns", f.since_ns);
}

}  // namespace alibi::evidence
