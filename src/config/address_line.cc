// SPDX-License-Identifier: Apache-2.0
// Address lines, read and written.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "config/address_line.h"
#include "config/values.h"

namespace alibi::config {
namespace {

constexpr std::size_t kMaxInterfaceName = 15;

struct FlagWord {
  std::string_view name;
  bool VirtualAddress::*member;
  bool value;
};
constexpr std::array kFlagWords = {
    FlagWord{"home", &VirtualAddress::home, true},
    FlagWord{"-nodad", &VirtualAddress::nodad, false},
    FlagWord{"mngtmpaddr", &VirtualAddress::manage_temporary, true},
    FlagWord{"noprefixroute", &VirtualAddress::no_prefix_route, true},
    FlagWord{"autojoin", &VirtualAddress::auto_join, true},
    FlagWord{"use_vmac", &VirtualAddress::use_vmac, true},
    FlagWord{"no_track", &VirtualAddress::no_track, true},
};
constexpr std::array<std::string_view, 15> kWords = {
    "dev",      "brd",      "broadcast",     "scope",      "label",
    "peer",     "home",     "-nodad",        "mngtmpaddr", "noprefixroute",
    "autojoin", "use_vmac", "preferred_lft", "no_track",   "track_group"};
constexpr std::array<std::string_view, 5> kScopes = {"global", "site", "link", "host", "nowhere"};

std::optional<int> number(std::string_view text, int least, int most) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (value < least || value > most) return std::nullopt;
  return value;
}

// The broadcast address of a network: host bits all ones ('+') or all zeroes ('-').
wire::IpAddress broadcast_of(const VirtualAddress& address, char sign) {
  wire::IpAddress out = address.address;
  for (int bit = address.prefix_length; bit < 32; ++bit) {
    auto& octet = out.bytes[static_cast<std::size_t>(bit / 8)];
    const auto mask = static_cast<std::uint8_t>(0x80U >> static_cast<unsigned>(bit % 8));
    octet = static_cast<std::uint8_t>(sign == '+' ? octet | mask : octet & ~mask);
  }
  return out;
}

// One line; nothing when the address cannot be used.
class AddressLine {
 public:
  AddressLine(Context& context, const Piece& piece, AddressUse use)
      : context_(context), line_{piece, {}}, use_(use) {}

  std::optional<VirtualAddress> read() {
    if (!address()) return std::nullopt;
    for (i_ = 1; i_ < line_.size(); ++i_) {
      if (!option(line_.word(i_).text)) return std::nullopt;
    }
    out_.place = context_.place(line_.head.at);
    return std::move(out_);
  }

 private:
  bool address() {
    const std::string_view text = line_.word(0).text;
    const auto slash = text.find('/');
    const auto parsed = wire::IpAddress::parse(text.substr(0, slash));
    if (!parsed) {
      context_.say(Severity::Error, line_.at(0),
                   fmt::format("'{}' is not an IP address; it is left out", text));
      return false;
    }
    out_.address = *parsed;
    const int longest = parsed->family == wire::Family::V4 ? 32 : 128;
    out_.prefix_length = longest;
    if (slash == std::string_view::npos) return true;
    const auto length = number(text.substr(slash + 1), 0, longest);
    if (!length) {
      context_.warn(line_.at(0), fmt::format("the prefix length of '{}' must be from 0 to {}; {} "
                                             "is used",
                                             text, longest, longest));
    }
    out_.prefix_length = length.value_or(longest);
    return true;
  }

  // The word after an option, or nothing after a warning.
  const std::string* value(std::string_view option) {
    if (i_ + 1 < line_.size()) return &line_.word(++i_).text;
    context_.warn(line_.at(i_), fmt::format("{} needs a value", option));
    return nullptr;
  }

  // False: the whole line is dropped.
  bool option(const std::string& name) {
    if (name == "dev") {
      interface(value(name));
    } else if (name == "label") {
      if (const auto* text = value(name)) label(*text);
    } else if (name == "scope") {
      if (const auto* text = value(name)) scope(*text);
    } else if (name == "peer") {
      if (const auto* text = value(name)) peer(*text);
    } else if (name == "preferred_lft") {
      if (const auto* text = value(name)) preferred(*text);
    } else if (name == "track_group" && use_ == AddressUse::Static) {
      if (const auto* text = value(name)) out_.track_group = *text;
    } else if (name == "brd" || name == "broadcast") {
      const auto* text = value(name);
      return text == nullptr || broadcast(*text);
    } else {
      other(name);
    }
    return true;
  }

  void interface(const std::string* text) {
    if (text == nullptr) return;
    if (!out_.interface.empty()) {
      context_.warn(line_.at(i_), "dev is given more than once; the first counts");
    } else if (text->empty() || text->size() > kMaxInterfaceName) {
      context_.fatal(line_.at(i_), fmt::format("'{}' cannot be an interface: a name has 1 to {} "
                                               "characters",
                                               *text, kMaxInterfaceName));
    } else {
      out_.interface = *text;
    }
  }

