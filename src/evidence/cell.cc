// SPDX-License-Identifier: Apache-2.0
// Lists of addresses as one text.
#include "evidence/cell.h"

#include <algorithm>

namespace alibi::evidence {

std::string to_cell(const std::vector<wire::IpAddress>& value) {
  std::string out;
  for (const wire::IpAddress& address : value) {
    if (!out.empty()) out += ' ';
    out += address.text();
  }
  return out;
}

bool from_cell(std::string_view cell, std::vector<wire::IpAddress>& out) {
  out.clear();
  while (!cell.empty()) {
    const std::size_t end = std::min(cell.find(' '), cell.size());
    const auto address = wire::IpAddress::parse(cell.substr(0, end));
    if (!address) return false;
    out.push_back(*address);
    cell.remove_prefix(std::min(end + 1, cell.size()));
  }
  return true;
}

}  // namespace alibi::evidence
