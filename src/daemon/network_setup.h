// SPDX-License-Identifier: Apache-2.0
// What a configuration wants of this host's network as long as alibi runs, whoever is master:
// interfaces with virtual MAC addresses and the settings that belong to them, static addresses,
// routes and rules, the table of no_accept. The supervisor makes it before the keeper starts,
// puts static items back that others took away, and takes it all back at the end.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/settings.h"
#include "daemon/instance_network.h"
#include "daemon/links.h"
#include "os/netlink.h"
#include "os/netlink_link.h"
#include "os/netlink_monitor.h"

namespace alibi::daemon {

/// Makes the interface and sets it up, or takes one that is there already with the same MAC on the
/// same interface below. `links` is read anew when something changed. Over netlink only: the keeper
/// does this, too, when the interface below has come back.
Result<void> make_virtual_mac(os::Netlink& netlink, Links& links, const VirtualMacPlan& plan);

class NetworkSetup {
 public:
  /// An interface that does not exist (yet) is left out when `dynamic_interfaces` allows it.
  /// `before`: that of the configuration in force, which goes on to have what both want; an
  /// interface of its that would have to be made anew is an error.
  static Result<NetworkSetup> prepare(const config::Settings& settings,
                                      const NetworkSetup* before = nullptr);

  /// Everything back as it was; what cannot be undone is returned as text, a line each.
  std::vector<std::string> undo() { return undo(nullptr); }
  /// But for what `staying` has, too.
  std::vector<std::string> undo_but(const NetworkSetup& staying) { return undo(&staying); }

  /// What a program that takes this one's place must know to undo it.
  struct Memory {
    struct Changed {
      std::string interface;
      os::Ipv4Setting setting;
      std::uint32_t before;
    };
    struct ChangedFile {
      std::string path;
      std::string before;
    };
    std::vector<Changed> settings;
    std::vector<ChangedFile> files;
  };
  const Memory& memory() const { return memory_; }
  /// As it was prepared by the program before this one.
  static Result<NetworkSetup> resume(const config::Settings& settings, Memory memory);

  /// Static items that are not to be missing while alibi runs: any at all, routes or rules.
  bool restores() const;
  bool restores_policy() const;
  /// Whether one of them may be missing after `news`.
  bool may_lose(const os::LinkNews& news);
  /// Puts back what is missing; returns what is to be said of it, a line each, a failure once.
  std::vector<std::string> restore();

  /// What the kernel did not let us set, a line each: alibi goes on without it.
  const std::vector<std::string>& warnings() const { return warnings_; }
  const Resolver& resolver() const { return resolver_; }

 private:
  NetworkSetup(const config::Settings& settings, os::Netlink netlink)
      : settings_(settings), resolver_(settings), netlink_(std::move(netlink)) {}
  Result<void> make_all(const config::Settings& settings);
  Result<void> may_become(const VirtualMacPlan& plan) const;
  Result<void> make_virtual_macs(const config::Settings& settings);
  Result<void> change(const std::string& interface, os::Ipv4Setting setting, std::uint32_t value);
  Result<void> write(const std::string& path, const std::string& value);
  Result<void> no_reverse_path_filter();
  Result<void> add_statics(const config::Settings& settings);
  Result<void> make_firewall(const config::Settings& settings);
  std::vector<std::string> undo(const NetworkSetup* staying);
  bool keeps(const VirtualMacPlan& plan) const;
  bool comes_up(const os::Interface& news);
  void undo_statics(const NetworkSetup* staying, std::vector<std::string>& failures);
  void restore_settings(const NetworkSetup* staying, std::vector<std::string>& failures);

  const config::Settings& settings_;
  Resolver resolver_;
  os::Netlink netlink_;
  InstanceNetwork statics_;
  std::vector<std::string> refused_;  ///< static items that could not be put back, and why
  std::optional<os::Firewall> firewall_;
  Links links_;
  std::vector<VirtualMacPlan> macs_;
  Memory memory_;
  std::vector<std::string> warnings_;
  const NetworkSetup* before_ = nullptr;  ///< while this one is being prepared
};

}  // namespace alibi::daemon
