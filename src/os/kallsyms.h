// SPDX-License-Identifier: Apache-2.0
// Names of kernel functions by address, from /proc/kallsyms, kept compactly (a few MB).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace alibi::os {

class Kallsyms {
 public:
  /// An empty table when the kernel hides addresses (kptr_restrict without the right to see them).
  static Result<Kallsyms> load(const std::string& path = "/proc/kallsyms");
  /// From text of that file's form.
  static Kallsyms parse(std::string_view text);

  /// The function that `address` is in; empty when none is known. Valid as long as the table.
  std::string_view name(std::uint64_t address) const;
  std::size_t size() const { return addresses_.size(); }

 private:
  std::vector<std::uint64_t> addresses_;  ///< ascending
  std::vector<std::uint32_t> names_;      ///< offset in text_, same order
  std::string text_;                      ///< names, each with a NUL
};

}  // namespace alibi::os
