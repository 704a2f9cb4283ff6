// SPDX-License-Identifier: Apache-2.0
// What the keeper holds of each socket, instance and sync group.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/rare.h"
#include "config/settings.h"
#include "daemon/instance_network.h"
#include "daemon/records.h"
#include "os/raw_socket.h"
#include "os/vrrp_tap.h"
#include "vrrp/instance.h"
#include "vrrp/sync_group.h"
#include "wire/address.h"

namespace alibi::daemon::keeping {

/// A socket on an interface (none: for unicast from `only_source`), shared by instances.
struct Port {
  std::string interface, vrf;  ///< empty: none; the VRF counts without an interface only
  std::optional<wire::IpAddress> only_source;
  std::vector<wire::IpAddress> groups;
  std::optional<unsigned> receive_bytes;
  wire::Family family = wire::Family::V4;
  IfIndex index{0};
  wire::MacAddress mac;
  bool up = false;
  wire::IpAddress primary;
  std::optional<os::VrrpSocket> socket;
  std::array<std::int32_t, 256> slot_of_vrid{};
  std::uint64_t malformed = 0;  ///< no whole IP packet
  std::uint64_t unknown_vrid = 0;
  std::bitset<256> unknown_reported;   ///< by VRID, with log_unknown_vrids
  std::uint32_t defects_reported = 0;  ///< bit per wire::VrrpDefect
};

/// What the socket was opened with, as text: sockets of the same can do each other's work. Empty:
/// there is none.
std::string socket_text(const Port& port);

/// What came over from the keeper before this one.
struct Inheritance;

/// Of a sync group.
struct Membership {
  std::size_t group = 0;
  std::size_t member = 0;
};

/// An interface beside the instance's own that its addresses and routes need.
struct Elsewhere {
  std::string interface;
  bool tracked = false;  ///< the instance is in fault without it
  bool operator==(const Elsewhere&) const = default;
};

/// Those of an instance, which are not copied: `instance` must outlive them.
inline std::shared_ptr<const vrrp::Parameters> parameters_of(const config::Instance& instance) {
  return {std::shared_ptr<const vrrp::Parameters>(), &instance.vrrp};
}

struct Slot {
  Slot(const config::Instance& instance, std::size_t at)
      : settings(instance), machine(parameters_of(instance)), index(at) {}
  const config::Instance& settings;
  vrrp::Instance machine;
  std::size_t index;
  std::size_t port = 0;
  std::optional<Membership> membership;
  std::optional<os::VrrpSocket> own_socket;  ///< sends from its virtual MAC; absent: the port's
  std::optional<os::VrrpTap> tap;            ///< hears what arrives at its virtual MAC
  Rare<std::vector<Elsewhere>> elsewhere;
  InstanceNetwork network;
  Rare<std::string> unresolved;  ///< what is missing for `network`; empty: nothing
  bool started = false;
  bool has_addresses = false;
  bool track_fault = false;
  bool source_there = true;          ///< track_src_ip
  Priority told{0};                  ///< effective priority last given to the machine
  std::vector<std::uint8_t> advert;  ///< encoded for `advert_priority` and `advert_source`
  Priority advert_priority{0};
  wire::IpAddress advert_source;
  bool send_failing = false;   ///< reported once until a send succeeds
  Traffic counters;            ///< what is refused is counted in the shared page alone
  std::uint32_t faults = 0;    ///< bit per ReasonCode that is raised
  Duration master_interval{};  ///< of the last master heard
};

std::vector<Elsewhere> elsewhere_of(const config::Instance& instance, std::size_t at,
                                    const std::vector<VirtualMacPlan>& macs);
/// Whether an interface counts as up, as interface_up_down_delays has it.
using CountsAsUp = std::function<bool(const os::Interface&)>;
/// Why its interfaces do not let it be master; empty when they do.
std::string link_trouble(const Slot& slot, const Port& port, const Links& links,
                         const CountsAsUp& counts_as_up);

struct Group {
  const config::SyncGroup& settings;
  vrrp::SyncGroup machine;
};

}  // namespace alibi::daemon::keeping
