// SPDX-License-Identifier: Apache-2.0
// One VRRP instance (virtual router), sans-IO: inputs and the time go in, plain outputs come out.
// Owned by whoever drives it (the keeper, a simulation, a test), used from one thread; it never
// calls back, reads a clock or allocates beyond the outbox. Behaviour is RFC 9568 section 6 and,
// where they differ, keepalived 2.2.7 (docs/adr lists each departure).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/instant.h"
#include "base/strong.h"
#include "vrrp/reason.h"
#include "wire/vrrp.h"

namespace alibi::vrrp {

enum class State : std::uint8_t { Init, Backup, Master, Fault };
std::string_view text(State state);  // "INIT", "BACKUP", "MASTER", "FAULT" as keepalived writes

/// What does not change while the instance runs.
struct Parameters {
  std::string name;
  Vrid vrid{1};
  std::uint8_t version = 2;
  wire::Family family = wire::Family::V4;
  Priority base_priority{100};
  Duration advert_interval = 1s;
  bool start_as_master = false;  ///< `state MASTER`: matters only with priority 255
  bool preempt = true;
  Duration preempt_delay{0};
  int down_timer_adverts = 3;
  wire::AuthType auth_type = wire::AuthType::None;
  std::array<std::uint8_t, 8> auth_data{};
  std::vector<wire::IpAddress> addresses;  ///< those advertised, in configuration order
  int garp_master_repeat = 5;
  Duration garp_master_delay = 5s;  ///< second block; 0 = none
  int garp_master_refresh_repeat = 1;
  Duration garp_master_refresh{0};  ///< 0 = off
  bool skip_check_adv_addr = false;
  int garp_lower_repeat = 5;       ///< after a lower advert was answered
  Duration garp_lower_delay = 5s;  ///< second block of those; 0 = none
  bool lower_prio_no_advert = false;
  bool higher_prio_send_advert = false;
  bool owner_ignores_adverts = false;  ///< owner_ignore_adverts: only with priority 255
  /// timer_expired_backup: with nopreempt, a master that woke up late steps down, and does so with
  /// this priority until it is heard again.
  bool timer_expired_backup = false;
  std::optional<Priority> expired_priority{};
  bool unicast = false;  ///< unicast_peer is given: expect unicast, any TTL
  wire::V3Checksum v3_checksum = wire::V3Checksum::PseudoHeader;
};

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
};
struct FaultCleared {
  std::optional<ReasonCode> code{};  ///< only the fault raised with this code; absent: all of them
};
/// The primary address of the interface, needed before the instance can start; unspecified when it
/// has gone, which is a fault of its own (NoSourceAddress).
struct SourceAddress {
  wire::IpAddress address;
};
/// Somebody else removed one of our addresses while we are master.
struct AddressLost {
  wire::IpAddress address;
};

using Input = std::variant<Start, Stop, AdvertReceived, TimerExpired, PriorityChanged, FaultRaised,
                           FaultCleared, SourceAddress, AddressLost>;

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

class Instance {
 public:
  explicit Instance(Parameters parameters);

  /// Takes one input at `now`; appends to `out` what must be done, in that order.
  void handle(const Input& input, Instant now, Outbox& out);

  /// When TimerExpired is due next; kNever when no timer runs.
  Instant next_timer() const;

  State state() const { return state_; }
  Priority effective_priority() const { return effective_; }
  const Parameters& parameters() const { return parameters_; }
  /// Last master heard (unspecified address if none yet) and its priority.
  const wire::IpAddress& master_address() const { return master_; }
  Priority master_priority() const { return master_priority_; }
  Duration skew_time() const;
  Duration master_down_interval() const;

 private:
  friend struct Rules;  // the rows of the transition table (transitions.cc, rules.cc)

  /// What the Master_Down_Timer is waiting out, the source of the reason when it ends.
  enum class Waiting : std::uint8_t { Begun, Silence, Resigned, LostAddress };

  bool accept(const AdvertReceived& packet, Outbox& out);
  void reject(RejectCode code, const AdvertReceived& packet, bool accepted, Outbox& out);

  Parameters parameters_;
  State state_ = State::Init;
  Priority effective_{100};
  wire::IpAddress source_;    // unspecified: not known
  std::uint32_t faults_ = 0;  // bit per ReasonCode raised
  std::string fault_detail_;  // of the first one
  Instant state_since_{};
  wire::IpAddress master_;
  Priority master_priority_{0};
  Duration master_interval_{};  // v3: learned from the accepted advert
  Instant master_heard_{};      // last accepted advert, or its priority 0
  Waiting waiting_ = Waiting::Begun;
  wire::IpAddress lower_;  // last master ignored for its lower priority...
  Priority lower_priority_{0};
  Instant lower_heard_ = kNever;   // ... since the down timer was armed; kNever: none
  Instant down_timer_ = kNever;    // Master_Down_Timer, BACKUP
  Instant advert_timer_ = kNever;  // Adver_Timer, MASTER
  Instant garp_timer_ = kNever;    // second block of gratuitous ARP
  Instant refresh_timer_ = kNever;
  Instant preempt_until_ = kNever;  // preempt_delay runs until then; kNever: not running
  std::string priority_reason_;
  std::uint32_t rejected_seen_ = 0;  // bit per RejectCode already reported
};

}  // namespace alibi::vrrp
