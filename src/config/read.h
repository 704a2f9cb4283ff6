// SPDX-License-Identifier: Apache-2.0
// A file with what its reading needs from the world: includes, environment, seed.
#pragma once

#include <string>

#include "config/settings.h"
#include "config/source.h"

namespace alibi::config {

struct ReadInput {
  File file;
  ReadOptions options;
};

/// A file that cannot be read, or is no regular one, is an error.
Result<ReadInput> read_input(const std::string& path, const std::string& config_id);

/// The rest of the way; what is wrong with the file is in the diagnostics.
Parsed parse(const ReadInput& input);

}  // namespace alibi::config
