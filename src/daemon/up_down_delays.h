// SPDX-License-Identifier: Apache-2.0
// interface_up_down_delays: a change of an interface counts when it has lasted. Times come in; the
// keeper asks again when next() has come.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/instant.h"
#include "config/settings.h"

namespace alibi::daemon {

class UpDownDelays {
 public:
  /// Shorter than configured where an instance would not survive it: a backup that hears nothing
  /// must learn of its fault before its master-down interval is over.
  explicit UpDownDelays(const config::Settings& settings);

  /// What counts now that the kernel says `up`; the first state of an interface counts at once.
  bool heard(std::string_view interface, bool up, Instant now);
  /// When a change that waits may count; kNever: none waits.
  Instant next() const;
  /// Interfaces whose change has lasted, to be asked about by heard() again.
  struct Due {
    std::string interface;
    bool up = false;
  };
  std::vector<Due> due(Instant now) const;

 private:
  struct Delay {
    std::string interface;
    Duration down{};
    Duration up{};
    bool known = false;
    bool counts = false;         ///< the state that counts
    Instant counts_at = kNever;  ///< when the opposite does
  };
  std::vector<Delay> delays_;
};

}  // namespace alibi::daemon
