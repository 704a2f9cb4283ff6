// SPDX-License-Identifier: Apache-2.0
// What a reload just before the sender's decision changed of the router.
#pragma once

#include <string>

#include "investigate/scene.h"

namespace alibi::investigate::rules {

struct Change {
  enum class Says : std::uint8_t {
    NoReload,  ///< none was asked for just before
    Unknown,   ///< `text`: what is missing
    Same,      ///< nothing that explains it; `text` says how that is known
    Changed,   ///< `text`: what
  } says = Says::NoReload;
  std::string text;
};

/// By the readings of the configuration before and after a SIGHUP, from outside the daemon, that
/// came between the last advert before the sender bid less, resigned or kept silent, and that.
Change reload_change(const Scene& scene);

}  // namespace alibi::investigate::rules
