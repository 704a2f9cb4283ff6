// SPDX-License-Identifier: Apache-2.0
// Of the fields of facts: those of event_network.h. See fact_fields.h.
#pragma once

#include "evidence/event_network.h"
#include "evidence/fact_is.h"

namespace alibi::evidence {

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
void fields(V& v, Is<PacketDropped> auto& f) {
  v("netns", f.netns);
  v("ifindex", f.ifindex);
  v("reason", f.reason);
  v("function", f.function);
  v("source", f.source);
  v("vrid", f.vrid);
  v("outgoing", f.outgoing);
}
template <typename V>
void fields(V& v, Is<BridgePortChange> auto& f) {
  v("netns", f.netns);
  v("ifindex", f.ifindex);
  v("interface", f.interface);
  v("bridge", f.bridge);
  v("state", f.state);
}
template <typename V>
void fields(V& v, Is<NeighbourChange> auto& f) {
  v("netns", f.netns);
  v("ifindex", f.ifindex);
  v("interface", f.interface);
  v("address", f.address);
  v("mac", f.mac);
  v("failed", f.failed);
}
template <typename V>
void fields(V& v, Is<QdiscCounters> auto& f) {
  v("tap", f.tap);
  v("kind", f.kind);
  v("handle", f.handle);
  v("dropped", f.dropped);
  v("overlimits", f.overlimits);
  v("queued_packets", f.queued_packets);
  v("queued_bytes", f.queued_bytes);
}
template <typename V>
void fields(V& v, Is<RulesetChange> auto& f) {
  v("netns", f.netns);
  v("generation", f.generation);
  v("pid", f.pid);
  v("process", f.process);
}
template <typename V>
void fields(V& v, Is<DroppingRule> auto& f) {
  v("netns", f.netns);
  v("chain", f.chain);
  v("hook", f.hook);
  v("handle", f.handle);
  v("names_vrrp", f.names_vrrp);
  v("packets", f.packets);
}

}  // namespace alibi::evidence
