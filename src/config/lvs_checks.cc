// SPDX-License-Identifier: Apache-2.0
// Words, numbers and addresses of the LVS half.
#include "config/lvs_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "config/handlers.h"

namespace alibi::config {
namespace {

constexpr std::array<std::string_view, 3> kProtocols = {"TCP", "UDP", "SCTP"};
constexpr std::array<std::string_view, 14> kSchedulers = {
    "rr", "wrr", "lc", "wlc", "lblc", "sh", "mh", "dh", "fo", "ovf", "lblcr", "sed", "nq", "twos"};
constexpr std::array<std::string_view, 3> kMethods = {"NAT", "DR", "TUN"};
constexpr std::array<std::string_view, 2> kFamilies = {"inet", "inet6"};

bool one_of(Context& context, const Statement& statement, std::span<const std::string_view> known) {
  const std::string& word = statement.word(1).text;
  if (std::find(known.begin(), known.end(), word) != known.end()) return true;
  std::string all;
  for (const auto& one : known) all += fmt::format("{}{}", all.empty() ? "" : ", ", one);
  context.say(
      Severity::Warning, statement.at(1),
      fmt::format("{} is one of {}, not '{}'; {}", statement.keyword(), all, word, kIgnored),
      context.nearest_of(word, known));
  return false;
}

bool is_number(std::string_view text, std::uint32_t least, std::uint32_t most) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && value >= least &&
         value <= most;
}

// ADDRESS [PORT] from word `first` on; false after a warning.
bool address_and_port(Context& context, const Statement& statement, std::size_t first) {
  const std::string& text = statement.word(first).text;
  if (!wire::IpAddress::parse(text)) {
    context.warn(statement.at(first), fmt::format("'{}' of {} is not an IP address; it is skipped",
                                                  text, statement.keyword()));
    return false;
  }
  if (statement.size() <= first + 1) return true;
  const std::string& port = statement.word(first + 1).text;
  if (!is_number(port, 0, 65535)) {
    context.warn(statement.at(first + 1),
                 fmt::format("'{}' of {} is not a port; it is skipped", port, statement.keyword()));
    return false;
  }
  no_more_words(context, statement, first + 2);
  return true;
}

// ADDRESS, ADDRESS-OCTET or ADDRESS/LENGTH
bool address_range(std::string_view text) {
  const auto cut = text.find_first_of("-/");
  const auto address = wire::IpAddress::parse(text.substr(0, cut));
  if (!address || cut == std::string_view::npos) return address.has_value();
  const bool v4 = address->family == wire::Family::V4;
  const auto rest = text.substr(cut + 1);
  if (text[cut] == '/') return is_number(rest, 0, v4 ? 32 : 128);
  if (v4) return is_number(rest, 0, 255);
  return !rest.empty() && rest.size() <= 4 &&
         rest.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

}  // namespace

bool check_virtual_server(Context& context, const Statement& statement) {
  const std::string& kind = statement.word(1).text;
  context.draft.fwmark_server = kind == "fwmark";
  if (kind == "group") {
    if (statement.size() < 3) {
      context.warn(statement.at(1), "virtual_server group needs the name of a group");
    }
  } else if (kind == "fwmark") {
    if (statement.size() < 3 || !is_number(statement.word(2).text, 1, UINT32_MAX)) {
      context.warn(statement.at(1), "virtual_server fwmark needs a whole number");
    }
  } else {
    address_and_port(context, statement, 1);
  }
  return true;
}

bool check_server_address(Context& context, const Statement& statement) {
  if (statement.size() > 1) address_and_port(context, statement, 1);
  return true;
}

bool check_server_group(Context& context, const Statement& statement) {
  for (const Piece& piece : statement.lines) {
    const Statement line{piece, {}};
    const std::string& first = line.word(0).text;
    if (first == "fwmark") {
      if (line.size() < 2 || !is_number(line.word(1).text, 1, UINT32_MAX)) {
        context.warn(line.at(0), "fwmark needs a whole number; the line is ignored");
      }
    } else if (!address_range(first)) {
      context.warn(line.at(0), fmt::format("'{}' is not an address, a range (A.B.C.D-E), a network "
                                           "or fwmark; {}",
                                           first, kIgnored));
    } else if (line.size() > 1) {
      const std::string_view ports = line.word(1).text;
      const auto dash = ports.find('-');
      if (!is_number(ports.substr(0, dash), 0, 65535) ||
          (dash != std::string_view::npos && !is_number(ports.substr(dash + 1), 0, 65535))) {
        context.warn(line.at(1),
                     fmt::format("'{}' is not a port or PORT-PORT; {}", ports, kIgnored));
      }
    }
  }
  return true;
}

bool check_protocol(Context& context, const Statement& statement) {
  one_of(context, statement, kProtocols);
  if (context.draft.fwmark_server) {
    context.warn(statement.at(0), "a virtual_server by fwmark has no protocol; it is ignored");
  }
  return true;
}

bool check_scheduler(Context& context, const Statement& statement) {
  return one_of(context, statement, kSchedulers);
}

// METHOD [type TYPE ...]
bool check_method(Context& context, const Statement& statement) {
  if (statement.size() < 2) {
    context.warn(statement.at(0), fmt::format("{} needs NAT, DR or TUN", statement.keyword()));
    return true;
  }
  return one_of(context, statement, kMethods);
}

bool check_family(Context& context, const Statement& statement) {
  return one_of(context, statement, kFamilies);
}

bool check_host(Context& context, const Statement& statement) {
  if (!wire::IpAddress::parse(statement.word(1).text)) {
    context.warn(statement.at(1),
                 fmt::format("'{}' is not an IP address; {}", statement.word(1).text, kIgnored));
  }
  return true;
}

bool check_granularity(Context& context, const Statement& statement) {
  const std::string& text = statement.word(1).text;
  if (!wire::IpAddress::parse(text) && !is_number(text, 1, 128)) {
    context.warn(statement.at(1),
                 fmt::format("'{}' is neither a netmask nor a prefix length; {}", text, kIgnored));
  }
  return true;
}

bool check_status_codes(Context& context, const Statement& statement) {
  for (std::size_t i = 1; i < statement.size(); ++i) {
    const std::string_view text = statement.word(i).text;
    const auto dash = text.find('-');
    if (is_number(text.substr(0, dash), 100, 999) &&
        (dash == std::string_view::npos || is_number(text.substr(dash + 1), 100, 999))) {
      continue;
    }
    context.warn(statement.at(i), fmt::format("'{}' is not a status code (100 to 999, or a range); "
                                              "it is ignored",
                                              text));
  }
  return true;
}

bool check_yes_or_no(Context& context, const Statement& statement) {
  yes_or_no(context, statement);
  return true;
}

}  // namespace alibi::config
