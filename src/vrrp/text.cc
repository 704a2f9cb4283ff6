// SPDX-License-Identifier: Apache-2.0
// Printing, and the small words (codes, states, durations) of the text form; parsing whole inputs
// and outputs is in text_parse.cc.
#include "vrrp/text.h"

#include <charconv>

namespace alibi::vrrp {
namespace {

std::string number(unsigned value) { return std::to_string(value); }

std::string address(const wire::IpAddress& a) { return a.is_unspecified() ? "none" : a.text(); }

std::string hex(const std::array<std::uint8_t, 8>& bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const std::uint8_t byte : bytes) {
    out += kDigits[byte >> 4U];
    out += kDigits[byte & 15U];
  }
  return out;
}

/// Seconds with as many decimals as needed: exact.
std::string seconds(Duration d) {
  std::string out = std::to_string(d / 1s);
  std::string rest = std::to_string((d % 1s).count());
  if (rest == "0") return out;
  rest.insert(0, 9 - rest.size(), '0');
  return out + "." + rest.substr(0, rest.find_last_not_of('0') + 1);
}

std::string with(std::string_view separator, const std::string& tail) {
  return tail.empty() ? std::string() : std::string(separator) + tail;
}

std::string print_advert(const AdvertReceived& packet) {
  const wire::Advertisement& a = packet.advert;
  std::string out = "advert from " + address(packet.source) + " prio " + number(a.priority.value) +
                    " vrid " + number(a.vrid.value) + " v " + number(a.version) + " int " +
                    seconds(a.interval) + " auth ";
  out += a.auth_type == wire::AuthType::None ? "none"
         : a.auth_type == wire::AuthType::Ah ? "ah"
                                             : "pass:x:" + hex(a.auth_data);
  out += " vips ";
  if (a.addresses.empty()) out += "none";
  for (std::size_t n = 0; n < a.addresses.size(); ++n) {
    out += (n == 0 ? "" : ",") + a.addresses[n].text();
  }
  return out + " ttl " + number(packet.ttl) + (packet.unicast ? " unicast" : "");
}

struct PrintInput {
  std::string operator()(const Start&) const { return "start"; }
  std::string operator()(const Stop&) const { return "stop"; }
  std::string operator()(const AdvertReceived& i) const { return print_advert(i); }
  std::string operator()(const TimerExpired&) const { return "timer"; }
  std::string operator()(const PriorityChanged& i) const {
    return "priority " + number(i.effective.value) + with(" because ", i.because);
  }
  std::string operator()(const FaultRaised& i) const {
    return "fault " + std::string(text(i.code)) + (i.elsewhere ? " elsewhere" : "") +
           with(" because ", i.because);
  }
  std::string operator()(const FaultCleared& i) const {
    return i.code ? "clear " + std::string(text(*i.code)) : "clear";
  }
  std::string operator()(const SourceAddress& i) const { return "source " + address(i.address); }
  std::string operator()(const AddressLost& i) const {
    return "address-lost " + address(i.address) + with(" because ", i.what);
  }
  std::string operator()(const GroupCalls& i) const {
    constexpr const char* kWords[] = {"master", "backup", "wait"};
    std::string out = "group " + std::string(kWords[static_cast<std::size_t>(i.what)]);
    if (i.wait > Duration(0)) out += " " + seconds(i.wait);
    return out + with(" because ", i.because);
  }
};

struct PrintOutput {
  std::string operator()(const SendAdvert& o) const {
    return "send prio " + number(o.priority.value);
  }
  std::string operator()(const AddAddresses&) const { return "add-addresses"; }
  std::string operator()(const RemoveAddresses&) const { return "remove-addresses"; }
  std::string operator()(const SendGratuitous& o) const {
    return "garp " + std::to_string(o.repeat);
  }
  std::string operator()(const Transition& o) const {
    return "transition " + std::string(text(o.from)) + " " + std::string(text(o.to)) + " " +
           std::string(text(o.reason.code)) + with(" : ", o.reason.detail);
  }
  std::string operator()(const Rejected& o) const {
    return "rejected " + std::string(text(o.code)) + " from " + address(o.source) +
           (o.first ? " first" : "") + (o.accepted ? " accepted" : "") + with(" : ", o.detail);
  }
  std::string operator()(const Note& o) const {
    return std::string("note") + (o.verbose ? " verbose" : "") + " : " + o.text;
  }
};

/// The enumerator from 0..last whose text() is `word`.
template <typename Code>
Result<Code> named(std::string_view word, Code last, std::string_view what) {
  for (unsigned n = 0; n <= static_cast<unsigned>(last); ++n) {
    if (text(static_cast<Code>(n)) == word) return static_cast<Code>(n);
  }
  return fail("'" + std::string(word) + "' is no " + std::string(what));
}

}  // namespace

std::string print(const Input& input) { return std::visit(PrintInput{}, input); }
std::string print(const Output& output) { return std::visit(PrintOutput{}, output); }

Result<ReasonCode> parse_reason(std::string_view word) {
  return named(word, kLastReason, "reason code");
}

Result<RejectCode> parse_reject(std::string_view word) {
  return named(word, kLastReject, "rejection code");
}

Result<State> parse_state(std::string_view word) { return named(word, State::Fault, "state"); }

Result<Duration> parse_duration(std::string_view word) {
  const std::string shown(word);
  std::int64_t unit = 1'000'000'000;
  if (word.ends_with("ms")) {
    unit = 1'000'000;
    word.remove_suffix(2);
  } else if (word.ends_with("s")) {
    word.remove_suffix(1);
  }
  std::int64_t whole = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), whole);
  std::string_view rest = word.substr(static_cast<std::size_t>(end - word.data()));
  constexpr std::int64_t kMost = 1'000'000'000;  // 31 years: no overflow below
  if (error != std::errc{} || whole < 0 || whole > kMost) {
    return fail("'" + shown + "' is no duration such as 1.2, 1.2s or 250ms");
  }
  std::int64_t ns = whole * unit;
  if (rest.starts_with(".") && rest.size() > 1) rest.remove_prefix(1);
  for (const char digit : rest) {
    unit /= 10;
    if (digit < '0' || digit > '9' || unit == 0) {
      return fail("'" + shown + "' is no duration such as 1.2, 1.2s or 250ms");
    }
    ns += unit * (digit - '0');
  }
  return Duration(ns);
}

}  // namespace alibi::vrrp
