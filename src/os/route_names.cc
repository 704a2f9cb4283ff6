// SPDX-License-Identifier: Apache-2.0
// Lines of "NUMBER NAME", comments after '#'.
#include "os/route_names.h"

#include <linux/rtnetlink.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace alibi::os {
namespace {

std::optional<std::uint32_t> parse_number(std::string_view text) {
  int base = 10;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    text.remove_prefix(2);
    base = 16;
  }
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

}  // namespace

void RouteNames::add(Kind kind, const std::string& line) {
  std::istringstream words(line.substr(0, line.find('#')));
  std::string number, name;
  if (!(words >> number >> name)) return;
  if (const auto value = parse_number(number)) {
    names_[static_cast<std::size_t>(kind)].emplace(name, *value);
  }
}

RouteNames RouteNames::read(const std::vector<std::string>& folders) {
  static constexpr const char* kFiles[kKinds] = {"rt_tables", "rt_protos", "rt_scopes", "rt_realms",
                                                 "rt_dsfield"};
  RouteNames names;
  names.names_[static_cast<std::size_t>(Kind::Table)] = {
      {"default", RT_TABLE_DEFAULT}, {"main", RT_TABLE_MAIN}, {"local", RT_TABLE_LOCAL}};
  names.names_[static_cast<std::size_t>(Kind::Scope)] = {{"global", RT_SCOPE_UNIVERSE},
                                                         {"site", RT_SCOPE_SITE},
                                                         {"link", RT_SCOPE_LINK},
                                                         {"host", RT_SCOPE_HOST},
                                                         {"nowhere", RT_SCOPE_NOWHERE}};
  names.names_[static_cast<std::size_t>(Kind::Protocol)] = {{"kernel", RTPROT_KERNEL},
                                                            {"boot", RTPROT_BOOT},
                                                            {"static", RTPROT_STATIC},
                                                            {"keepalived", RTPROT_KEEPALIVED}};
  for (const auto& folder : folders) {
    for (std::size_t kind = 0; kind < kKinds; ++kind) {
      std::vector<std::filesystem::path> paths{std::filesystem::path(folder) / kFiles[kind]};
      std::error_code none;
      for (const auto& entry : std::filesystem::directory_iterator(
               std::filesystem::path(folder) / (std::string(kFiles[kind]) + ".d"), none)) {
        if (entry.path().extension() == ".conf") paths.push_back(entry.path());
      }
      for (const auto& path : paths) {
        std::ifstream file(path);
        for (std::string line; std::getline(file, line);) {
          names.add(static_cast<Kind>(kind), line);
        }
      }
    }
  }
  return names;
}

std::optional<std::uint32_t> RouteNames::number(Kind kind, const std::string& text) const {
  if (const auto value = parse_number(text)) return value;
  const auto& names = names_[static_cast<std::size_t>(kind)];
  const auto found = names.find(text);
  return found == names.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::uint32_t> RouteNames::realms(const std::string& text) const {
  const auto slash = text.find('/');
  const auto to = number(Kind::Realm, slash == std::string::npos ? text : text.substr(slash + 1));
  const auto from =
      slash == std::string::npos ? std::optional(0U) : number(Kind::Realm, text.substr(0, slash));
  if (!to || !from) return std::nullopt;
  return *from << 16U | *to;
}

}  // namespace alibi::os
