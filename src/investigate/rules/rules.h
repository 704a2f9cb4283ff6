// SPDX-License-Identifier: Apache-2.0
// The rules, one group of causes a file. Each argues from a mechanism and says on what it rests.
#pragma once

#include "investigate/scene.h"

namespace alibi::investigate::rules {

// ended.cc: the sender's process is gone
std::optional<Finding> process_crashed(const Scene& scene);
std::optional<Finding> process_killed(const Scene& scene);
std::optional<Finding> admin_stopped(const Scene& scene);
// held.cc: the sender's thread is held
std::optional<Finding> process_stopped(const Scene& scene);
std::optional<Finding> process_frozen(const Scene& scene);
// cpu.cc
std::optional<Finding> cpu_starved(const Scene& scene);
std::optional<Finding> cpu_throttled(const Scene& scene);
std::optional<Finding> process_busy(const Scene& scene);
// machine.cc: it did not run
std::optional<Finding> host_paused(const Scene& scene);
std::optional<Finding> cpu_stolen(const Scene& scene);
// memory.cc
std::optional<Finding> memory_swap(const Scene& scene);
std::optional<Finding> memory_reclaim(const Scene& scene);
// io.cc
std::optional<Finding> io_disk(const Scene& scene);
std::optional<Finding> io_filesystem(const Scene& scene);
std::optional<Finding> io_log(const Scene& scene);
// net.cc
std::optional<Finding> link_down(const Scene& scene);
// address.cc
std::optional<Finding> address_removed(const Scene& scene);
// other_link.cc
std::optional<Finding> other_link_down(const Scene& scene);
std::optional<Finding> network_cut(const Scene& scene);
std::optional<Finding> network_loss(const Scene& scene);
// peer.cc: the receiving side
std::optional<Finding> peer_held(const Scene& scene);
std::optional<Finding> peer_overflow(const Scene& scene);
std::optional<Finding> peer_busy(const Scene& scene);
// dropped.cc: the kernel says that it dropped them
std::optional<Finding> firewall(const Scene& scene);
std::optional<Finding> qdisc(const Scene& scene);
std::optional<Finding> neighbour(const Scene& scene);
std::optional<Finding> peer_firewall(const Scene& scene);
std::optional<Finding> peer_route(const Scene& scene);
std::optional<Finding> peer_other_mac(const Scene& scene);
// service.cc
std::optional<Finding> service_down(const Scene& scene);

// reload.cc
std::optional<Finding> admin_reloaded(const Scene& scene);
// refused.cc: two masters, and the adverts themselves say why
std::optional<Finding> advert_refused(const Scene& scene);
std::optional<Finding> addresses_differ(const Scene& scene);

/// Those that name what a daemon that resigned, or bid less, may have acted on; none for incidents
/// of another kind.
std::span<const Rule> of_own_decision(Kind kind);

/// All of them; the first that speaks is believed, so the more direct evidence stands first.
std::span<const Rule> all();

}  // namespace alibi::investigate::rules
