// SPDX-License-Identifier: Apache-2.0
// A keeper that succeeds another: ready with sockets of its own, it asks for what the other knows,
// goes on where that one stopped, and then does what is different in its own configuration.
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "daemon/handover.h"
#include "daemon/keeper.h"
#include "daemon/last_will.h"
#include "vrrp/text.h"

namespace alibi::daemon {

/// What came over, as far as it is understood.
struct keeping::Inheritance {
  KeeperState state;
  std::vector<vrrp::InstanceSnapshot> snapshots;   ///< by old instance
  std::vector<os::Fd> sockets;                     ///< by old port
  std::vector<std::optional<std::size_t>> origin;  ///< by slot: the old instance it continues
  std::vector<vrrp::Outbox> first_words;           ///< by slot: what its restoring put out
};

namespace {

using keeping::Inheritance;
using Kind = HandoverMessage::Kind;

constexpr Duration kAnswerPatience = 2s;
constexpr int kAttempts = 5;
constexpr int kMostPackets = 4096;

Result<KeeperState> read_state(const os::Fd& memory) {
  struct stat status {};
  if (::fstat(memory.get(), &status) != 0) return fail_errno("cannot read the keeper's state");
  std::vector<std::byte> bytes(static_cast<std::size_t>(status.st_size));
  std::size_t read = 0;
  while (read < bytes.size()) {
    const ssize_t got =
        ::pread(memory.get(), bytes.data() + read, bytes.size() - read, static_cast<off_t>(read));
    if (got <= 0) return fail_errno("cannot read the keeper's state");
    read += static_cast<std::size_t>(got);
  }
  return decode_keeper_state(bytes);
}

/// Found by name: a newer program may number the same configuration otherwise.
std::optional<std::size_t> index_of(const SlotState& slot, const config::Settings& settings) {
  for (std::size_t i = 0; i < settings.instances.size(); ++i) {
    if (settings.instances[i].vrrp.name == slot.name) return i;
  }
  return std::nullopt;
}

Result<Inheritance> hear_state(const os::MessageEnd& end, std::uint32_t attempt) {
  const Instant patience = os::monotonic_now() + kAnswerPatience;
  const auto first = hear_handover(end, attempt, patience);
  if (!first || first->message.kind != Kind::State || !first->passed.valid()) {
    return fail("the old keeper does not answer");
  }
  auto state = read_state(first->passed);
  if (!state) return tl::unexpected(state.error());
  Inheritance inheritance;
  inheritance.state = std::move(*state);
  for (const SlotState& slot : inheritance.state.slots) {
    auto snapshot = vrrp::parse_snapshot(slot.machine);
    if (!snapshot) return tl::unexpected(snapshot.error());
    inheritance.snapshots.push_back(std::move(*snapshot));
  }
  for (std::size_t i = 0; i < inheritance.state.ports.size(); ++i) {
    auto heard = hear_handover(end, attempt, patience);
    if (!heard || heard->message.kind != Kind::Socket || heard->message.number != i) {
      return fail("the old keeper stopped in the middle of handing over");
    }
    inheritance.sockets.push_back(std::move(heard->passed));
  }
  return inheritance;
}

/// Instances that are gone resign here, and tell so through the teller that knows them. Returns
/// what they leave.
InstanceNetwork retire_routers(const Inheritance& from, const Predecessor& old,
                               const Links& links) {
  const Voice voice(old.channels.keeper_to_teller, old.channels.page, Sender::Keeper);
  InstanceNetwork leaving;
  for (std::size_t i = 0; i < from.state.slots.size(); ++i) {
    if (std::find(from.origin.begin(), from.origin.end(), i) != from.origin.end()) continue;
    const auto known = index_of(from.state.slots[i], old.settings);
    if (!known) continue;
    const auto state = from.snapshots[i].memory.state;
    if (state == vrrp::State::Master) {
      const auto& record = old.channels.page.instance(*known);
      const auto sent =
          resign(old.settings, *known, old.resolver.macs(), IfIndex(record.interface_index.load()),
                 old.channels.page.source(*known));
      if (!sent) voice.say_daemon(sent.error().message, 2);
    }
    if (from.state.slots[i].has_addresses) {
      if (const auto left = old.resolver.instance(*known, links)) append(leaving, *left);
    }
    Tell tell = make_tell(Tell::Kind::Deleted);
    tell.instance = static_cast<std::int32_t>(*known);
    tell.from = state;
    tell.to = vrrp::State::Fault;
    tell.priority = from.snapshots[i].memory.effective.value;
    tell.text = "(" + old.settings.instances[*known].vrrp.name +
                ") removed from the configuration" +
                (state == vrrp::State::Master ? ": sent 0 priority, its addresses go" : "");
    voice.say(tell);
  }
  return leaving;
}

/// Packets before the hand-over are the old keeper's to read.
template <typename Socket>
void discard(Socket& socket, os::VrrpSocket::Buffer& buffer) {
  std::uint64_t ignored = 0;
  for (int i = 0; socket && i < kMostPackets && socket->receive(buffer, ignored);) ++i;
}

/// All that is held is closed, and this keeper's to close again. The table may be another one; one
/// of the same name that is set up otherwise now is replaced only here, where that is at once.
void close(os::Firewall& firewall, const config::Settings& old,
           const std::vector<keeping::Slot>& slots, const Voice& voice) {
  const auto before = firewall_options(old);
  const bool remade =
      any_silent(old) && before.table == firewall.options().table && before != firewall.options();
  Result<void> done = remade ? firewall.make_table() : Result<void>();
  InstanceNetwork held;
  for (const auto& slot : slots) {
    if (slot.has_addresses) append(held, slot.network);
  }
  if (done && !held.blocked.empty()) done = firewall.block(held.blocked);
  if (!done) voice.say_daemon(done.error().message, 2);
}

/// What the tracker found is known to the new one as well, by name.
void carry_tracked(const Predecessor& old, const TrackedObjects& ours, const SharedPage& page) {
  const TrackedObjects theirs(old.settings);
  for (std::size_t i = 0; i < ours.size(); ++i) {
    const auto known = theirs.find(ours[i].kind, ours[i].name);
    if (!known) continue;
    TrackState state = old.channels.page.tracked(*known);
    if (state.health == TrackHealth::Unknown) continue;
    state.object = static_cast<std::int32_t>(i);
    page.set_tracked(i, state);
  }
}

}  // namespace

Result<void> Keeper::succeed(const Predecessor& old) {
  running_ = true;
  const os::MessageEnd& end = old.channels.keeper_control.second;
  Error last{"the old keeper does not answer", 0};
  for (int turn = 0; turn < kAttempts; ++turn) {
    // A number of its own for each turn, so that no answer to the turn before is mistaken for one.
    const std::uint32_t attempt = old.attempt * 16 + static_cast<std::uint32_t>(turn);
    while (hear_handover(end, attempt, Instant{})) {
    }
    for (Port& port : ports_) discard(port.socket, buffer_);
    for (Slot& slot : slots_) discard(slot.tap, buffer_);
    end.send_struct(HandoverMessage{Kind::Ask, kHandoverVersion, attempt, 0});
    auto inheritance = hear_state(end, attempt);
    if (!inheritance) {
      last = inheritance.error();
      continue;
    }
    restore(*inheritance, old);
    end.send_struct(HandoverMessage{Kind::Take, kHandoverVersion, attempt, 0});
    const auto answer = hear_handover(end, attempt, os::monotonic_now() + kAnswerPatience);
    if (!answer || answer->message.kind != Kind::Yours) {
      last = {"the old keeper went on, this one was too slow", 0};
      continue;
    }
    channels_.page.handover() = HandoverStage::Taken;
    carry_fence(*inheritance, old);
    take_sockets(*inheritance);
    settle(*inheritance, old);
    channels_.page.handover() = HandoverStage::Settled;
    return {};
  }
  return tl::unexpected(last);
}

/// Everything but deeds: should this keeper die right after it took over, the page tells what is to
/// be resigned and given back.
void Keeper::restore(Inheritance& from, const Predecessor& old) {
  from.origin.assign(slots_.size(), std::nullopt);
  from.first_words.assign(slots_.size(), {});
  for (Slot& slot : slots_) {
    for (std::size_t i = 0; i < from.state.slots.size(); ++i) {
      const SlotState& before = from.state.slots[i];
      if (before.interface != slot.settings.interface) continue;
      if (!vrrp::continues(slot.settings.vrrp, from.snapshots[i])) continue;
      from.origin[slot.index] = i;
      slot.machine =
          vrrp::Instance::restored(keeping::parameters_of(slot.settings), from.snapshots[i],
                                   os::monotonic_now(), from.first_words[slot.index]);
      slot.started = before.started;
      slot.has_addresses = before.has_addresses;
      slot.track_fault = before.track_fault;
      slot.told = slot.machine.effective_priority();
      carry_record(slot, before, from.snapshots[i], old);
      timers_.set(slot.index, slot.machine.next_timer());
      remember(slot);
    }
  }
  groups_.clear();
  make_groups();  // their state is that of their members
  carry_tracked(old, tracking_.objects(), channels_.page);
  start_at_ = from.state.start_at;
  record_ = old.channels.page.household().keeper.read().value_or(KeeperRecord{});
}

void Keeper::remember(const Slot& slot) const {
  InstanceState& record = channels_.page.instance(slot.index);
  record.state.store(static_cast<std::uint8_t>(slot.machine.state()));
  record.has_addresses.store(slot.has_addresses ? 1 : 0);
  channels_.page.set_source(slot.index, source_of(slot));
}

/// Counters and the like: they are of the router, not of the process.
void Keeper::carry_record(Slot& slot, const SlotState& before,
                          const vrrp::InstanceSnapshot& snapshot, const Predecessor& old) {
  slot.faults = 0;
  for (const auto& fault : snapshot.memory.faults) {
    slot.faults |= 1U << static_cast<unsigned>(fault.code);
  }
  slot.master_interval = snapshot.memory.master_interval;
  const auto known = index_of(before, old.settings);
  if (!known) return;
  const InstanceState& theirs = old.channels.page.instance(*known);
  InstanceState& ours = channels_.page.instance(slot.index);
  slot.counters = theirs.traffic.read().value_or(Traffic{});
  const RareInstanceState& rare = old.channels.page.rare(*known);
  if (const auto refusals = rare.refusals.read()) {
    channels_.page.rare(slot.index).refusals.publish(*refusals);
  }
  if (const auto cleared = rare.cleared.read()) {
    channels_.page.rare(slot.index).cleared.publish(*cleared);
  }
  if (const auto last = theirs.last.read()) ours.last.publish(*last);
  publish(slot);
}

/// The programs of before are replaced by ours, whose records are complete by then: at no moment
/// does a packet pass that neither would let through.
void Keeper::carry_fence(const Inheritance& from, const Predecessor& old) {
  for (Slot& slot : slots_) {
    const auto origin = from.origin[slot.index];
    if (!origin) continue;
    const auto known = index_of(from.state.slots[*origin], old.settings);
    fence_.carry(slot.index, old.channels.fence, known.value_or(old.settings.instances.size()),
                 os::monotonic_now());
    fence_.set_source(slot.index, source_of(slot));
    fence_.decided(slot.index, slot.machine.state(), slot.machine.effective_priority());
    if (slot.has_addresses) fence_.arm(slot.index);
  }
  guard_all();
}

/// The old keeper's sockets with all that they have received and nobody has read: nothing is lost
/// in between and nothing comes twice, nor does the host leave the group for a moment.
void Keeper::take_sockets(Inheritance& from) {
  for (std::size_t i = 0; i < from.sockets.size(); ++i) {
    const PortState& before = from.state.ports[i];
    for (Port& port : ports_) {
      if (port.interface != before.interface || port.family != before.family) continue;
      port.defects_reported = before.defects_reported;
      port.malformed = before.malformed;
      port.unknown_vrid = before.unknown_vrid;
      if (!from.sockets[i].valid() || socket_text(port) != before.socket) continue;
      loop_.remove(port.socket->fd());
      port.socket = os::VrrpSocket::adopt(std::move(from.sockets[i]), port.index, port.family);
      static_cast<void>(loop_.add(port.socket->fd(), [this, &port] { receive(port); }));
    }
  }
}

/// What is different now. Resignations first, each is a backup that may begin at once; addresses
/// come before others go, so that one that moves between two instances is never away.
void Keeper::settle(Inheritance& from, const Predecessor& old) {
  hear_links();
  begin_tracking();
  if (firewall_) close(*firewall_, old.settings, slots_, voice_);
  InstanceNetwork leaving = retire_routers(from, old, links_);
  for (Slot& slot : slots_) {
    const auto origin = from.origin[slot.index];
    if (!origin) {
      remove_leftovers(slot);
      begin(slot);
      continue;
    }
    const auto known = index_of(from.state.slots[*origin], old.settings);
    const auto before = known ? old.resolver.instance(*known, links_) : InstanceNetwork();
    if (slot.has_addresses && before && *before != slot.network) {
      change_network(slot, *before, leaving);
    }
    for (const auto& output : from.first_words[slot.index]) perform(slot, output);
    continue_slot(slot);
  }
  leaving = not_held(std::move(leaving));
  const auto failed = [&](const Error& error) { voice_.say_daemon(error.message, 2); };
  os::Firewall* const firewall = firewall_ ? &*firewall_ : nullptr;
  give_back(leaving, netlink_, firewall, failed);
  if (leaving.addresses.empty()) return;
  // With the first address of a subnet the kernel may have taken away the others.
  for (const Slot& slot : slots_) {
    if (slot.has_addresses) daemon::take(slot.network, netlink_, firewall, failed);
  }
}

/// Without what an instance has that answers for it.
InstanceNetwork Keeper::not_held(InstanceNetwork network) const {
  for (const Slot& slot : slots_) {
    if (slot.has_addresses) network = lacking(std::move(network), slot.network);
  }
  return network;
}

/// Routes and rules that are otherwise now go first: two that differ in details alone cannot both
/// be there.
void Keeper::change_network(Slot& slot, const InstanceNetwork& before, InstanceNetwork& leaving) {
  const auto failed = [&](const Error& error) { report(slot, error); };
  os::Firewall* const firewall = firewall_ ? &*firewall_ : nullptr;
  InstanceNetwork gone = not_held(lacking(before, slot.network));
  InstanceNetwork now_gone;
  now_gone.routes = std::exchange(gone.routes, {});
  now_gone.rules = std::exchange(gone.rules, {});
  give_back(now_gone, netlink_, firewall, failed);
  append(leaving, gone);
  InstanceNetwork fresh = lacking(slot.network, before);
  // The same address, but labelled otherwise: made anew, and what the kernel takes away with it.
  const auto otherwise = altered(before, slot.network);
  for (const auto& spec : otherwise) static_cast<void>(netlink_.remove(spec));
  if (!otherwise.empty()) fresh = slot.network;
  daemon::take(fresh, netlink_, firewall, failed);
  // With its advertised addresses the machine asks for this itself; excluded ones it does not know.
  if (!fresh.addresses.empty()) send_gratuitous(slot, slot.settings.vrrp.garp_master_repeat);
}

/// The world may have moved while one keeper gave way to the other, and what an instance depends on
/// may be other things now.
void Keeper::continue_slot(Slot& slot) {
  apply_surroundings(slot);
  watch_source(slot);
  if (slot.source_there) feed(slot, vrrp::SourceAddress{source_of(slot)});
  const Priority base = slot.settings.vrrp.base_priority;
  const bool tracks = !tracking_.objects().bindings(slot.index).empty();
  if (!tracks && slot.told != base) {
    slot.told = base;
    feed(slot, vrrp::PriorityChanged{base, "nothing is tracked any more"});
  }
  if (!tracks && std::exchange(slot.track_fault, false)) {
    feed(slot, vrrp::FaultCleared{vrrp::ReasonCode::TrackFailed});
  }
  apply_tracking(slot, tracking_.summary(slot.index));
  start_when_ready(slot);
}

}  // namespace alibi::daemon
