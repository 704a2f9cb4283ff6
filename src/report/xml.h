// SPDX-License-Identifier: Apache-2.0
// Text inside SVG.
#pragma once

#include <string>

namespace alibi::report {

/// For element content and quoted attributes; control characters, which XML has no place for, as ?.
std::string xml_escaped(const std::string& text);

}  // namespace alibi::report
