// SPDX-License-Identifier: Apache-2.0
// The words that case files write for the enumerators of the schema. They are stable: a word is
// added at the end with its enumerator, none is ever changed.
#pragma once

#include <array>
#include <string_view>

#include "evidence/recording.h"

namespace alibi::evidence {

/// Specialised for each enumeration that a case file stores; the names in the enumerators' order.
template <typename E>
inline constexpr std::array<std::string_view, 0> kEnumNames{};

template <>
inline constexpr std::array<std::string_view, 6> kEnumNames<ProcessFound::Role> = {
    "heartbeat", "parent", "child", "service", "log_reader", "watched"};
template <>
inline constexpr std::array<std::string_view, 7> kEnumNames<WaitTarget::Kind> = {
    "none", "file", "pipe", "terminal", "unix_socket", "other_socket", "other"};
template <>
inline constexpr std::array<std::string_view, 5> kEnumNames<TrackedObject::Kind> = {
    "interface", "script", "file", "process", "bfd"};
template <>
inline constexpr std::array<std::string_view, 3> kEnumNames<Direction> = {"unknown", "in", "out"};
template <>
inline constexpr std::array<std::string_view, 3> kEnumNames<wire::AuthType> = {"none", "pass",
                                                                               "ah"};
template <>
inline constexpr std::array<std::string_view, 8> kEnumNames<wire::VrrpDefect> = {
    "none", "truncated", "version", "type", "vrid_zero", "checksum", "auth_type", "interval_zero"};
template <>
inline constexpr std::array<std::string_view, 3> kEnumNames<wire::V3Checksum> = {
    "pseudo_header", "message_only", "either"};

}  // namespace alibi::evidence
