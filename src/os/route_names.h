// SPDX-License-Identifier: Apache-2.0
// The names of routing tables, protocols, scopes, realms and traffic classes, as iproute2's files
// give them. Read once, before whoever may touch no file begins.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace alibi::os {

class RouteNames {
 public:
  enum class Kind : std::uint8_t { Table, Protocol, Scope, Realm, TrafficClass };
  static constexpr std::size_t kKinds = 5;

  /// Files that are not there add nothing: the kernel's own names are known anyway. A name in an
  /// earlier folder wins.
  static RouteNames read(const std::vector<std::string>& folders = {
                             "/etc/iproute2", "/usr/lib/iproute2", "/usr/share/iproute2"});

  /// A number (decimal, 0x...) or a known name.
  std::optional<std::uint32_t> number(Kind kind, const std::string& text) const;
  /// "TO" or "FROM/TO", as in RTA_FLOW.
  std::optional<std::uint32_t> realms(const std::string& text) const;

  void add(Kind kind, const std::string& line);

 private:
  std::map<std::string, std::uint32_t> names_[kKinds];
};

}  // namespace alibi::os
