// SPDX-License-Identifier: Apache-2.0
// A file with what its reading needs from the world: includes, environment, seed.
#pragma once

#include <string>

#include "config/source.h"

namespace alibi::config {

struct ReadInput {
  File file;
  ReadOptions options;
};

Result<ReadInput> read_input(const std::string& path, const std::string& config_id);

}  // namespace alibi::config
