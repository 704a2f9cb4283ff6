// SPDX-License-Identifier: Apache-2.0
// One BFD session, asynchronous mode, RFC 5880 section 6.8, sans-IO: packets and the time go in,
// packets and changes of state come out. Who sends, and checks where a packet came from and with
// what TTL (RFC 5881 section 5), is its driver.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/instant.h"
#include "wire/bfd.h"

namespace alibi::track {

struct BfdParameters {
  std::uint32_t discriminator = 1;  ///< ours, not 0, of no other session
  Duration desired_min_tx = 10ms;   ///< when Up
  Duration required_min_rx = 10ms;
  Duration slow_tx = 1s;  ///< while not Up; less than a second counts as one (section 6.8.3)
  std::uint8_t multiplier = 5;
  bool passive = false;    ///< speaks when spoken to
  std::uint32_t seed = 1;  ///< of the jitter
};

/// A session as one process leaves it and another goes on with it: plain values.
struct BfdSnapshot {
  std::uint32_t discriminator = 0;
  Duration desired_min_tx{};  ///< of the parameters it was run with
  Duration required_min_rx{};
  std::uint8_t multiplier = 0;
  wire::BfdState state = wire::BfdState::Down;
  wire::BfdDiagnostic diagnostic = wire::BfdDiagnostic::None;
  wire::BfdState remote_state = wire::BfdState::Down;
  bool polling = false;
  bool remote_demand = false;
  std::uint8_t remote_multiplier = 0;
  std::uint32_t remote_discriminator = 0;
  Duration held_tx{};
  Duration held_rx{};
  Duration remote_min_rx{};
  Duration remote_desired_tx{};
  Instant sent{};
  Instant heard{};
  Instant transmit_at{};
  Instant detect_at{};
};

/// What came of an input.
struct BfdOutput {
  std::vector<wire::BfdControl> packets;  ///< to send, in this order
  struct Change {
    wire::BfdState from;
    wire::BfdState to;
    std::string why;  ///< for people, e.g. "nothing received for 51 ms (detection time 50 ms)"
  };
  std::optional<Change> change;
};

class BfdSession {
 public:
  BfdSession(const BfdParameters& parameters, Instant now);
  /// Goes on where `from` stopped, under its discriminator, with the same timers. What is different
  /// in `parameters` is announced at once by a Poll and counts as section 6.8.3 says.
  BfdSession(BfdParameters parameters, const BfdSnapshot& from, Instant now);
  BfdSnapshot snapshot() const;

  /// A packet without defects, of this session's neighbour. One that names another session of ours
  /// in Your Discriminator does nothing.
  void receive(const wire::BfdControl& packet, Instant now, BfdOutput& out);
  /// Timers. Hand over what has been received before: a late caller must hear before it judges.
  void step(Instant now, BfdOutput& out);
  Instant next() const;
  /// Administratively down: the neighbour is told, so that it blames nobody.
  void shut_down(Instant now, BfdOutput& out);

  std::uint32_t discriminator() const { return parameters_.discriminator; }
  wire::BfdState state() const { return state_; }
  wire::BfdDiagnostic diagnostic() const { return diagnostic_; }
  std::uint32_t remote_discriminator() const { return remote_discriminator_; }
  /// Between two packets of ours, without jitter; zero: none are sent periodically.
  Duration transmit_interval() const;
  Duration detection_time() const;

 private:
  bool speaks() const;
  void enter(wire::BfdState state, wire::BfdDiagnostic diagnostic, std::string why, Instant now,
             BfdOutput& out);
  void follow(const wire::BfdControl& packet, Instant now, BfdOutput& out);
  void send(bool final, Instant now, BfdOutput& out);
  void schedule();
  Duration jittered(Duration interval);

  BfdParameters parameters_;
  wire::BfdState state_ = wire::BfdState::Down;
  wire::BfdDiagnostic diagnostic_ = wire::BfdDiagnostic::None;
  bool polling_ = false;
  Duration desired_tx_;  // bfd.DesiredMinTxInterval
  // Until the neighbour has confirmed the Poll: a slower rate of ours is not used before it knows,
  // a faster one of its is not expected. Zero: nothing is held.
  Duration held_tx_{};
  Duration held_rx_{};
  std::uint32_t remote_discriminator_ = 0;
  wire::BfdState remote_state_ = wire::BfdState::Down;
  bool remote_demand_ = false;
  Duration remote_min_rx_ = 1us;
  Duration remote_desired_tx_{};
  std::uint8_t remote_multiplier_ = 0;
  Instant sent_{};
  Instant heard_{};
  Instant transmit_at_;
  Instant detect_at_ = kNever;
  std::uint32_t random_;
};

}  // namespace alibi::track
