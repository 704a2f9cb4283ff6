// SPDX-License-Identifier: Apache-2.0
// What a configuration wants of this host's network as long as alibi runs, whoever is master:
// interfaces with virtual MAC addresses and the settings that belong to them, static addresses,
// routes and rules, the table of no_accept. The supervisor makes it before the keeper starts and
// takes it back at the end.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/settings.h"
#include "daemon/instance_network.h"
#include "daemon/links.h"
#include "os/netlink.h"
#include "os/netlink_link.h"

namespace alibi::daemon {

/// Makes the interface and sets it up, or takes one that is there already with the same MAC on the
/// same interface below. `links` is read anew when something changed. Over netlink only: the keeper
/// does this, too, when the interface below has come back.
Result<void> make_virtual_mac(os::Netlink& netlink, Links& links, const VirtualMacPlan& plan);

class NetworkSetup {
 public:
  /// An interface that does not exist (yet) is left out when `dynamic_interfaces` allows it.
  static Result<NetworkSetup> prepare(const config::Settings& settings);

  /// Everything back as it was; what cannot be undone is returned as text, a line each.
  std::vector<std::string> undo();
  const Resolver& resolver() const { return resolver_; }

 private:
  struct Changed {
    std::string interface;
    os::Ipv4Setting setting;
    std::uint32_t before;
  };
  struct ChangedFile {
    std::string path;
    std::string before;
  };

  NetworkSetup(const config::Settings& settings, os::Netlink netlink)
      : resolver_(settings), netlink_(std::move(netlink)) {}
  Result<void> make_all(const config::Settings& settings);
  Result<void> make_virtual_macs(const config::Settings& settings);
  Result<void> change(const std::string& interface, os::Ipv4Setting setting, std::uint32_t value);
  Result<void> write(const std::string& path, const std::string& value);
  Result<void> no_reverse_path_filter();
  Result<void> add_statics(const config::Settings& settings);
  Result<void> make_firewall(const config::Settings& settings);

  Resolver resolver_;
  os::Netlink netlink_;
  InstanceNetwork statics_;
  std::optional<os::Firewall> firewall_;
  Links links_;
  std::vector<VirtualMacPlan> macs_;
  std::vector<Changed> changed_;
  std::vector<ChangedFile> files_;
};

}  // namespace alibi::daemon
