// SPDX-License-Identifier: Apache-2.0
// One VRRP instance (virtual router), sans-IO: inputs and the time go in, plain outputs come out.
// Owned by whoever drives it (the keeper, a simulation, a test), used from one thread; it never
// calls back, reads a clock or allocates beyond the outbox. Behaviour is RFC 9568 section 6 and,
// where they differ, keepalived 2.2.7 (docs/adr lists each departure).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/instant.h"
#include "base/strong.h"
#include "vrrp/memory.h"
#include "vrrp/parameters.h"
#include "vrrp/reason.h"
#include "wire/vrrp.h"

namespace alibi::vrrp {

// ---- inputs ----
struct Start {};
/// Orderly end: resign if master.
struct Stop {};
struct AdvertReceived {
  wire::Advertisement advert;
  wire::IpAddress source;
  std::uint8_t ttl = 255;
  bool unicast = false;
};
/// next_timer() has come. Hand over every packet received by then first: an instance that was kept
/// waiting must hear before it speaks.
struct TimerExpired {};
/// Result of the trackers: new effective priority and what changed it (for the reason).
struct PriorityChanged {
  Priority effective;
  std::string because;  ///< e.g. "script chk_haproxy failed (exit status 1)"
};
/// A tracker with weight 0, or the interface, forbids the instance to run / allows it again.
struct FaultRaised {
  ReasonCode code;  ///< LinkDown, TrackFailed, ...
  std::string because;
  bool elsewhere = false;  ///< LinkDown of another interface than ours, which can still carry words
};
struct FaultCleared {
  /// Only the fault raised with this code; absent: all but that of the sync group.
  std::optional<ReasonCode> code{};
};
/// The primary address of the interface, needed before the instance can start; unspecified when it
/// has gone, which is a fault of its own (NoSourceAddress).
struct SourceAddress {
  wire::IpAddress address;
};
/// Somebody else removed one of our addresses while we are master, or `what` else belongs to them.
struct AddressLost {
  wire::IpAddress address;
  std::string what{};  ///< e.g. "the route to 10.0.0.0/8"; empty: the address
};
/// The sync group (sync_group.h) moves its members together.
struct GroupCalls {
  enum class What : std::uint8_t { Master, Backup, Wait };
  What what = What::Wait;
  /// Backup: waited on top of the master-down interval. Wait: put on the down timer.
  Duration wait{};
  std::string because;
};

using Input = std::variant<Start, Stop, AdvertReceived, TimerExpired, PriorityChanged, FaultRaised,
                           FaultCleared, SourceAddress, AddressLost, GroupCalls>;

// ---- outputs ----
/// One advertisement to the group (or every unicast peer); priority 0 resigns.
struct SendAdvert {
  Priority priority;
};
struct AddAddresses {};
struct RemoveAddresses {};
/// Gratuitous ARP / unsolicited NA for every address, `repeat` times.
struct SendGratuitous {
  int repeat;
};
struct Transition {
  State from;
  State to;
  Reason reason;  ///< why, decided here and carried to log, mail and case
};
/// A packet that broke a rule. Count each; `first` says whether to log it (`detail` is empty
/// otherwise): once a reason until the state or the master changes.
struct Rejected {
  RejectCode code;
  wire::IpAddress source;
  std::string detail;
  bool first;
  bool accepted = false;  ///< counted only, the advert was taken all the same (ADR 0003)
};
/// Something worth a log line at keepalived's wording, no transition. Write it with log_line().
struct Note {
  std::string text;      ///< without the "(NAME) " in front
  bool verbose = false;  ///< keepalived writes it with -D only
};

using Output = std::variant<SendAdvert, AddAddresses, RemoveAddresses, SendGratuitous, Transition,
                            Rejected, Note>;
using Outbox = std::vector<Output>;

/// An instance at one moment as plain values, exact; print() and parse_snapshot() in text.h carry
/// it from one process to another.
struct InstanceSnapshot {
  Memory memory;
  wire::Advertisement advert;  ///< what it sends, or would as master
  Priority base_priority{100};
  int down_timer_adverts = 3;
  Duration preempt_delay{};
  bool operator==(const InstanceSnapshot&) const = default;
};

/// Whether `parameters` are of the virtual router that `snapshot` was taken of: VRID, version and
/// family.
bool continues(const Parameters& parameters, const InstanceSnapshot& snapshot);

class Instance {
 public:
  explicit Instance(Parameters parameters);
  /// Of parameters that others hold as well.
  explicit Instance(std::shared_ptr<const Parameters> parameters);

  /// Goes on where `snapshot` was taken, at `now` of the same clock, with parameters that may
  /// differ (see restore.cc for what each change does); with the same parameters exactly so, and
  /// nothing is put out. A master stays master; `out` gets the advert that tells the others what
  /// has changed. Addresses that came or went are the caller's to add and remove. Another virtual
  /// router (see continues()) begins anew, as the constructor makes it.
  static Instance restored(std::shared_ptr<const Parameters> parameters,
                           const InstanceSnapshot& snapshot, Instant now, Outbox& out);
  static Instance restored(Parameters parameters, const InstanceSnapshot& snapshot, Instant now,
                           Outbox& out);
  InstanceSnapshot snapshot() const;

  /// Takes one input at `now`; appends to `out` what must be done, in that order.
  void handle(const Input& input, Instant now, Outbox& out);

  /// When TimerExpired is due next; kNever when no timer runs.
  Instant next_timer() const;

  State state() const { return memory_.state; }
  Priority effective_priority() const { return memory_.effective; }
  const Parameters& parameters() const { return *parameters_; }
  /// The advert it sends, with priority `priority`.
  wire::Advertisement advert(Priority priority) const;
  /// Last master heard (unspecified address if none yet) and its priority.
  const wire::IpAddress& master_address() const { return memory_.master; }
  Priority master_priority() const { return memory_.master_priority; }
  Instant master_heard() const { return memory_.master_heard; }
  /// Whether a fault of its own keeps it from running, not one of its sync group.
  bool at_fault() const;
  bool held_by_group() const;          ///< the fault of another member is upon it
  bool master_resigned() const;        ///< backup that waits out the skew time after a priority 0
  std::string_view own_fault() const;  ///< what it is; empty: none but the source
  /// Backup that took a master's adverts: how long that master counts as alive for the sync group,
  /// two of its intervals; kNever: no such master.
  Instant master_alive_until() const;
  Duration skew_time() const;
  Duration master_down_interval() const;

 private:
  friend struct Rules;  // the rows of the transition table (transitions.cc, rules.cc)

  bool accept(const AdvertReceived& packet, Outbox& out);
  void reject(RejectCode code, const AdvertReceived& packet, bool accepted, Outbox& out);
  void adapt(const InstanceSnapshot& before, Instant now);

  std::shared_ptr<const Parameters> parameters_;  ///< never null
  Memory memory_;
};

}  // namespace alibi::vrrp
