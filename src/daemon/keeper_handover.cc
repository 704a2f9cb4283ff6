// SPDX-License-Identifier: Apache-2.0
// A keeper that is asked to hand over: at a moment when nothing is due it gives its successor all
// that it knows and its sockets, and waits for the answer, but no longer than half an advert
// interval: a successor that died meanwhile must not cost a failover. At every moment exactly one
// of the two decides: this one until it has written Yours.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

#include "daemon/handover.h"
#include "daemon/keeper.h"
#include "vrrp/text.h"

namespace alibi::daemon {
namespace {

using Kind = HandoverMessage::Kind;

constexpr Duration kQuiet = 5ms;        // that no timer is due for
constexpr Duration kAtTheLatest = 50ms; // ... or, with timers all the time, then anyway

os::Fd memory_with(std::span<const std::byte> bytes) {
  os::Fd memory(::memfd_create("alibi-handover", MFD_CLOEXEC));
  while (memory.valid() && !bytes.empty()) {
    const ssize_t written = ::write(memory.get(), bytes.data(), bytes.size());
    if (written <= 0) return {};
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return memory;
}

bool tell(const os::MessageEnd& end, HandoverMessage::Kind kind, const HandoverMessage& answered,
          std::uint32_t number = 0, int passed = -1) {
  return end.send_struct(HandoverMessage{kind, kHandoverVersion, answered.attempt, number}, passed);
}

}  // namespace

std::string keeping::socket_text(const Port& port) {
  if (!port.socket) return "";
  std::string out = port.interface + "|" + port.vrf + "|" + std::to_string(port.index.value) +
                    (port.family == wire::Family::V6 ? "|6|" : "|4|");
  if (port.only_source) out += port.only_source->text();
  for (const auto& group : port.groups) out += "|" + group.text();
  return out + "|" + (port.receive_bytes ? std::to_string(*port.receive_bytes) : "");
}

void Keeper::hear_control() {
  const auto& end = channels_.keeper_control.first;
  while (const auto heard = hear_handover(end, 0, Instant{})) {
    const auto& message = heard->message;
    if (message.kind == Kind::Take) tell(end, Kind::Refused, message);
    if (message.kind != Kind::Ask) continue;
    asked_by_ = message.attempt;
    hand_over_at_ = os::monotonic_now() + kAtTheLatest;
  }
}

/// When the loop should look again whether this is the moment.
Instant Keeper::next_handover() const {
  return asked_by_ ? std::min(hand_over_at_, os::monotonic_now() + kQuiet / 5) : kNever;
}

bool Keeper::may_hand_over() const {
  if (!asked_by_) return false;
  const Instant now = os::monotonic_now();
  return now >= hand_over_at_ || next_timer() - now > kQuiet;
}

KeeperState Keeper::state_to_hand_over() const {
  KeeperState state;
  for (const Slot& slot : slots_) {
    state.slots.push_back({slot.settings.vrrp.name, slot.settings.interface,
                           vrrp::print(slot.machine.snapshot()), slot.started, slot.has_addresses,
                           slot.track_fault, slot.told});
  }
  for (const Port& port : ports_) {
    state.ports.push_back({port.interface, port.family, port.index, socket_text(port), port.up,
                           port.defects_reported, port.malformed, port.unknown_vrid});
  }
  state.start_at = start_at_;
  return state;
}

/// True: it is the successor's now, and nothing is ours to resign or give back.
bool Keeper::hand_over() {
  const auto& end = channels_.keeper_control.first;
  const HandoverMessage to{Kind::Ask, kHandoverVersion, *asked_by_, 0};
  asked_by_.reset();
  receive_all();
  hear_links();
  hear_tracker();
  expire_timers();
  Duration patience = 500ms;
  for (const Slot& slot : slots_) {
    patience = std::min(patience, slot.settings.vrrp.advert_interval / 2);
  }
  const Instant until = os::monotonic_now() + std::max(patience, Duration(20ms));
  const auto memory = memory_with(encode(state_to_hand_over()));
  if (!memory.valid() || !tell(end, Kind::State, to, 0, memory.get())) return false;
  for (std::size_t i = 0; i < ports_.size(); ++i) {
    const int fd = ports_[i].socket ? ports_[i].socket->fd() : -1;
    if (!tell(end, Kind::Socket, to, static_cast<std::uint32_t>(i), fd)) return false;
  }
  const auto heard = hear_handover(end, to.attempt, until);
  if (!heard || heard->message.kind != Kind::Take) return false;
  return tell(end, Kind::Yours, to);
}

}  // namespace alibi::daemon
