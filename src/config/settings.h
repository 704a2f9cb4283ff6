// SPDX-License-Identifier: Apache-2.0
// What a keepalived.conf says, typed. Filled by the parser, read by daemon/ and cmd/.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/instant.h"
#include "base/rare.h"
#include "config/place.h"
#include "config/settings_global.h"
#include "config/settings_net.h"
#include "config/settings_track.h"
#include "vrrp/instance.h"

namespace alibi::config {

/// Error: keepalived would not run with it (`fatal`) or drops the block. Warning: carried on, but
/// not as written. Notice: keepalived takes it, alibi does not serve it yet, or it has no effect.
enum class Severity : std::uint8_t { Error, Warning, Notice };

struct Diagnostic {
  Severity severity;
  Place place;
  std::string message;      ///< reason in one sentence
  std::string source_line;  ///< the line as it stands
  std::string suggestion;   ///< nearest known word, or empty
  bool fatal = false;       ///< an Error that forbids to start
};

struct VirtualMac {
  std::string name;  ///< of the interface; empty: vmac_prefix.VRID (or [46].VRID)
  std::optional<wire::MacAddress> mac;  ///< absent: 00:00:5e:00:01|02:VRID
  bool netlink_notify = false;          ///< netlink_notify_msg
  std::uint32_t group = 0;              ///< interface group
  bool transmit_base = false;           ///< vmac_xmit_base: adverts leave by the interface below
  bool operator==(const VirtualMac&) const = default;
};

struct IpVlan {
  std::string name;
  std::optional<wire::IpAddress> address;
  std::string mode = "bridge";  ///< bridge, private, vepa
  bool operator==(const IpVlan&) const = default;
};

using UnicastPeer = vrrp::UnicastPeer;

struct Instance {
  vrrp::Parameters vrrp;  ///< addresses filled from `addresses`
  std::string interface;
  std::vector<VirtualAddress> addresses;
  Rare<std::vector<VirtualAddress>> excluded_addresses;
  Rare<std::vector<Route>> routes;
  Rare<std::vector<Rule>> rules;
  Rare<Tracks> tracks;
  bool smtp_alert = false;
  std::optional<wire::IpAddress> source;  ///< mcast_src_ip / unicast_src_ip
  std::optional<wire::IpAddress> group;   ///< mcast_dst_ip, else vrrp_mcast_group4/6
  std::vector<UnicastPeer> unicast_peers;
  int unicast_ttl = 255;
  bool check_unicast_source = false;
  bool fault_without_peer = false;  ///< unicast_fault_no_peer
  bool track_source = false;        ///< track_src_ip
  bool track_primary = true;        ///< dont_track_primary takes it away
  bool accept = true;               ///< false: packets to the addresses are dropped
  bool promote_secondaries = false;
  bool strict = false;                 ///< strict_mode, else vrrp_strict
  std::optional<VirtualMac> vmac;      ///< use_vmac
  bool vmac_for_addresses = false;     ///< use_vmac_addr: for addresses on other interfaces
  Rare<std::optional<IpVlan>> ipvlan;  ///< use_ipvlan
  Rare<std::string> vrf;
  Duration garp_extra_if{};  ///< 0: off
  bool garp_extra_all = false;
  std::optional<unsigned> receive_buffer;  ///< kernel_rx_buf_size
  Rare<Command> notify_master, notify_backup, notify_fault, notify_stop, notify;
  Rare<Command> notify_master_rx_lower;  ///< notify_master_rx_lower_pri
  bool notify_deleted = false;
  bool notify_priority_changes = false;
  Place place;
  bool operator==(const Instance&) const = default;
};

struct SyncGroup {
  std::string name;
  std::vector<std::size_t> members;  ///< indices into Settings::instances
  Tracks tracks;
  bool tracking_weight = false;  ///< sync_group_tracking_weight
  bool smtp_alert = false;
  Rare<Command> notify_master, notify_backup, notify_fault, notify_stop, notify;
  bool notify_priority_changes = false;
  Place place;
  bool operator==(const SyncGroup&) const = default;
};

struct Settings {
  Global global;
  std::vector<Script> scripts;
  std::vector<TrackedFile> files;
  std::vector<TrackedProcess> processes;
  std::vector<Bfd> bfds;
  std::vector<Instance> instances;
  std::vector<SyncGroup> groups;
  std::vector<VirtualAddress> static_addresses;
  std::vector<Route> static_routes;
  std::vector<Rule> static_rules;
  std::vector<TrackGroup> track_groups;
  std::vector<GarpGroup> garp_groups;
  std::vector<UpDownDelay> up_down_delays;
  bool operator==(const Settings&) const = default;
};

struct Parsed {
  Settings settings;
  std::vector<Diagnostic> diagnostics;
  /// keepalived -t's exit codes: 0 clean, 4 cannot run, 5 configuration errors or warnings.
  int exit_code() const;
  bool runnable() const;  ///< no Error that keepalived would stop for
};

/// Reads FILE (and, when it includes others, those). Never throws; unreadable file is an Error
/// diagnostic at FILE:0:0. `config_id` is what `@id` lines are compared with (keepalived's -i);
/// empty: the host name up to its first dot.
Parsed load(const std::string& path, const std::string& config_id = {});
/// The same for text in memory, for tests and fuzzing; includes are reported, not followed.
Parsed parse(std::string_view text, const std::string& file_name);

/// "FILE:LINE:COLUMN: error: message" + the line + a caret + the suggestion.
std::string render(const Diagnostic& diagnostic);

}  // namespace alibi::config
