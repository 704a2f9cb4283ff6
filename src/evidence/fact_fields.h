// SPDX-License-Identifier: Apache-2.0
// The fields of every fact by name, once, for all that reads or writes them. A field added to
// event.h is added here and in docs/formats/case.md; a test counts both.
#pragma once

#include "evidence/event.h"
#include "evidence/fact_fields_config.h"
#include "evidence/fact_fields_host.h"
#include "evidence/fact_fields_memory_io.h"
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
void fields(V& v, Is<LinkChange> auto& f) {
  v("netns", f.netns);
  v("ifindex", f.ifindex);
  v("interface", f.interface);
  v("admin_up", f.admin_up);
  v("carrier", f.carrier);
  v("deleted", f.deleted);
  v("was_usable", f.was_usable);
  v("mac", f.mac);
}
template <typename V>
void fields(V& v, Is<AddressChange> auto& f) {
  v("netns", f.netns);
  v("ifindex", f.ifindex);
  v("interface", f.interface);
  v("address", f.address);
  v("added", f.added);
}
template <typename V>
void fields(V& v, Is<InterfaceCounters> auto& f) {
  v("tap", f.tap);
  v("rx_packets", f.rx_packets);
  v("tx_packets", f.tx_packets);
  v("rx_dropped", f.rx_dropped);
  v("tx_dropped", f.tx_dropped);
}
template <typename V>
void fields(V& v, Is<SocketDrops> auto& f) {
  v("netns", f.netns);
  v("pid", f.pid);
  v("drops", f.drops);
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
template <typename V>
void fields(V& v, Is<PacketDropped> auto& f) {
  v("netns", f.netns);
  v("ifindex", f.ifindex);
  v("reason", f.reason);
  v("function", f.function);
  v("source", f.source);
  v("vrid", f.vrid);
  v("outgoing", f.outgoing);
}

}  // namespace alibi::evidence
