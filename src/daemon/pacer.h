// SPDX-License-Identifier: Apache-2.0
// When gratuitous ARPs and unsolicited neighbour advertisements may leave: at most one an interval
// on an interface (vrrp_garp_interval, vrrp_gna_interval) or on the interfaces of a garp_group. A
// queue with a timer; nobody ever sleeps. Values only: the caller brings the time and sends.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/instant.h"
#include "config/settings.h"
#include "wire/address.h"

namespace alibi::daemon {

class Pacer {
 public:
  explicit Pacer(const config::Settings& settings) : settings_(settings) {}

  /// Address number `address` of instance number `instance`, which is on `interface` (`base`: the
  /// interface below a virtual MAC's, else the same). In the order of the configuration, at start.
  void add(std::size_t instance, std::size_t address, const std::string& interface,
           const std::string& base, wire::Family family);

  /// How many of `repeat` may leave now. Without an interval all; with one, the first when nothing
  /// left during the last interval, and one more is queued for the rest together, as keepalived.
  int ask(std::size_t instance, std::size_t address, int repeat, Instant now);

  struct Due {
    std::size_t instance;
    std::size_t address;
  };
  /// The next one queued whose time has come, in turn.
  std::optional<Due> due(Instant now);
  /// When due() has one; kNever when nothing is queued.
  Instant next() const;
  /// Nothing queued for this instance may leave any more: it is not master.
  void forget(std::size_t instance);

 private:
  struct Lane {
    std::string name;
    bool neighbour = false;
    Duration interval{};
    Instant open{};  ///< nothing may leave before
  };
  struct Entry {
    std::size_t instance;
    std::size_t address;
    std::size_t lane;
    bool queued = false;
  };
  std::size_t lane_for(const std::string& interface, const std::string& base, bool neighbour);

  const config::Settings& settings_;
  std::vector<Lane> lanes_;
  std::vector<Entry> entries_;
  std::vector<std::size_t> first_;  ///< entry of each instance's first address
  bool paced_ = false;              ///< an interval is set somewhere
  std::size_t turn_ = 0;
  std::size_t queued_ = 0;
};

}  // namespace alibi::daemon
