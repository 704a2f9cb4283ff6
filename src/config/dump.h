// SPDX-License-Identifier: Apache-2.0
// Settings as keepalived.conf text, every default written out.
#pragma once

#include <string>

#include "config/settings.h"

namespace alibi::config {

/// What parses to the same settings again; of settings that are fit to run. Walks the grammar
/// table: what has a reader there has a writer. Holds the passwords.
std::string dump(const Settings& settings);

}  // namespace alibi::config
