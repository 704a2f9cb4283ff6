// SPDX-License-Identifier: Apache-2.0
// The grammar table as a list for people: what of keepalived.conf is served.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace alibi::config {

struct KeywordInfo {
  std::string_view block;  ///< empty: outside of blocks
  std::string_view name;
  std::string_view form;    ///< what follows it, e.g. "NAME { ... }"
  std::string_view status;  ///< "served", "parsed", "not served", "refused"
  std::string_view fallback;
  std::string_view note;
};

/// In the order of the table, block by block.
std::vector<KeywordInfo> all_keywords();
/// The same as Markdown, the body of docs/configuration.md.
std::string keywords_markdown();

}  // namespace alibi::config
