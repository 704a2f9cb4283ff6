// SPDX-License-Identifier: Apache-2.0
// The state machine of RFC 5880 section 6.8.6 and the timers around it.
#include "track/bfd_session.h"

#include <algorithm>

namespace alibi::track {
namespace {

using wire::BfdControl;
using wire::BfdDiagnostic;
using wire::BfdState;

constexpr Duration kSlowest = 1s;  // at least, while not Up: section 6.8.3

std::uint32_t microseconds(Duration d) {
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(d / 1us, 0, UINT32_MAX));
}

std::string milliseconds_text(Duration d) { return std::to_string((d + 500us) / 1ms) + " ms"; }

}  // namespace

BfdSession::BfdSession(const BfdParameters& parameters, Instant now)
    : parameters_(parameters),
      desired_tx_(std::max(parameters.slow_tx, kSlowest)),
      sent_(now),
      transmit_at_(parameters.passive ? kNever : now),
      random_(parameters.seed | 1U) {
  parameters_.slow_tx = desired_tx_;
}

BfdSession::BfdSession(BfdParameters parameters, const BfdSnapshot& from, Instant now)
    : parameters_(parameters),
      state_(from.state),
      diagnostic_(from.diagnostic),
      polling_(from.polling),
      desired_tx_(from.state == BfdState::Up ? parameters.desired_min_tx
                                             : std::max(parameters.slow_tx, kSlowest)),
      held_tx_(from.held_tx),
      held_rx_(from.held_rx),
      remote_discriminator_(from.remote_discriminator),
      remote_state_(from.remote_state),
      remote_demand_(from.remote_demand),
      remote_min_rx_(from.remote_min_rx),
      remote_desired_tx_(from.remote_desired_tx),
      remote_multiplier_(from.remote_multiplier),
      sent_(from.sent),
      heard_(from.heard),
      transmit_at_(from.transmit_at),
      detect_at_(from.detect_at),
      random_(parameters.seed | 1U) {
  parameters_.discriminator = from.discriminator;
  parameters_.slow_tx = std::max(parameters.slow_tx, kSlowest);
  const bool same = parameters.desired_min_tx == from.desired_min_tx &&
                    parameters.required_min_rx == from.required_min_rx &&
                    parameters.multiplier == from.multiplier;
  if (same || state_ != BfdState::Up) return;
  polling_ = true;
  if (desired_tx_ > from.desired_min_tx) held_tx_ = from.desired_min_tx;
  if (parameters_.required_min_rx < from.required_min_rx) held_rx_ = from.required_min_rx;
  if (detect_at_ != kNever) detect_at_ = std::max(detect_at_, heard_ + detection_time());
  transmit_at_ = now;
}

BfdSnapshot BfdSession::snapshot() const {
  BfdSnapshot out;
  out.discriminator = parameters_.discriminator;
  out.desired_min_tx = parameters_.desired_min_tx;
  out.required_min_rx = parameters_.required_min_rx;
  out.multiplier = parameters_.multiplier;
  out.state = state_;
  out.diagnostic = diagnostic_;
  out.remote_state = remote_state_;
  out.polling = polling_;
  out.remote_demand = remote_demand_;
  out.remote_multiplier = remote_multiplier_;
  out.remote_discriminator = remote_discriminator_;
  out.held_tx = held_tx_;
  out.held_rx = held_rx_;
  out.remote_min_rx = remote_min_rx_;
  out.remote_desired_tx = remote_desired_tx_;
  out.sent = sent_;
  out.heard = heard_;
  out.transmit_at = transmit_at_;
  out.detect_at = detect_at_;
  return out;
}

bool BfdSession::speaks() const {
  // Section 6.8.7.
  if (parameters_.passive && remote_discriminator_ == 0) return false;
  if (remote_min_rx_ == Duration(0)) return false;
  return !(remote_demand_ && state_ == BfdState::Up && remote_state_ == BfdState::Up && !polling_);
}

Duration BfdSession::transmit_interval() const {
  const Duration ours = held_tx_ > Duration(0) ? std::min(held_tx_, desired_tx_) : desired_tx_;
  return speaks() ? std::max(ours, remote_min_rx_) : Duration(0);
}

Duration BfdSession::detection_time() const {
  // Section 6.8.4: by what the neighbour counts and by how often it will send at most.
  return remote_multiplier_ *
         std::max({parameters_.required_min_rx, held_rx_, remote_desired_tx_});
}

Duration BfdSession::jittered(Duration interval) {
  random_ ^= random_ << 13U;
  random_ ^= random_ >> 17U;
  random_ ^= random_ << 5U;
  // Section 6.8.7: reduced by 0 to 25 %, with a multiplier of 1 by 10 to 25 %.
  const int most = parameters_.multiplier == 1 ? 900 : 1000;
  const int permille = 750 + static_cast<int>(random_ % static_cast<unsigned>(most - 750 + 1));
  return interval * permille / 1000;
}

