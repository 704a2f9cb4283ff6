// SPDX-License-Identifier: Apache-2.0
// Routes and rules of a configuration as the kernel wants them: names become numbers, here and now.
#pragma once

#include "config/settings.h"
#include "daemon/links.h"
#include "os/netlink_route.h"
#include "os/netlink_rule.h"
#include "os/route_names.h"

namespace alibi::daemon {

/// An interface, table or other name that is not known is the error.
Result<os::RouteSpec> route_spec(const config::Route& route, const Links& links,
                                 const os::RouteNames& names);
/// What of the route has a name that this host does not know, interfaces apart; empty: nothing.
std::string unknown_name(const config::Route& route, const os::RouteNames& names);
/// `priority`: for a rule that has none of its own.
Result<os::RuleSpec> rule_spec(const config::Rule& rule, std::uint32_t priority,
                               const os::RouteNames& names);

/// Hands out what rules without a preference get: from 16384 downwards, as keepalived.
class RulePriorities {
 public:
  std::uint32_t of(const config::Rule& rule) { return rule.priority ? *rule.priority : next_--; }

 private:
  std::uint32_t next_ = 16384;
};

}  // namespace alibi::daemon
