// SPDX-License-Identifier: Apache-2.0
// The manual page of the configuration, from the grammar table.
#pragma once

#include <string>

namespace alibi::config {

/// docs/man/alibi-keepalived.conf.5, in the language of man(7).
std::string manual_page();

}  // namespace alibi::config
