// SPDX-License-Identifier: Apache-2.0
// Lines that several dumps share, as keepalived writes them.
#include <fmt/format.h>

#include "daemon/dump.h"

namespace alibi::daemon {

std::string address_line(const config::Instance& instance, std::size_t at,
                         const config::VirtualAddress& address,
                         const std::vector<VirtualMacPlan>& macs, bool is_set) {
  const bool v6 = address.address.family == wire::Family::V6;
  const int whole = v6 ? 128 : 32;
  std::string line = address.address.text();
  if (address.prefix_length != whole) line += fmt::format("/{}", address.prefix_length);
  if (address.peer) line += " peer " + address.peer->text();
  if (address.broadcast) line += " brd " + address.broadcast->text();
  const std::string device = interface_of(instance, at, address, macs);
  line += " dev " + device;
  for (const auto& mac : macs) {
    if (mac.name == device) line += "@" + mac.base;
  }
  line += " scope " + (address.scope.empty() ? "global" : *address.scope);
  if (!address.label.empty()) line += " label " + *address.label;
  if (v6) {
    // keepalived deprecates a /128 unless told otherwise, so that it is never picked as a source.
    if (address.preferred_seconds.value_or(address.prefix_length == whole ? 0 : 0xffffffffU) == 0) {
      line += " deprecated";
    } else if (address.preferred_seconds.value_or(0xffffffffU) == 0xffffffffU) {
      line += " preferred_lft forever";
    } else {
      line += fmt::format(" preferred_lft {}", *address.preferred_seconds);
    }
  }
  return is_set ? line + " set" : line;
}

std::string words_line(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, " "));
}

std::string command_line(const std::vector<std::string>& words) {
  std::string line;
  for (const auto& word : words) line += (line.empty() ? "'" : " '") + word + "'";
  return line;
}

}  // namespace alibi::daemon
