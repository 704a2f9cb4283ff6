// SPDX-License-Identifier: Apache-2.0
// What settings make each virtual router depend on, as evidence for a case.
#pragma once

#include <string>
#include <vector>

#include "config/settings.h"
#include "evidence/event_config.h"

namespace alibi::daemon {

struct ConfiguredRouters {
  std::vector<evidence::ConfiguredRouter> routers;  ///< `settings` is left 0
  /// Of each router all that it is set to, with its sync group, what it tracks and the global
  /// settings: equal texts, equal settings. Holds passwords.
  std::vector<std::string> settings;
};

/// A sync group's members share its tracked objects; what an object's own line does not say is
/// taken from its definition.
ConfiguredRouters configured_routers(const config::Settings& settings);

}  // namespace alibi::daemon
