// SPDX-License-Identifier: Apache-2.0
// Parsing the text form of inputs and outputs. Every error names the word it stumbled over.
#include <algorithm>
#include <charconv>
#include <utility>

#include "vrrp/text.h"

namespace alibi::vrrp {
namespace {

/// Words of a line, left to right.
class Words {
 public:
  explicit Words(std::string_view text) : rest_(text) { skip(); }
  bool empty() const { return rest_.empty(); }
  std::string_view next() {
    const std::size_t length = std::min(rest_.find_first_of(" \t"), rest_.size());
    const std::string_view word = rest_.substr(0, length);
    rest_.remove_prefix(length);
    skip();
    return word;
  }
  /// Whether the next word is `word`, which is then taken.
  bool take(std::string_view word) {
    Words copy = *this;
    if (copy.next() != word) return false;
    *this = copy;
    return true;
  }
  /// All that is left, as it stands.
  std::string remainder() { return std::string(std::exchange(rest_, {})); }

 private:
  void skip() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t"), rest_.size())); }
  std::string_view rest_;
};

tl::unexpected<Error> unexpected_word(std::string_view word, std::string_view wanted) {
  return fail("'" + std::string(word) + "' where " + std::string(wanted) + " should be");
}

Result<std::uint8_t> parse_octet(std::string_view word) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc{} || end != word.data() + word.size() || value > 255) {
    return unexpected_word(word, "a number from 0 to 255");
  }
  return static_cast<std::uint8_t>(value);
}

Result<wire::IpAddress> parse_address(std::string_view word, wire::Family family) {
  if (word == "none") return wire::IpAddress{family, {}};
  if (const auto address = wire::IpAddress::parse(word)) return *address;
  return unexpected_word(word, "an IP address or 'none'");
}

Result<std::vector<wire::IpAddress>> parse_addresses(std::string_view list) {
  std::vector<wire::IpAddress> out;
  if (list == "none") return out;
  const std::string_view whole = list;
  while (true) {
    const std::size_t comma = list.find(',');
    const auto address = wire::IpAddress::parse(list.substr(0, comma));
    if (!address) return unexpected_word(whole, "IP addresses with commas, or 'none',");
    out.push_back(*address);
    if (comma == std::string_view::npos) return out;
    list.remove_prefix(comma + 1);
  }
}

Result<void> parse_auth(std::string_view word, wire::Advertisement& advert) {
  advert.auth_data = {};
  if (word == "none" || word == "ah") {
    advert.auth_type = word == "none" ? wire::AuthType::None : wire::AuthType::Ah;
    return {};
  }
  if (!word.starts_with("pass:")) return unexpected_word(word, "none, ah or pass:TEXT");
  advert.auth_type = wire::AuthType::Pass;
  word.remove_prefix(5);
  if (word.starts_with("x:") && word.size() == 18) {
    for (std::size_t n = 0; n < 8; ++n) {
      const std::string_view digits = word.substr(2 + 2 * n, 2);
      const auto [end, error] =
          std::from_chars(digits.data(), digits.data() + 2, advert.auth_data[n], 16);
      if (error != std::errc{} || end != digits.data() + 2) {
        return unexpected_word(word, "16 hexadecimal digits");
      }
    }
    return {};
  }
  const std::size_t used = std::min<std::size_t>(word.size(), 8);  // as keepalived cuts
  for (std::size_t n = 0; n < used; ++n) advert.auth_data[n] = static_cast<std::uint8_t>(word[n]);
  return {};
}

/// Runs `parse(word)` and stores what it gives.
template <typename Value, typename Parse, typename Store>
Result<void> into(Words& words, Parse parse, Store store) {
  const Result<Value> value = parse(words.next());
  if (!value) return tl::unexpected(value.error());
  store(*value);
  return {};
}

/// One option of an advert, its keyword already taken.
Result<void> parse_advert_option(std::string_view key, Words& words, AdvertReceived& out) {
  using Octet = std::uint8_t;
  wire::Advertisement& a = out.advert;
  if (key == "vrid") return into<Octet>(words, parse_octet, [&](auto v) { a.vrid = Vrid{v}; });
  if (key == "v") return into<Octet>(words, parse_octet, [&](auto v) { a.version = v; });
  if (key == "ttl") return into<Octet>(words, parse_octet, [&](auto v) { out.ttl = v; });
  if (key == "int") return into<Duration>(words, parse_duration, [&](auto v) { a.interval = v; });
  if (key == "auth") return parse_auth(words.next(), a);
  if (key == "vips") {
    return into<std::vector<wire::IpAddress>>(words, parse_addresses,
                                              [&](const auto& v) { a.addresses = v; });
  }
  if (key == "unicast") {
    out.unicast = true;
    return {};
  }
  if (key == "multicast") {
    out.unicast = false;
    return {};
  }
  return unexpected_word(key, "vrid, v, int, auth, vips, ttl, unicast or multicast");
}

