// SPDX-License-Identifier: Apache-2.0
// Where something stands in a configuration.
#pragma once

#include "base/shared_text.h"

namespace alibi::config {

struct Place {
  SharedText file;
  int line = 0;    ///< from 1
  int column = 0;  ///< from 1, in octets
  /// Settings are the same wherever they are written, so places never tell them apart.
  bool operator==(const Place&) const { return true; }
};

}  // namespace alibi::config