  void label(const std::string& text) {
    if (text.size() > kMaxInterfaceName) {
      context_.warn(line_.at(i_), fmt::format("the label '{}' is longer than {} characters; no "
                                              "label is set",
                                              text, kMaxInterfaceName));
      return;
    }
    out_.label = text;
  }

  void scope(const std::string& text) {
    if (std::find(kScopes.begin(), kScopes.end(), text) != kScopes.end() || number(text, 0, 255)) {
      out_.scope = text;
      return;
    }
    context_.say(
        Severity::Warning, line_.at(i_),
        fmt::format("'{}' is not a scope (global, site, link, host, nowhere, 0 to 255); it "
                    "is ignored",
                    text),
        context_.nearest_of(text, kScopes));
  }

  bool broadcast(const std::string& text) {
    if (out_.address.family == wire::Family::V6) {
      context_.warn(line_.at(i_), "IPv6 has no broadcast; brd is ignored");
      return true;
    }
    if (text == "+" || text == "-") {
      if (out_.prefix_length > 30) {
        context_.warn(line_.at(i_),
                      fmt::format("a prefix length of {} leaves no broadcast address; "
                                  "brd is ignored",
                                  out_.prefix_length));
      } else {
        out_.broadcast = broadcast_of(out_, text.front());
      }
      return true;
    }
    const auto parsed = wire::IpAddress::parse(text);
    if (!parsed || parsed->family != wire::Family::V4) {
      context_.say(
          Severity::Error, line_.at(i_),
          fmt::format("'{}' is not a broadcast address (an IPv4 address, + or -); the line "
                      "is left out",
                      text));
      return false;
    }
    out_.broadcast = *parsed;
    return true;
  }

  void peer(const std::string& text) {
    const auto slash = text.find('/');
    const auto parsed = wire::IpAddress::parse(std::string_view(text).substr(0, slash));
    if (!parsed || parsed->family != out_.address.family) {
      context_.warn(line_.at(i_), fmt::format("'{}' is not an address of the same family; peer is "
                                              "ignored",
                                              text));
      return;
    }
    out_.peer = *parsed;
    if (slash == std::string::npos) return;
    const auto length = number(std::string_view(text).substr(slash + 1), 0,
                               parsed->family == wire::Family::V4 ? 32 : 128);
    if (length) out_.prefix_length = *length;
  }

  void preferred(const std::string& text) {
    if (text == "forever") {
      out_.preferred_seconds = UINT32_MAX;
    } else if (const auto value = number(text, 0, INT32_MAX)) {
      out_.preferred_seconds = static_cast<std::uint32_t>(*value);
    } else {
      context_.warn(line_.at(i_), fmt::format("preferred_lft takes seconds or 'forever', not "
                                              "'{}'; it is ignored",
                                              text));
    }
  }

  void other(const std::string& name) {
    for (const FlagWord& word : kFlagWords) {
      if (word.name != name) continue;
      out_.*word.member = word.value;
      return;
    }
    if (wire::IpAddress::parse(std::string_view(name).substr(0, name.find('/')))) {
      context_.warn(line_.at(i_), fmt::format("a line holds one address: '{}' is ignored; put it "
                                              "on a line of its own",
                                              name));
      return;
    }
    context_.say(Severity::Warning, line_.at(i_),
                 fmt::format("'{}' is not understood on an address line; it is ignored", name),
                 context_.nearest_of(name, kWords));
  }

  Context& context_;
  Statement line_;
  AddressUse use_;
  std::size_t i_ = 0;
  VirtualAddress out_;
};

}  // namespace

std::optional<VirtualAddress> read_address(Context& context, const Piece& piece, AddressUse use) {
  return AddressLine(context, piece, use).read();
}

void write_addresses(const std::vector<VirtualAddress>& addresses, std::string_view keyword,
                     Text& out) {
  if (addresses.empty()) return;
  out.open(keyword);
  for (const VirtualAddress& a : addresses) {
    std::string line = fmt::format("{}/{}", a.address.text(), a.prefix_length);
    const auto word = [&line](std::string_view name, const std::string& value) {
      if (!value.empty()) line += fmt::format(" {} {}", name, quote(value));
    };
    word("dev", a.interface);
    word("brd", a.broadcast ? a.broadcast->text() : "");
    word("scope", a.scope);
    word("label", a.label);
    word("peer", a.peer ? a.peer->text() : "");
    for (const FlagWord& flag : kFlagWords) {
      if (a.*flag.member == flag.value) line += fmt::format(" {}", flag.name);
    }
    if (a.preferred_seconds) {
      word("preferred_lft",
           *a.preferred_seconds == UINT32_MAX ? "forever" : std::to_string(*a.preferred_seconds));
    }
    word("track_group", a.track_group);
    out.raw(line);
  }
  out.close();
}

}  // namespace alibi::config
