// SPDX-License-Identifier: Apache-2.0
// Where something stands in a configuration.
#pragma once

#include <string>

namespace alibi::config {

struct Place {
  std::string file;
  int line = 0;    ///< from 1
  int column = 0;  ///< from 1, in octets
};

}  // namespace alibi::config
