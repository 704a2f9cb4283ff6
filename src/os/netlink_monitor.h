// SPDX-License-Identifier: Apache-2.0
// Hearing of changes of links, addresses, routes and rules, whoever makes them.
#pragma once

#include <functional>
#include <variant>

#include "os/netlink.h"
#include "os/netlink_route.h"
#include "os/netlink_rule.h"

namespace alibi::os {

struct Overrun {};  ///< notifications were lost: look at everything anew
using LinkNews = std::variant<Interface, InterfaceAddress, RouteKey, RuleKey, Overrun>;

/// Notifications, non-blocking.
class NetlinkMonitor {
 public:
  /// `policy`: routes and rules as well.
  static Result<NetlinkMonitor> open(bool policy = false);
  int fd() const { return fd_.get(); }
  /// Calls `heard` for each notification that is waiting.
  void drain(const std::function<void(const LinkNews&)>& heard);

 private:
  explicit NetlinkMonitor(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

}  // namespace alibi::os
