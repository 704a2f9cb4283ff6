// SPDX-License-Identifier: Apache-2.0
// The keeper's side of the fence: says in shared memory who is master, what was read and decided,
// and whether the addresses are on. No system call but while an interface is first guarded. Without
// a fence (off, or not possible here) every call does nothing.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/instant.h"
#include "base/rare.h"
#include "bpf/fence.h"
#include "config/settings.h"
#include "daemon/fence.h"
#include "os/netlink.h"
#include "vrrp/instance.h"

namespace alibi::daemon {

/// What a fence that has opened again did meanwhile.
struct FenceOpened {
  Duration closed_for{};
  std::uint32_t why = ALIBI_FENCE_OPEN;  ///< alibi_fence_reason
  Priority foreign_priority{0};
  wire::IpAddress foreign_source;
  std::uint64_t dropped[ALIBI_FENCE_WAYS][ALIBI_FENCE_KINDS]{};
  std::uint64_t dropped_in_all() const;
  /// "was closed for 3.21 s: ...; dropped ..."
  std::string text() const;
};

/// An advert that the programs counted as well: no resignation, and none of the faults that they
/// look for. What is rejected for another reason they have counted.
bool fence_counted(const vrrp::Input& input, const vrrp::Outbox& outbox);

class KeeperFence {
 public:
  /// `fence` is the supervisor's and outlives this.
  KeeperFence(const SharedFence& fence, std::size_t instances);
  /// With records of the caller's, and no programs.
  explicit KeeperFence(std::span<alibi_fence> records);

  /// Instance `i` hears and speaks on interface `port` and has `addresses`: programs onto every
  /// interface concerned but those in `attached`, which gains them. Again after an interface was
  /// made anew.
  Result<void> guard(std::size_t i, const config::Instance& instance, IfIndex port,
                     std::span<const os::AddressSpec> addresses, std::set<IfIndex>& attached);
  /// Instance `i` goes on where `theirs` of the keeper before this one stopped: to be told before
  /// it is guarded, so that the programs find its record complete.
  void carry(std::size_t i, const SharedFence& before, std::size_t theirs, Instant now);
  void set_source(std::size_t i, const wire::IpAddress& source);

  /// An advert that the programs counted was read from the queue.
  void read(std::size_t i);
  /// The instance has taken its input: its outputs follow. Settles what was read, which opens the
  /// fence for a master; one that is master no more stays fenced until disarm().
  void decided(std::size_t i, vrrp::State state, Priority priority);
  /// The receive queues are empty. What the programs counted and nobody has read by now is lost
  /// (the queue was full): the next one read tells who is there, or nobody is when none came for an
  /// interval and a half. Calls `opened` with each master of the second kind: what it has announced
  /// meanwhile was dropped.
  template <typename Opened>
  void drained(Instant now, Opened&& opened) {
    if (now < next_) return;
    for (std::size_t i : take_due(now)) opened(i);
  }
  /// When drained() wants to be called; kNever: no advert is missing.
  Instant next() const { return next_; }

  void arm(std::size_t i);     ///< before the addresses are added
  void disarm(std::size_t i);  ///< after all are off

  /// Once after the fence has opened again; nothing when it was not closed.
  std::optional<FenceOpened> opened(std::size_t i, Instant now);

 private:
  using Dropped = std::array<std::array<std::uint64_t, ALIBI_FENCE_KINDS>, ALIBI_FENCE_WAYS>;
  struct Gate {
    alibi_fence* record = nullptr;
    std::uint64_t read = 0;   ///< since the last settling or, when some are lost, since `floor`
    std::uint64_t floor = 0;  ///< as many were seen when the queue was found empty
    bool missing = false;     ///< is in missing_
    bool lost = false;        ///< and is certain that they will not be read
    Rare<Dropped> dropped;    ///< already reported
    std::vector<alibi_fence_address_key> addresses;
    std::vector<alibi_fence_router_key> routers;
  };

  static void use(Gate& gate, alibi_fence& record);
  void settle(Gate& gate, std::uint64_t seen);
  void await(std::size_t i, Gate& gate);
  Instant still_missing(Gate& gate, Instant now) const;
  std::span<const std::size_t> take_due(Instant now);

  bpf::Fence* fence_;
  FenceMode mode_;
  std::vector<Gate> gates_;
  std::vector<std::size_t> missing_;  ///< instances whose adverts were seen, not read
  std::vector<std::size_t> due_;
  Instant next_ = kNever;
};

}  // namespace alibi::daemon
