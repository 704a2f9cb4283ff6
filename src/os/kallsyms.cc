// SPDX-License-Identifier: Apache-2.0
// Only text symbols are kept; the padding symbols that compilers add (__pfx_) are left out.
#include "os/kallsyms.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <numeric>
#include <sstream>

namespace alibi::os {
namespace {

struct Line {
  std::uint64_t address = 0;
  char type = 0;
  std::string_view name;
};

/// "ffffffff81000000 T _stext" or "... t name\t[module]".
bool parse_line(std::string_view line, Line& out) {
  const auto result = std::from_chars(line.data(), line.data() + line.size(), out.address, 16);
  if (result.ec != std::errc{}) return false;
  const auto used = static_cast<std::size_t>(result.ptr - line.data());
  if (used + 3 >= line.size()) return false;
  out.type = line[used + 1];
  out.name = line.substr(used + 3);
  out.name = out.name.substr(0, out.name.find_first_of(" \t"));
  return !out.name.empty();
}

bool is_text(char type) { return type == 't' || type == 'T' || type == 'w' || type == 'W'; }

}  // namespace

Kallsyms Kallsyms::parse(std::string_view text) {
  struct Symbol {
    std::uint64_t address;
    std::uint32_t offset;
  };
  Kallsyms table;
  std::vector<Symbol> symbols;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    Line line;
    if (parse_line(text.substr(0, end), line) && line.address != 0 && is_text(line.type) &&
        !line.name.starts_with("__pfx_")) {
      symbols.push_back({line.address, static_cast<std::uint32_t>(table.text_.size())});
      table.text_.append(line.name).push_back('\0');
    }
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  }
  std::stable_sort(symbols.begin(), symbols.end(),
                   [](const Symbol& a, const Symbol& b) { return a.address < b.address; });
  table.addresses_.reserve(symbols.size());
  table.names_.reserve(symbols.size());
  for (const Symbol& symbol : symbols) {
    table.addresses_.push_back(symbol.address);
    table.names_.push_back(symbol.offset);
  }
  table.text_.shrink_to_fit();
  return table;
}

Result<Kallsyms> Kallsyms::load(const std::string& path) {
  std::ifstream file(path);
  if (!file) return fail_errno("cannot read " + path);
  std::stringstream text;
  text << file.rdbuf();
  return parse(text.view());
}

std::string_view Kallsyms::name(std::uint64_t address) const {
  const auto after = std::upper_bound(addresses_.begin(), addresses_.end(), address);
  if (after == addresses_.begin() || address > addresses_.back() + 0x100000) return {};
  const auto index = static_cast<std::size_t>(after - addresses_.begin()) - 1;
  return {text_.c_str() + names_[index]};
}

}  // namespace alibi::os
