// SPDX-License-Identifier: Apache-2.0
// Settling by count: the programs count what they let through to the socket, the keeper what it
// read from there. Equal counts prove that nothing is on the way between the two.
#include "daemon/keeper_fence.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <utility>

namespace alibi::daemon {
namespace {

// Longer than any packet takes from the programs to a socket's queue. One seen before that and not
// in the queue now never got there.
constexpr Duration kOnTheWay = 20ms;

std::uint64_t load(const std::uint64_t& value) {
  return std::atomic_ref(const_cast<std::uint64_t&>(value)).load(std::memory_order_acquire);
}

template <typename T>
void store(T& at, T value) {
  std::atomic_ref(at).store(value, std::memory_order_release);
}

Instant instant(std::uint64_t ns) { return Instant{static_cast<std::int64_t>(ns)}; }

std::uint64_t nanoseconds(Duration d) { return static_cast<std::uint64_t>(d.count()); }

void describe(alibi_fence& f, const config::Instance& instance, FenceMode mode) {
  const vrrp::Parameters& p = instance.vrrp;
  const Duration interval = p.advert_interval;
  f.mode = mode == FenceMode::Lease ? ALIBI_FENCE_LEASE : ALIBI_FENCE_TAKEOVER;
  // A backup waits for `down_timer_adverts` intervals: one that waits for one leaves no slack.
  f.fresh_ns = nanoseconds(p.down_timer_adverts > 1 ? interval + interval / 2 : interval);
  f.lease_ns = nanoseconds(interval * p.down_timer_adverts);
  f.half_interval_ns = nanoseconds(interval / 2);
  f.unicast = p.unicast ? 1 : 0;
  f.version = p.version;
  f.auth_type = static_cast<std::uint8_t>(p.auth_type);
  f.interval_s = static_cast<std::uint8_t>(std::clamp<std::int64_t>(interval / 1s, 0, 255));
  std::memcpy(f.auth_data, p.auth_data.data(), sizeof f.auth_data);
}

}  // namespace

std::uint64_t FenceOpened::dropped_in_all() const {
  std::uint64_t sum = 0;
  for (const auto& way : dropped) {
    for (const auto count : way) sum += count;
  }
  return sum;
}

std::string FenceOpened::text() const {
  const auto both = [&](alibi_fence_kind kind) {
    return fmt::format("{}+{}", dropped[ALIBI_FENCE_IN][kind], dropped[ALIBI_FENCE_OUT][kind]);
  };
  const bool foreign = why == ALIBI_FENCE_OVERTAKEN || why == ALIBI_FENCE_LATE;
  return fmt::format(
      "fence was closed for {}: {}{}; dropped in+out: ARP {}, ND {}, IPv4 {}, IPv6 {}",
      seconds_text(closed_for, 3), fence_reason_text(why),
      foreign ? fmt::format(" ({}, priority {})", foreign_source.text(), foreign_priority.value)
              : "",
      both(ALIBI_FENCE_ARP), both(ALIBI_FENCE_ND), both(ALIBI_FENCE_IPV4), both(ALIBI_FENCE_IPV6));
}

bool fence_counted(const vrrp::Input& input, const vrrp::Outbox& outbox) {
  const auto* received = std::get_if<vrrp::AdvertReceived>(&input);
  if (received == nullptr || received->advert.priority.value == 0) return false;
  return std::none_of(outbox.begin(), outbox.end(), [](const vrrp::Output& output) {
    const auto* rejected = std::get_if<vrrp::Rejected>(&output);
    return rejected != nullptr && rejected->code != vrrp::RejectCode::AddressList;
  });
}

KeeperFence::KeeperFence(const SharedFence& fence, std::size_t instances)
    : fence_(fence.loaded.get()), mode_(fence.mode), gates_(instances) {
  for (std::size_t i = 0; fence_ != nullptr && i < instances && i < fence_->size(); ++i) {
    use(gates_[i], fence_->record(i));
  }
  missing_.reserve(instances);
  due_.reserve(instances);
}

KeeperFence::KeeperFence(std::span<alibi_fence> records)
    : fence_(nullptr), mode_(FenceMode::Off), gates_(records.size()) {
  for (std::size_t i = 0; i < records.size(); ++i) use(gates_[i], records[i]);
}

void KeeperFence::use(Gate& gate, alibi_fence& record) {
  gate.record = &record;
  // What a keeper before this one reported.
  Dropped dropped;
  static_assert(sizeof dropped == sizeof record.dropped);
  std::memcpy(&dropped, record.dropped, sizeof dropped);
  gate.dropped = dropped;
}

Result<void> KeeperFence::guard(std::size_t i, const config::Instance& instance, IfIndex port,
                                std::span<const os::AddressSpec> addresses,
                                std::set<IfIndex>& attached) {
  Gate& gate = gates_[i];
  if (fence_ == nullptr || gate.record == nullptr) return {};
  gate.record->guarded = 0;
  describe(*gate.record, instance, mode_);
  for (const auto& key : gate.addresses) fence_->remove(key);
  for (const auto& key : gate.routers) fence_->remove(key);
  gate.addresses.clear();
  gate.routers = {{static_cast<std::uint32_t>(port.value),
                   instance.vrrp.vrid.value,
                   static_cast<std::uint8_t>(instance.vrrp.family),
                   {}}};
  const auto record = static_cast<std::uint32_t>(i);
  if (auto added = fence_->add(gate.routers.front(), {record, 1, 1, {}}); !added) return added;
  std::set<IfIndex> interfaces{port};
  for (const auto& spec : addresses) {
    // Where it is, and where the virtual router is: its packets may come in by either.
    for (const IfIndex index : std::set<IfIndex>{spec.index, port}) {
      interfaces.insert(index);
      gate.addresses.push_back(bpf::address_key(index, spec.address));
      if (auto added = fence_->add(gate.addresses.back(), record); !added) return added;
    }
  }
  for (const IfIndex index : interfaces) {
    if (attached.count(index) != 0) continue;
    if (auto done = fence_->attach(index); !done) return done;
    attached.insert(index);
  }
  gate.record->guarded = 1;
  return {};
}

void KeeperFence::carry(std::size_t i, const SharedFence& before, std::size_t theirs, Instant now) {
  Gate& gate = gates_[i];
  if (gate.record == nullptr) return;
  if (before.loaded != nullptr && theirs < before.loaded->size()) {
    std::memcpy(gate.record, &before.loaded->record(theirs), sizeof *gate.record);
    gate.record->guarded = 0;
  } else {
    gate.record->own_ns = static_cast<std::uint64_t>(now.ns);  // nobody knows; the lease begins now
  }
  gate.read = 0;
  use(gate, *gate.record);
}

void KeeperFence::set_source(std::size_t i, const wire::IpAddress& source) {
  alibi_fence* f = gates_[i].record;
  if (f != nullptr) std::memcpy(f->source, source.bytes.data(), sizeof f->source);
}

void KeeperFence::read(std::size_t i) { ++gates_[i].read; }

void KeeperFence::decided(std::size_t i, vrrp::State state, Priority priority) {
  Gate& gate = gates_[i];
  if (gate.record == nullptr) return;
  alibi_fence& f = *gate.record;
  const bool master = state == vrrp::State::Master;
  f.priority = priority.value;
  store(f.master, static_cast<std::uint8_t>(master ? 1 : 0));  // before what was read is settled
  const std::uint64_t seen = load(f.seen);
  if (seen == f.settled) {
    gate.read = 0;
    return;
  }
  const std::uint64_t base = gate.lost ? gate.floor : f.settled;
  if (seen != base && gate.read >= seen - base) {
    settle(gate, seen);
  } else {
    await(i, gate);
  }
}

void KeeperFence::settle(Gate& gate, std::uint64_t seen) {
  gate.read = 0;
  gate.lost = false;
  store(gate.record->settled, seen);
}

void KeeperFence::await(std::size_t i, Gate& gate) {
  if (gate.missing) return;
  gate.missing = true;
  missing_.push_back(i);
  next_ = std::min(next_, instant(load(gate.record->foreign_ns)) + kOnTheWay);
}

std::span<const std::size_t> KeeperFence::take_due(Instant now) {
  due_.clear();
  next_ = kNever;
  std::erase_if(missing_, [&](std::size_t i) {
    Gate& gate = gates_[i];
    const Instant wanted = still_missing(gate, now);
    if (wanted != kNever) {
      next_ = std::min(next_, wanted);
      return false;
    }
    gate.missing = false;
    if (gate.lost && gate.record->master != 0) due_.push_back(i);
    settle(gate, gate.lost ? load(gate.record->seen) : gate.record->settled);
    return true;
  });
  return due_;
}

/// When to look at it again; kNever: all is read, or lost and of no interest any more.
Instant KeeperFence::still_missing(Gate& gate, Instant now) const {
  const alibi_fence& f = *gate.record;
  const std::uint64_t seen = load(f.seen);
  const Instant last = instant(load(f.foreign_ns));
  if (seen == f.settled) {
    gate.lost = false;
    return kNever;
  }
  if (!gate.lost) {
    if (now < last + kOnTheWay) return last + kOnTheWay;
    gate.lost = true;
    gate.floor = seen;
    gate.read = 0;
  }
  const Instant gone = last + Duration(static_cast<std::int64_t>(f.fresh_ns));
  return now < gone ? gone : kNever;
}

void KeeperFence::arm(std::size_t i) {
  alibi_fence* f = gates_[i].record;
  if (f == nullptr) return;
  f->resigned = 0;
  store(f->armed, std::uint8_t{1});
}

void KeeperFence::disarm(std::size_t i) {
  alibi_fence* f = gates_[i].record;
  if (f != nullptr) store(f->armed, std::uint8_t{0});
}

std::optional<FenceOpened> KeeperFence::opened(std::size_t i, Instant now) {
  Gate& gate = gates_[i];
  if (gate.record == nullptr || gate.record->closed_ns == 0) return std::nullopt;
  alibi_fence& f = *gate.record;
  const auto now_ns = static_cast<std::uint64_t>(now.ns);
  if (alibi_fence_why(&f, now_ns) != ALIBI_FENCE_OPEN) return std::nullopt;
  FenceOpened opened;
  opened.why = f.closed_why;
  // A lease is opened by our advert as it leaves, a moment before this is asked.
  const Instant end = opened.why == ALIBI_FENCE_LEASE_OVER ? instant(f.own_ns) : now;
  opened.closed_for = std::max(end - instant(f.closed_ns), Duration(0));
  opened.foreign_priority = Priority(static_cast<std::uint8_t>(f.foreign_priority));
  opened.foreign_source.family = gate.routers.empty() || gate.routers.front().family == 4
                                     ? wire::Family::V4
                                     : wire::Family::V6;
  std::memcpy(opened.foreign_source.bytes.data(), f.foreign_source, sizeof f.foreign_source);
  store(f.closed_ns, alibi_u64{0});
  for (std::size_t way = 0; way < ALIBI_FENCE_WAYS; ++way) {
    for (std::size_t kind = 0; kind < ALIBI_FENCE_KINDS; ++kind) {
      const std::uint64_t count = load(f.dropped[way][kind]);
      opened.dropped[way][kind] = count - std::exchange(gate.dropped.edit()[way][kind], count);
    }
  }
  return opened;
}

}  // namespace alibi::daemon
