// SPDX-License-Identifier: Apache-2.0
// The address lines of vrrp_instance: ADDRESS[/LENGTH] [dev IF] [brd A|+|-] [scope S] [label L],
// and the peers of unicast.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "config/handlers.h"
#include "config/values.h"

namespace alibi::config {
namespace {

constexpr std::size_t kMaxInterfaceName = 15;

// Words of ip-address(8) that keepalived takes on an address line and alibi does not serve yet.
struct OtherWord {
  std::string_view name;
  bool value;  ///< a word follows
};
constexpr std::array kOtherWords = {
    OtherWord{"peer", true},           OtherWord{"home", false},
    OtherWord{"-nodad", false},        OtherWord{"mngtmpaddr", false},
    OtherWord{"noprefixroute", false}, OtherWord{"autojoin", false},
    OtherWord{"use_vmac", false},      OtherWord{"no_track", false},
    OtherWord{"preferred_lft", true},  OtherWord{"track_group", true},
};
constexpr std::array<std::string_view, 6> kServedWords = {"dev",   "brd",   "broadcast",
                                                          "scope", "label", "prefixlen"};
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
  AddressLine(Context& context, const Piece& piece) : context_(context), line_{piece, {}} {}

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

  void other(const std::string& name) {
    const auto* found = std::find_if(kOtherWords.begin(), kOtherWords.end(),
                                     [&](const OtherWord& w) { return w.name == name; });
    if (found != kOtherWords.end()) {
      context_.notice_once("address/" + name, line_.at(i_),
                           fmt::format("{} on an address is not served by alibi yet", name));
      if (found->value && i_ + 1 < line_.size()) ++i_;
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
                 context_.nearest_of(name, kServedWords));
  }

  Context& context_;
  Statement line_;
  std::size_t i_ = 0;
  VirtualAddress out_;
};

}  // namespace

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
    auto address = AddressLine(context, piece).read();
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
    auto address = AddressLine(context, piece).read();
    if (address) context.instance->instance.excluded_addresses.push_back(std::move(*address));
  }
  return true;
}

bool add_unicast_peers(Context& context, const Statement& statement) {
  InstanceDraft& draft = *context.instance;
  draft.unicast = Given<bool>{true, statement.at(0)};
  for (const Piece& piece : statement.lines) {
    const Statement line{piece, {}};
    const std::string& text = line.word(0).text;
    const auto address = wire::IpAddress::parse(text);
    if (!address) {
      context.say(Severity::Error, line.at(0),
                  fmt::format("'{}' is not an IP address; this peer is left out", text));
      continue;
    }
    if (!same_family(context, *address, line.at(0), text)) continue;
    draft.instance.unicast_peers.push_back({*address});
    for (std::size_t i = 1; i < line.size(); ++i) {
      const std::string& word = line.word(i).text;
      if ((word == "min_ttl" || word == "max_ttl") && i + 1 < line.size()) {
        context.notice_once("peer/" + word, line.at(i),
                            fmt::format("{} is not served by alibi yet: any TTL is taken", word));
        ++i;
      } else {
        context.warn(line.at(i), fmt::format("'{}' is ignored: one peer a line (ADDRESS [min_ttl "
                                             "N] [max_ttl N])",
                                             word));
      }
    }
  }
  return true;
}

}  // namespace alibi::config
