// SPDX-License-Identifier: Apache-2.0
// Ready-made Access for keywords that set one member: a flag, a number, a time, a name. `Path`
// leads from the block's object to the member, e.g. number<0, 255, &Global::firewall,
// &Firewall::priority>.
#pragma once

#include <chrono>

#include "config/target.h"
#include "config/values.h"

namespace alibi::config {

inline constexpr std::string_view kIgnored = "the line is ignored";

template <auto... Path>
inline constexpr Access flag{[](Context& c, const Statement& s) {
                               no_more_words(c, s, 1);
                               member<Path...>(c) = true;
                               return true;
                             },
                             [](const Subject& s, std::string_view keyword, Text& out) {
                               if (member<Path...>(s)) out.line(keyword);
                             }};

/// A flag that takes something away.
template <auto... Path>
inline constexpr Access unflag{[](Context& c, const Statement& s) {
                                 no_more_words(c, s, 1);
                                 member<Path...>(c) = false;
                                 return true;
                               },
                               [](const Subject& s, std::string_view keyword, Text& out) {
                                 if (!member<Path...>(s)) out.line(keyword);
                               }};

template <auto... Path>
inline constexpr Access yes{[](Context& c, const Statement& s) {
                              if (const auto value = yes_or_no(c, s)) member<Path...>(c) = *value;
                              return true;
                            },
                            [](const Subject& s, std::string_view keyword, Text& out) {
                              if (member<Path...>(s)) out.line(keyword);
                            }};

/// The writer of a switch whose default stands elsewhere, so that `off` must be said. keepalived
/// takes `off` for some of its switches as if it were not there: only for those that mean it.
template <auto... Path>
void write_on_or_off(const Subject& s, std::string_view keyword, Text& out) {
  out.line(keyword, {member<Path...>(s) ? "on" : "off"});
}

// Of optional members: nothing to write when absent.
template <typename T>
const T* present(const T& value) {
  return &value;
}
template <typename T>
const T* present(const std::optional<T>& value) {
  return value ? &*value : nullptr;
}

/// Written only when it is not `Default`: a word that only later versions of keepalived know, or
/// whose default cannot be written there.
template <int Default, auto... Path>
void write_other_than(const Subject& s, std::string_view keyword, Text& out) {
  if (member<Path...>(s) != Default) out.line(keyword, {std::to_string(member<Path...>(s))});
}

template <auto... Path>
void write_number(const Subject& s, std::string_view keyword, Text& out) {
  if (const auto* value = present(member<Path...>(s))) out.line(keyword, {std::to_string(*value)});
}

template <auto... Path>
void write_seconds(const Subject& s, std::string_view keyword, Text& out) {
  if (const auto* value = present(member<Path...>(s))) out.line(keyword, {number_text(*value)});
}

template <auto... Path>
void write_delay(const Subject& s, std::string_view keyword, Text& out) {
  const auto* value = present(member<Path...>(s));
  if (value != nullptr && *value > Duration(0)) out.line(keyword, {number_text(*value)});
}

template <int Least, int Most, auto... Path>
inline constexpr Access number{
    [](Context& c, const Statement& s) {
      no_more_words(c, s, 2);
      if (const auto value = whole(c, s, 1, Least, Most, kIgnored)) {
        if constexpr (std::is_unsigned_v<
                          std::remove_cvref_t<decltype(*present(member<Path...>(c)))>>) {
          member<Path...>(c) = static_cast<unsigned>(*value);
        } else {
          member<Path...>(c) = *value;
        }
      }
      return true;
    },
    write_number<Path...>};

/// Seconds, decimals to the microsecond; bounds in milliseconds.
template <long LeastMs, long MostMs, auto... Path>
inline constexpr Access time{[](Context& c, const Statement& s) {
                               no_more_words(c, s, 2);
                               const auto value =
                                   seconds(c, s, 1, std::chrono::milliseconds(LeastMs),
                                           std::chrono::milliseconds(MostMs), kIgnored);
                               if (value) member<Path...>(c) = *value;
                               return true;
                             },
                             write_delay<Path...>};

/// A whole number of `Unit`s.
template <typename Unit, int Least, int Most, auto... Path>
inline constexpr Access count_of{
    [](Context& c, const Statement& s) {
      no_more_words(c, s, 2);
      if (const auto value = whole(c, s, 1, Least, Most, kIgnored)) {
        member<Path...>(c) = Duration(Unit(*value));
      }
      return true;
    },
    [](const Subject& s, std::string_view keyword, Text& out) {
      if (const auto* value = present(member<Path...>(s))) {
        out.line(keyword, {std::to_string(std::chrono::duration_cast<Unit>(*value).count())});
      }
    }};

template <auto... Path>
inline constexpr Access name{[](Context& c, const Statement& s) {
                               no_more_words(c, s, 2);
                               member<Path...>(c) = s.word(1).text;
                               return true;
                             },
                             [](const Subject& s, std::string_view keyword, Text& out) {
                               const std::string& value = member<Path...>(s);
                               if (!value.empty()) out.line(keyword, {quote(value)});
                             }};

/// A name of which only the first counts.
template <auto... Path>
inline constexpr Access first_name{[](Context& c, const Statement& s) {
                                     no_more_words(c, s, 2);
                                     if (!member<Path...>(c).empty()) {
                                       c.warn(s.at(0), std::string(s.keyword()) +
                                                           " is given a second time; the first "
                                                           "counts");
                                       return true;
                                     }
                                     return name<Path...>.read(c, s);
                                   },
                                   name<Path...>.write};

/// A script with its user: read by read_command() (scripts.cc).
void read_command(Context& context, const Statement& statement, Command& target);
void read_command(Context& context, const Statement& statement, Rare<Command>& target);
void write_command(std::string_view keyword, const Command& command, Text& out);

template <auto... Path>
inline constexpr Access command{[](Context& c, const Statement& s) {
                                  read_command(c, s, member<Path...>(c));
                                  return true;
                                },
                                [](const Subject& s, std::string_view keyword, Text& out) {
                                  write_command(keyword, member<Path...>(s), out);
                                }};

}  // namespace alibi::config