Result<Input> parse_advert(Words& words, const Parameters& ours) {
  AdvertReceived out;
  out.advert = {ours.version,   ours.vrid,      Priority{0},   ours.advert_interval,
                ours.auth_type, ours.auth_data, ours.addresses};
  out.unicast = ours.unicast;
  if (!words.take("from")) return unexpected_word(words.next(), "'from'");
  const auto source = parse_address(words.next(), ours.family);
  if (!source) return tl::unexpected(source.error());
  out.source = *source;
  if (!words.take("prio")) return unexpected_word(words.next(), "'prio'");
  const auto priority = parse_octet(words.next());
  if (!priority) return tl::unexpected(priority.error());
  out.advert.priority = Priority{*priority};
  while (!words.empty()) {
    const auto done = parse_advert_option(words.next(), words, out);
    if (!done) return tl::unexpected(done.error());
  }
  return out;
}

std::string because(Words& words) {
  return words.take("because") ? words.remainder() : std::string();
}

Result<Input> parse_fault(Words& words) {
  const auto code = parse_reason(words.next());
  if (!code) return tl::unexpected(code.error());
  const bool elsewhere = words.take("elsewhere");
  return FaultRaised{*code, because(words), elsewhere};
}

Result<Input> parse_clear(Words& words) {
  if (words.empty()) return FaultCleared{};
  const auto code = parse_reason(words.next());
  if (!code) return tl::unexpected(code.error());
  return FaultCleared{*code};
}

Result<Input> parse_group(Words& words) {
  GroupCalls out;
  const std::string_view what = words.next();
  if (what == "master") {
    out.what = GroupCalls::What::Master;
  } else if (what == "backup") {
    out.what = GroupCalls::What::Backup;
  } else if (what != "wait") {
    return unexpected_word(what, "master, backup or wait");
  }
  out.because = because(words);
  if (!out.because.empty() || words.empty()) return out;
  const auto wait = parse_duration(words.next());
  if (!wait) return tl::unexpected(wait.error());
  out.wait = *wait;
  out.because = because(words);
  return out;
}

Result<Input> parse_word(std::string_view verb, Words& words, const Parameters& ours) {
  if (verb == "start") return Start{};
  if (verb == "stop") return Stop{};
  if (verb == "timer") return TimerExpired{};
  if (verb == "advert") return parse_advert(words, ours);
  if (verb == "fault") return parse_fault(words);
  if (verb == "clear") return parse_clear(words);
  if (verb == "priority") {
    const auto priority = parse_octet(words.next());
    if (!priority) return tl::unexpected(priority.error());
    return PriorityChanged{Priority{*priority}, because(words)};
  }
  if (verb == "group") return parse_group(words);
  if (verb == "source" || verb == "address-lost") {
    const auto address = parse_address(words.next(), ours.family);
    if (!address) return tl::unexpected(address.error());
    if (verb == "source") return SourceAddress{*address};
    return AddressLost{*address, because(words)};
  }
  return unexpected_word(verb, "an input (start, stop, advert, timer, priority, fault, clear, "
                               "source, address-lost, group)");
}

std::string detail(Words& words) { return words.take(":") ? words.remainder() : std::string(); }

Result<Output> parse_transition(Words& words) {
  const auto from = parse_state(words.next());
  if (!from) return tl::unexpected(from.error());
  const auto to = parse_state(words.next());
  if (!to) return tl::unexpected(to.error());
  const auto code = parse_reason(words.next());
  if (!code) return tl::unexpected(code.error());
  return Transition{*from, *to, {*code, detail(words)}};
}

Result<Output> parse_rejected(Words& words) {
  const auto code = parse_reject(words.next());
  if (!code) return tl::unexpected(code.error());
  if (!words.take("from")) return unexpected_word(words.next(), "'from'");
  const auto source = parse_address(words.next(), wire::Family::V4);
  if (!source) return tl::unexpected(source.error());
  const bool first = words.take("first");
  const bool accepted = words.take("accepted");
  return Rejected{*code, *source, detail(words), first, accepted};
}

Result<Output> parse_output_word(std::string_view verb, Words& words) {
  if (verb == "add-addresses") return AddAddresses{};
  if (verb == "remove-addresses") return RemoveAddresses{};
  if (verb == "transition") return parse_transition(words);
  if (verb == "rejected") return parse_rejected(words);
  if (verb == "note") {
    const bool verbose = words.take("verbose");
    return Note{detail(words), verbose};
  }
  if (verb == "send" && !words.take("prio")) return unexpected_word(words.next(), "'prio'");
  if (verb != "send" && verb != "garp") {
    return unexpected_word(verb, "an output (send, garp, add-addresses, remove-addresses, "
                                 "transition, rejected, note)");
  }
  const auto value = parse_octet(words.next());
  if (!value) return tl::unexpected(value.error());
  if (verb == "send") return SendAdvert{Priority{*value}};
  return SendGratuitous{*value};
}

template <typename Value>
Result<Value> nothing_left(Result<Value> value, Words& words) {
  if (value && !words.empty()) return unexpected_word(words.next(), "the end of the line");
  return value;
}

}  // namespace

Result<Input> parse_input(std::string_view text, const Parameters& ours) {
  Words words(text);
  const std::string_view verb = words.next();
  return nothing_left(parse_word(verb, words, ours), words);
}

Result<Output> parse_output(std::string_view text) {
  Words words(text);
  const std::string_view verb = words.next();
  return nothing_left(parse_output_word(verb, words), words);
}

}  // namespace alibi::vrrp
