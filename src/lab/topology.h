// SPDX-License-Identifier: Apache-2.0
// The shape of a lab as data: hosts, and the network between them as `ip -batch` lines.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "lab/host.h"

namespace alibi::lab {

/// A tap point on the path of the advertisements.
struct TapSpec {
  std::string label;      ///< "A"
  std::string interface;
  std::string host;       ///< where it is; its namespace is Lab::netns(host)
};

struct Topology {
  std::string name;
  std::string summary;
  std::vector<HostSpec> hosts;  ///< in the order they start: nodes before their VMs
  std::vector<TapSpec> taps;    ///< in path order
};

const std::vector<Topology>& topologies();
const Topology* find_topology(const std::string& name);
/// What a lab's topology says of a host, nullptr when it has no such host.
const HostSpec* find_host(const Lab& lab, const std::string& host);

/// /etc/hosts of every host.
std::string hosts_file();

/// Makes bridges, veth pairs, tunnels, addresses and routes of the story inside the hosts.
Result<void> build_network(const Lab& lab);

/// The taps of a lab, in path order.
std::vector<TapSpec> taps(const Lab& lab);
/// "A=eth0@alibi-story-loadbalancer01:loadbalancer01", as `alibi record --tap` takes it.
std::string tap_argument(const Lab& lab, const TapSpec& tap);

// Addresses of the story. The tenant network holds the virtual address; the external network is
// reached through the router on control01; nodes and controller talk over the underlay.
inline constexpr std::string_view kVirtualAddress = "192.168.205.7";
inline constexpr std::string_view kMailAddress = "10.10.9.8";

}  // namespace alibi::lab
