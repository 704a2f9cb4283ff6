// SPDX-License-Identifier: Apache-2.0
// The texts of the configuration in force, in little room: only the program that follows this one
// reads them again.
#pragma once

#include <cstddef>
#include <vector>

#include "config/sources.h"
#include "daemon/blob.h"

namespace alibi::daemon {

void write(BlobWriter& out, const config::Sources& sources);
/// What does not end well is for `in` to say.
config::Sources read_sources(BlobReader& in);

class KeptSources {
 public:
  explicit KeptSources(const config::Sources& sources);
  config::Sources get() const;
  std::size_t size() const { return packed_.size(); }

 private:
  std::vector<std::byte> packed_;
  std::size_t bytes_ = 0;  ///< when unpacked
};

}  // namespace alibi::daemon
