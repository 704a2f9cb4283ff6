// SPDX-License-Identifier: Apache-2.0
// Turns errno into the sentence an operator reads.
#include "base/result.h"

#include <cerrno>
#include <cstring>

namespace alibi {

tl::unexpected<Error> fail_errno(std::string message) {
  const int saved = errno;
  return fail(std::move(message) + ": " + std::strerror(saved), saved);
}

}  // namespace alibi
