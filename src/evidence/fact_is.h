// SPDX-License-Identifier: Apache-2.0
// How a field list names its struct.
#pragma once

#include <concepts>
#include <type_traits>

namespace alibi::evidence {

/// T itself or const T: one list serves reading and writing.
template <typename A, typename T>
concept Is = std::same_as<std::remove_const_t<A>, T>;

}  // namespace alibi::evidence
