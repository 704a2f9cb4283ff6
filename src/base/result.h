// SPDX-License-Identifier: Apache-2.0
// Result<T>: a value or an Error that says what to do about it. Knows nothing of logging.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace alibi {

/// An error for a person: one sentence, with its place (file:line:column, packet number, byte
/// offset) already in it. `os_errno` is set when a system call failed, else 0.
struct Error {
  std::string message;
  int os_errno = 0;
};

template <typename T>
using Result = tl::expected<T, Error>;

/// `return fail("...")` from any function that returns Result<T>.
inline tl::unexpected<Error> fail(std::string message, int os_errno = 0) {
  return tl::unexpected<Error>(Error{std::move(message), os_errno});
}

/// fail() with ": strerror(errno)" appended.
tl::unexpected<Error> fail_errno(std::string message);

}  // namespace alibi