void BfdSession::schedule() {
  const Duration interval = transmit_interval();
  transmit_at_ = interval == Duration(0) ? kNever : sent_ + jittered(interval);
}

Instant BfdSession::next() const { return std::min(transmit_at_, detect_at_); }

void BfdSession::send(bool final, Instant now, BfdOutput& out) {
  BfdControl packet;
  packet.diagnostic = diagnostic_;
  packet.state = state_;
  packet.poll = polling_ && !final;  // never both: section 6.8.7
  packet.final = final;
  packet.detect_multiplier = parameters_.multiplier;
  packet.my_discriminator = parameters_.discriminator;
  packet.your_discriminator = remote_discriminator_;
  packet.desired_min_tx_us = microseconds(desired_tx_);
  packet.required_min_rx_us = microseconds(parameters_.required_min_rx);
  out.packets.push_back(packet);
  sent_ = now;
  schedule();
}

void BfdSession::enter(BfdState state, BfdDiagnostic diagnostic, std::string why, Instant now,
                       BfdOutput& out) {
  const BfdState from = state_;
  state_ = state;
  diagnostic_ = diagnostic;
  // Section 6.8.3: slow until Up, and every change of the interval is announced by a Poll.
  desired_tx_ = state == BfdState::Up ? parameters_.desired_min_tx : parameters_.slow_tx;
  polling_ = state == BfdState::Up;
  held_tx_ = held_rx_ = Duration(0);
  if (out.change) {  // Down, Init and Up may follow each other within one input
    out.change->to = state;
    out.change->why = std::move(why);
  } else {
    out.change = BfdOutput::Change{from, state, std::move(why)};
  }
  if (speaks()) send(false, now, out);  // at once, so that the neighbour learns it fast
}

void BfdSession::receive(const BfdControl& packet, Instant now, BfdOutput& out) {
  if (packet.your_discriminator != 0 && packet.your_discriminator != parameters_.discriminator) {
    return;
  }
  remote_discriminator_ = packet.my_discriminator;
  remote_state_ = packet.state;
  remote_demand_ = packet.demand;
  remote_min_rx_ = std::chrono::microseconds(packet.required_min_rx_us);
  remote_desired_tx_ = std::chrono::microseconds(packet.desired_min_tx_us);
  remote_multiplier_ = packet.detect_multiplier;
  if (packet.final) {
    polling_ = false;
    held_tx_ = held_rx_ = Duration(0);
  }
  heard_ = now;
  if (state_ == BfdState::AdminDown) return;
  detect_at_ = now + detection_time();
  const auto before = out.packets.size();
  follow(packet, now, out);
  if (packet.poll) send(true, now, out);         // without delay, whatever the timers say
  if (out.packets.size() == before) schedule();  // the neighbour may want them more often now
}

void BfdSession::follow(const BfdControl& packet, Instant now, BfdOutput& out) {
  if (packet.state == BfdState::AdminDown ||
      (state_ == BfdState::Up && packet.state == BfdState::Down)) {
    if (state_ == BfdState::Down) return;
    const std::string why = "the neighbour says " + std::string(text(packet.state)) + " (" +
                            std::string(text(packet.diagnostic)) + ")";
    return enter(BfdState::Down, BfdDiagnostic::NeighborDown, why, now, out);
  }
  const std::string heard = "the neighbour says " + std::string(text(packet.state));
  if (state_ == BfdState::Down) {
    if (packet.state == BfdState::Down) {
      enter(BfdState::Init, BfdDiagnostic::None, heard, now, out);
    } else if (packet.state == BfdState::Init) {
      enter(BfdState::Up, BfdDiagnostic::None, heard, now, out);
    }
  } else if (state_ == BfdState::Init && packet.state != BfdState::Down) {
    enter(BfdState::Up, BfdDiagnostic::None, heard, now, out);
  }
}

void BfdSession::step(Instant now, BfdOutput& out) {
  if (detect_at_ <= now) {
    detect_at_ = kNever;
    const Duration limit = detection_time();
    remote_discriminator_ = 0;  // section 6.8.1: it may come back as another
    remote_state_ = BfdState::Down;
    remote_demand_ = false;
    remote_min_rx_ = 1us;
    if (state_ == BfdState::Up || state_ == BfdState::Init) {
      const std::string why = "nothing received for " + milliseconds_text(now - heard_) +
                              " (detection time " + milliseconds_text(limit) + ")";
      enter(BfdState::Down, BfdDiagnostic::DetectionTimeExpired, why, now, out);
    }
    schedule();
  }
  if (transmit_at_ <= now) {
    if (speaks()) {
      send(false, now, out);
    } else {
      transmit_at_ = kNever;
    }
  }
}

void BfdSession::shut_down(Instant now, BfdOutput& out) {
  if (state_ == BfdState::AdminDown) return;
  detect_at_ = kNever;
  enter(BfdState::AdminDown, BfdDiagnostic::AdministrativelyDown, "shut down", now, out);
}

}  // namespace alibi::track
