// SPDX-License-Identifier: Apache-2.0
// The keeper's loop: what is readable, then, packets first, what is due.
#include "daemon/keeper.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>

#include "daemon/keeper_schedule.h"
#include "wire/vrrp.h"

namespace alibi::daemon {
namespace {

constexpr int kMaxPacketsAtOnce = 4096;  // a flood must not keep the timers from running
// With many instances a turn for each advert is mostly waking up: a thousand turns a second are
// enough, and none is later for it than a hundredth of the shortest interval that makes sense.
constexpr std::size_t kMany = 64;
constexpr Duration kTurn = 1ms;
constexpr Duration kLate = 1s;           // keepalived's min_auto_priority_delay

}  // namespace

Result<void> Keeper::watch() {
  for (Port& port : ports_) {
    if (!port.socket) continue;
    if (auto added = loop_.add(port.socket->fd(), [this, &port] { receive(port); }); !added) {
      return added;
    }
  }
  for (Slot& slot : slots_) {
    if (!slot.tap) continue;
    if (auto added = loop_.add(slot.tap->fd(), [this, &slot] { receive(slot); }); !added) {
      return added;
    }
  }
  return loop_.add(monitor_.fd(), [this] { hear_links(); })
      .and_then([&] {
        return loop_.add(channels_.tracker_to_keeper.bell(), [this] { hear_tracker(); });
      })
      .and_then([&] {
        return loop_.add(channels_.keeper_control.first.fd(), [this] { hear_control(); });
      })
      .and_then([&] {
        return loop_.add(signals_.fd(), [this] {
          while (const int signal = signals_.next()) stopping_ |= signal == SIGTERM;
        });
      });
}

int Keeper::run() {
  running_ = true;
  Instant turn_began{};
  while (!stopping_) {
    if (slots_.size() > kMany) os::sleep_until(turn_began + kTurn);
    loop_.set_deadline(
        std::min({next_timer(), fence_.next(), delays_.next(), next_handover()}));
    if (const auto waited = loop_.wait(); !waited) {
      voice_.say_daemon(waited.error().message, 2);
      stop();
      return 1;
    }
    turn_began = os::monotonic_now();
    if (delays_.next() <= turn_began) {
      hear_links();  // an interface that has come back in time is heard first
      settle_interfaces();
    }
    if (std::min(next_timer(), fence_.next()) <= turn_began) {
      // A keeper that wakes up late never speaks first: it reads what arrived, then decides.
      note_late_wake_up();
      const bool drained = receive_all();
      hear_links();
      if (drained) {
        fence_.drained(os::monotonic_now(), [this](std::size_t i) {
          send_gratuitous(slots_[i], slots_[i].settings.vrrp.garp_master_repeat);
          report_fence(slots_[i]);
        });
      }
      expire_timers();
    }
    if (may_hand_over() && hand_over()) return kHandedOver;
  }
  stop();
  return 0;
}

/// Until then every advert is ignored, as keepalived does: to have listened means nothing yet.
void Keeper::delay_start() {
  const auto& global = settings_.global;
  const Duration booted = global.delay_after_boot - os::since_boot();
  const Duration delay = std::max(global.startup_delay, booted);
  if (delay <= Duration{}) return;
  start_at_ = os::monotonic_now() + delay;
  voice_.say_daemon("Delaying startup for " + seconds_text(delay, 1));
}

void Keeper::start() {
  running_ = true;
  guard_all();
  for (Slot& slot : slots_) remove_leftovers(slot);
  delay_start();
  await_first_look();
  begin_tracking();
  for (Slot& slot : slots_) begin(slot);
}

void Keeper::begin(Slot& slot) {
  channels_.page.set_source(slot.index, source_of(slot));
  fence_.set_source(slot.index, source_of(slot));
  feed(slot, vrrp::SourceAddress{source_of(slot)});
  apply_surroundings(slot);
  watch_source(slot);
  apply_tracking(slot, tracking_.summary(slot.index));
  start_when_ready(slot);
}

/// Faults that come from the interface and the configuration, as they are now.
void Keeper::apply_surroundings(Slot& slot) {
  const auto raised = [&](vrrp::ReasonCode code) {
    return (slot.faults >> static_cast<unsigned>(code) & 1U) != 0;
  };
  judge_links(slot);
  const bool alone = slot.settings.fault_without_peer && slot.settings.unicast_peers.empty();
  if (alone && !raised(vrrp::ReasonCode::TrackFailed)) {
    feed(slot, vrrp::FaultRaised{vrrp::ReasonCode::TrackFailed,
                                 "unicast_fault_no_peer is set and there is no unicast_peer"});
  } else if (!alone && !slot.track_fault && raised(vrrp::ReasonCode::TrackFailed)) {
    feed(slot, vrrp::FaultCleared{vrrp::ReasonCode::TrackFailed});
  }
}

void Keeper::stop() {
  receive_all();  // what was sent before the stop belongs before the resignation
  for (Slot& slot : slots_) {
    if (slot.started) feed(slot, vrrp::Stop{});
    if (slot.has_addresses) remove_addresses(slot);
  }
}

void Keeper::feed(Slot& slot, const vrrp::Input& input) {
  if (slot.membership) return feed_group(slot, input);
  outbox_.clear();
  const Priority before = slot.machine.effective_priority();
  const vrrp::State state = slot.machine.state();
  slot.machine.handle(input, os::monotonic_now(), outbox_);
  timers_.set(slot.index, slot.machine.next_timer());
  if (fence_counted(input, outbox_)) fence_.read(slot.index);
  // Before the outputs: should we die among them, the last will is needed already.
  channels_.page.instance(slot.index).state.store(static_cast<std::uint8_t>(slot.machine.state()));
  count(slot, input, state);
  fence_.decided(slot.index, slot.machine.state(), slot.machine.effective_priority());
  for (const auto& output : outbox_) perform(slot, output);
  if (slot.machine.effective_priority() != before) tell_priority(slot, before);
  publish(slot);
  report_fence(slot);
}

bool Keeper::receive_all() {
  bool drained = true;
  for (Port& port : ports_) drained &= receive(port);
  for (Slot& slot : slots_) drained &= receive(slot);
  return drained;
}

/// True when the queue is empty.
bool Keeper::receive(Port& port) {
  if (!port.socket) return true;
  for (int i = 0; i < kMaxPacketsAtOnce; ++i) {
    const auto packet = port.socket->receive(buffer_, port.malformed);
    if (!packet) return true;
    take(port, *packet);
  }
  return false;
}

bool Keeper::receive(Slot& slot) {
  if (!slot.tap) return true;
  Port& port = ports_[slot.port];
  for (int i = 0; i < kMaxPacketsAtOnce; ++i) {
    const auto packet = slot.tap->receive(buffer_, port.malformed);
    if (!packet) return true;
    take(port, *packet);
  }
  return false;
}

void Keeper::take(Port& port, const os::ReceivedMessage& packet) {
  ++record_.packets;
  const auto decoded = wire::decode_vrrp(packet.message, packet.source, packet.destination);
  if (decoded.defect != wire::VrrpDefect::None) {
    count_defect(port, decoded);
    const std::uint32_t bit = 1U << static_cast<unsigned>(decoded.defect);
    if ((port.defects_reported & bit) != 0) return;
    port.defects_reported |= bit;
    voice_.say_daemon("packet from " + packet.source.text() + " on " + port.interface +
                          " dropped: " + std::string(text(decoded.defect)) + " (reported once)",
                      1);
    return;
  }
  const auto owner = port.slot_of_vrid[decoded.advertisement.vrid.value];
  if (owner < 0) return note_unknown(port, decoded.advertisement.vrid, packet.source);
  feed(slots_[static_cast<std::size_t>(owner)],
       vrrp::AdvertReceived{decoded.advertisement, packet.source, packet.ttl,
                            !packet.destination.is_multicast()});
}

void Keeper::note_unknown(Port& port, Vrid vrid, const wire::IpAddress& source) {
  ++port.unknown_vrid;
  ++record_.unknown_vrid;
  if (!settings_.global.log_unknown_vrids || port.unknown_reported.test(vrid.value)) return;
  port.unknown_reported.set(vrid.value);
  voice_.say_daemon(fmt::format("Unknown VRID({}) received on interface({}) from {}. ignoring "
                                "(reported once)",
                                vrid.value, port.interface, source.text()));
}

void Keeper::expire_timers() {
  if (start_at_ <= os::monotonic_now()) {
    start_at_ = kNever;
    for (Slot& slot : slots_) start_when_ready(slot);
  }
  // A timer that is due again at once (several of one instance) gets a few turns, not endless.
  for (std::size_t turns = 8 * slots_.size(); turns > 0; --turns) {
    if (timers_.next() > os::monotonic_now()) break;
    feed(slots_[timers_.first()], vrrp::TimerExpired{});
  }
  send_queued_gratuitous();
  send_extra_gratuitous();
}

Instant Keeper::next_timer() const {
  return std::min({timers_.next(), start_at_, pacer_.next(), extras_.next()});
}

void Keeper::note_late_wake_up() {
  const Duration late = os::monotonic_now() - timers_.next();
  record_.worst_late_ns = std::max<std::int64_t>(record_.worst_late_ns, late.count());
  publish_keeper();
  if (late < kLate) return;
  ++record_.late_timers;
  const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(late).count();
  voice_.say_daemon(fmt::format("A thread timer expired {}.{:06} seconds ago",
                                microseconds / 1'000'000, microseconds % 1'000'000) +
                        ": reading what arrived meanwhile before speaking",
                    1);
}

int keeper_main(const config::Settings& settings, const Channels& channels,
                const Predecessor* predecessor) {
  const Voice voice(channels.keeper_to_teller, channels.page, Sender::Keeper);
  // Where one died that had begun, an interface may have gone since: the others are served. With a
  // new configuration it is a mistake, and the predecessor goes on.
  auto keeper = Keeper::create(settings, channels, predecessor != nullptr);
  if (!keeper) {
    voice.say_daemon("keeper cannot start: " + keeper.error().message, 2);
    return 1;
  }
  for (const auto& refused : schedule_keeper(settings.global.scheduling)) {
    voice.say_daemon(refused, 1);
  }
  channels.keeper_to_teller.touch();
  if (predecessor == nullptr) {
    (*keeper)->start();
  } else if (const auto taken = (*keeper)->succeed(*predecessor); !taken) {
    voice.say_daemon(taken.error().message, 2);
    return 1;
  }
  return (*keeper)->run();
}

}  // namespace alibi::daemon
