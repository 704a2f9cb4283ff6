// SPDX-License-Identifier: Apache-2.0
// A snapshot as one line of KEY=VALUE words. Every field is named once, for both directions: what
// is printed is what is read. Moments and durations are whole nanoseconds.
#include <charconv>
#include <map>

#include "vrrp/text.h"

namespace alibi::vrrp {
namespace {

/// Calls `visit(key, field)` for each field of a snapshot.
template <typename Snapshot, typename Visit>
void each_field(Snapshot& s, Visit visit) {
  auto& m = s.memory;
  visit("state", m.state);
  visit("effective", m.effective);
  visit("source", m.source);
  visit("faults", m.faults);
  visit("state_since", m.state_since);
  visit("master", m.master);
  visit("master_priority", m.master_priority);
  visit("master_interval", m.master_interval);
  visit("master_heard", m.master_heard);
  visit("waiting", m.waiting);
  visit("lower", m.lower);
  visit("lower_priority", m.lower_priority);
  visit("lower_heard", m.lower_heard);
  visit("down_timer", m.down_timer);
  visit("advert_timer", m.advert_timer);
  visit("garp_timer", m.garp_timer);
  visit("garp_repeat", m.garp_repeat);
  visit("refresh_timer", m.refresh_timer);
  visit("preempt_until", m.preempt_until);
  visit("priority_reason", m.priority_reason);
  visit("owner_conflicts", m.owner_conflicts);
  visit("rejected_seen", m.rejected_seen);
  visit("version", s.advert.version);
  visit("vrid", s.advert.vrid);
  visit("priority", s.advert.priority);
  visit("interval", s.advert.interval);
  visit("auth_type", s.advert.auth_type);
  visit("auth_data", s.advert.auth_data);
  visit("addresses", s.advert.addresses);
  visit("base_priority", s.base_priority);
  visit("down_timer_adverts", s.down_timer_adverts);
  visit("preempt_delay", s.preempt_delay);
}

bool plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-' || c == ':' || c == '/';
}

struct Write {
  static std::string of(const std::string& value) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string out;
    for (const char c : value) {
      const auto octet = static_cast<std::uint8_t>(c);
      if (plain(c)) {
        out += c;
      } else {
        out += '%';
        out += kDigits[octet >> 4U];
        out += kDigits[octet & 15U];
      }
    }
    return out;
  }
  static std::string of(const wire::IpAddress& value) { return value.text(); }
  static std::string of(const std::vector<wire::IpAddress>& list) {
    std::string out;
    for (const auto& address : list) out += (out.empty() ? "" : ",") + address.text();
    return out;
  }
  static std::string of(const std::vector<Reason>& list) {
    std::string out;
    for (const auto& [code, detail] : list) {
      out += (out.empty() ? "" : ",") + std::string(text(code)) + ":" + of(detail);
    }
    return out;
  }
  static std::string of(const std::array<std::uint8_t, 8>& value) {
    return of(std::string(value.begin(), value.end()));
  }
  static std::string of(Instant value) { return std::to_string(value.ns); }
  static std::string of(Duration value) { return std::to_string(value.count()); }
  template <typename Tag, typename Rep>
  static std::string of(Strong<Tag, Rep> value) {
    return std::to_string(value.value);
  }
  template <typename Number>
  static std::string of(Number value) {
    return std::to_string(static_cast<std::int64_t>(value));
  }
};

/// Each reads `word` into `value`; false: it is none.
struct Read {
  static bool into(std::string& value, std::string_view word) {
    value.clear();
    while (!word.empty()) {
      std::size_t used = 1;
      char c = word[0];
      if (c == '%') {
        unsigned octet = 0;
        if (word.size() < 3) return false;
        const auto [end, error] = std::from_chars(word.data() + 1, word.data() + 3, octet, 16);
        if (error != std::errc{} || end != word.data() + 3) return false;
        c = static_cast<char>(octet);
        used = 3;
      }
      value += c;
      word.remove_prefix(used);
    }
    return true;
  }
  static bool into(wire::IpAddress& value, std::string_view word) {
    const auto address = wire::IpAddress::parse(word);
    if (address) value = *address;
    return address.has_value();
  }
  static bool into(std::vector<wire::IpAddress>& list, std::string_view word) {
    list.clear();
    while (!word.empty()) {
      const std::size_t comma = std::min(word.find(','), word.size());
      if (!into(list.emplace_back(), word.substr(0, comma))) return false;
      word.remove_prefix(std::min(comma + 1, word.size()));
    }
    return true;
  }
  static bool into(std::vector<Reason>& list, std::string_view word) {
    list.clear();
    while (!word.empty()) {
      const std::string_view one = word.substr(0, std::min(word.find(','), word.size()));
      const std::size_t colon = one.find(':');
      const auto code = parse_reason(one.substr(0, colon));
      if (!code || colon == std::string_view::npos) return false;
      list.push_back({*code, {}});
      if (!into(list.back().detail, one.substr(colon + 1))) return false;
      word.remove_prefix(std::min(one.size() + 1, word.size()));
    }
    return true;
  }
  static bool into(std::array<std::uint8_t, 8>& value, std::string_view word) {
    std::string octets;
    if (!into(octets, word) || octets.size() != value.size()) return false;
    for (std::size_t n = 0; n < 8; ++n) value[n] = static_cast<std::uint8_t>(octets[n]);
    return true;
  }
  static bool into(Instant& value, std::string_view word) { return into(value.ns, word); }
  static bool into(Duration& value, std::string_view word) {
    std::int64_t ns = 0;
    if (!into(ns, word)) return false;
    value = Duration(ns);
    return true;
  }
  static bool into(State& value, std::string_view word) { return code(value, word, State::Fault); }
  static bool into(Waiting& value, std::string_view word) {
    return code(value, word, Waiting::Recovered);
  }
  static bool into(wire::AuthType& value, std::string_view word) {
    return code(value, word, wire::AuthType::Ah);
  }
  template <typename Tag, typename Rep>
  static bool into(Strong<Tag, Rep>& value, std::string_view word) {
    return into(value.value, word);
  }
  template <typename Number>
  static bool into(Number& value, std::string_view word) {
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    return error == std::errc{} && end == word.data() + word.size();
  }
  template <typename Code>
  static bool code(Code& value, std::string_view word, Code last) {
    std::uint8_t number = 0;
    if (!into(number, word) || number > static_cast<std::uint8_t>(last)) return false;
    value = static_cast<Code>(number);
    return true;
  }
};

}  // namespace

std::string print(const InstanceSnapshot& snapshot) {
  std::string out;
  each_field(snapshot, [&](const char* key, const auto& field) {
    out += (out.empty() ? "" : " ") + std::string(key) + "=" + Write::of(field);
  });
  return out;
}

Result<InstanceSnapshot> parse_snapshot(std::string_view text) {
  std::map<std::string_view, std::string_view> words;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, std::min(text.find(' '), text.size()));
    const std::size_t equals = word.find('=');
    if (equals == std::string_view::npos) {
      return fail("'" + std::string(word) + "' is no KEY=VALUE of a snapshot");
    }
    words[word.substr(0, equals)] = word.substr(equals + 1);
    text.remove_prefix(std::min(word.size() + 1, text.size()));
  }
  InstanceSnapshot snapshot;
  std::string wrong;
  each_field(snapshot, [&](const char* key, auto& field) {
    const auto found = words.find(key);
    if (found == words.end() || !Read::into(field, found->second)) wrong = key;
  });
  if (!wrong.empty()) return fail("a snapshot without a valid '" + wrong + "'");
  return snapshot;
}

}  // namespace alibi::vrrp
