// SPDX-License-Identifier: Apache-2.0
// The tables of a case file, schema version 3: the columns of each row by name, once, for creating,
// writing and reading. docs/formats/case.md explains them; a test compares.
#pragma once

#include <array>
#include <string>

#include "evidence/fact_fields.h"
#include "evidence/recording.h"

namespace alibi::evidence {

inline constexpr std::int64_t kCaseApplicationId = 0x616c6962;  // "alib"
inline constexpr std::int64_t kCaseVersion = 3;

/// The one row of `meta`.
struct MetaRow {
  Instant begin;
  Instant end;
  bool has_host_evidence = false;
};
template <typename V>
void fields(V& v, Is<MetaRow> auto& r) {
  v("begin_ns", r.begin);
  v("end_ns", r.end);
  v("has_host_evidence", r.has_host_evidence);
}

template <typename V>
void fields(V& v, Is<Tap> auto& r) {
  v("label", r.label);
  v("host", r.host);
  v("netns", r.netns);
  v("interface", r.interface);
  v("ifindex", r.ifindex);
  v("received", r.received);
  v("written", r.written);
  v("dropped", r.dropped);
  v("undecoded", r.undecoded);
}

/// Authentication data is a password on the wire, and cases travel by mail: a case holds a number
/// instead, the same for the same password, 0 for none.
struct HeartbeatRow {
  Heartbeat heartbeat;
  std::uint32_t auth_number = 0;
};
template <typename V>
void fields(V& v, Is<HeartbeatRow> auto& r) {
  auto& h = r.heartbeat;
  auto& packet = h.packet;
  auto& advert = packet.decoded.advertisement;
  v("at_ns", h.at);
  v("tap", h.tap);
  v("direction", h.direction);
  v("source", packet.source);
  v("destination", packet.destination);
  v("ttl", packet.ttl);
  v("ip_id", packet.ip_id);
  v("source_mac", packet.source_mac);
  v("tunnels", packet.tunnels);
  v("network", packet.network);
  v("version", advert.version);
  v("vrid", advert.vrid);
  v("priority", advert.priority);
  v("interval_ns", advert.interval);
  v("auth_type", advert.auth_type);
  v("auth_number", r.auth_number);
  v("addresses", advert.addresses);
  v("defect", packet.decoded.defect);
  v("trailing", packet.decoded.trailing);
  v("checksum_form", packet.decoded.checksum_form);
  v("dropped_before", h.dropped_before);
  v("packet_number", h.packet_number);
}

template <typename V>
void fields(V& v, Is<ArpSeen> auto& r) {
  v("at_ns", r.at);
  v("tap", r.tap);
  v("direction", r.direction);
  v("operation", r.packet.operation);
  v("sender_mac", r.packet.sender_mac);
  v("sender_ip", r.packet.sender_ip);
  v("target_mac", r.packet.target_mac);
  v("target_ip", r.packet.target_ip);
}

struct EventRow {
  Instant at;
  std::string kind;
  std::string fact;
};
template <typename V>
void fields(V& v, Is<EventRow> auto& r) {
  v("at_ns", r.at);
  v("kind", r.kind);
  v("fact", r.fact);
}

template <typename V>
void fields(V& v, Is<ClockOffset> auto& r) {
  v("at_ns", r.at);
  v("realtime_minus_monotonic_ns", r.realtime_minus_monotonic_ns);
}

template <typename V>
void fields(V& v, Is<SourceLoss> auto& r) {
  v("source", r.source);
  v("lost", r.lost);
  v("why", r.why);
}

template <typename V>
void fields(V& v, Is<SourceCount> auto& r) {
  v("source", r.source);
  v("received", r.received);
  v("kept", r.kept);
  v("lost", r.lost);
  v("passed_over", r.passed_over);
}

/// Calls each(table name, an empty row) for every table, in file order.
template <typename Each>
void for_each_table(Each each) {
  each("meta", MetaRow{});
  each("tap", Tap{});
  each("heartbeat", HeartbeatRow{});
  each("arp", ArpSeen{});
  each("event", EventRow{});
  each("clock", ClockOffset{});
  each("loss", SourceLoss{});
  each("source", SourceCount{});
}

}  // namespace alibi::evidence
