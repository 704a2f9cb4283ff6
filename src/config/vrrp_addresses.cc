// SPDX-License-Identifier: Apache-2.0
// virtual_ipaddress and virtual_ipaddress_excluded.
#include <fmt/format.h>

#include "config/address_line.h"
#include "config/handlers.h"

namespace alibi::config {

bool same_family(Context& context, const wire::IpAddress& address, Position at,
                 const std::string& text) {
  auto& family = context.instance->family;
  if (family.value_or(address.family) == address.family) {
    family = address.family;
    return true;
  }
  context.say(Severity::Error, at,
              fmt::format("'{}' is not of the address family that the instance began with (IPv{}); "
                          "it is left out",
                          text, *family == wire::Family::V4 ? 4 : 6));
  return false;
}

bool add_addresses(Context& context, const Statement& statement) {
  Instance& instance = context.instance->instance;
  for (const Piece& piece : statement.lines) {
    auto address = read_address(context, piece, AddressUse::Virtual);
    if (!address || !same_family(context, address->address, piece.at, piece.words[0].text)) {
      continue;
    }
    if (!context.instance->known_addresses.insert(address->address).second) {
      context.say(
          Severity::Notice, piece.at,
          fmt::format("{} is already an address of this instance", address->address.text()));
    }
    instance.addresses.push_back(std::move(*address));
    context.instance->address_places.push_back(piece.at);
  }
  return true;
}

bool add_excluded_addresses(Context& context, const Statement& statement) {
  for (const Piece& piece : statement.lines) {
    auto address = read_address(context, piece, AddressUse::Virtual);
    if (address)
      context.instance->instance.excluded_addresses.edit().push_back(std::move(*address));
  }
  return true;
}

bool set_no_address(Context& context, const Statement&) {
  context.instance->no_address = true;
  return true;
}

void write_no_address(const Subject& subject, std::string_view keyword, Text& out) {
  if (subject.instance->addresses.empty()) out.line(keyword);
}

void write_virtual_addresses(const Subject& subject, std::string_view keyword, Text& out) {
  const Instance& instance = *subject.instance;
  const bool advertised = keyword == "virtual_ipaddress";
  write_addresses(advertised ? instance.addresses : *instance.excluded_addresses, keyword, out);
}

}  // namespace alibi::config
