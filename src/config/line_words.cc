// SPDX-License-Identifier: Apache-2.0
// Words of route and rule lines into values.
#include "config/line_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace alibi::config {
namespace {

constexpr std::size_t kMaxInterfaceName = 15;
constexpr std::size_t kMaxName = 64;

}  // namespace

bool LineWords::skip(std::string_view word) {
  if (at_end() || peek() != word) return false;
  ++next_;
  return true;
}

std::vector<std::string> LineWords::all() const {
  std::vector<std::string> out;
  for (const Word& word : piece_.words) out.push_back(word.text);
  return out;
}

Position LineWords::at() const {
  return at_end() ? last() : Position{piece_.at.line, piece_.words[next_].column};
}

Position LineWords::last() const {
  const std::size_t i = next_ == 0 ? 0 : next_ - 1;
  return {piece_.at.line, piece_.words[i].column};
}

void LineWords::drop(std::string message, std::string suggestion) {
  if (!dropped_) {
    context_.say(Severity::Error, last(), std::move(message) + "; the line is left out",
                 std::move(suggestion));
  }
  dropped_ = true;
}

void LineWords::unknown(std::string_view word, std::string_view what,
                        std::span<const std::string_view> known) {
  drop(fmt::format("'{}' is not understood in a {}", word, what), context_.nearest_of(word, known));
}

const std::string* LineWords::value(std::string_view option) {
  if (!at_end()) return &take();
  drop(fmt::format("{} needs a value", option));
  return nullptr;
}

std::optional<std::string> LineWords::interface(std::string_view option) {
  const auto* word = value(option);
  if (word == nullptr) return std::nullopt;
  if (!word->empty() && word->size() <= kMaxInterfaceName) return *word;
  drop(fmt::format("'{}' cannot be an interface", *word));
  return std::nullopt;
}

std::optional<std::uint32_t> LineWords::number(std::string_view option, std::uint32_t most) {
  const auto* word = value(option);
  if (word == nullptr) return std::nullopt;
  const bool hex = word->size() > 2 && (word->compare(0, 2, "0x") == 0);
  const char* begin = word->data() + (hex ? 2 : 0);
  std::uint32_t out = 0;
  const auto [end, error] = std::from_chars(begin, word->data() + word->size(), out, hex ? 16 : 10);
  if (error == std::errc() && end == word->data() + word->size() && out <= most) return out;
  drop(fmt::format("{} must be a whole number from 0 to {}, not '{}'", option, most, *word));
  return std::nullopt;
}

std::optional<wire::IpAddress> LineWords::address(std::string_view option) {
  const auto* word = value(option);
  if (word == nullptr) return std::nullopt;
  const auto out = wire::IpAddress::parse(*word);
  if (!out) drop(fmt::format("'{}' after {} is not an IP address", *word, option));
  return out;
}

std::optional<Network> LineWords::network(std::string_view option) {
  const auto* word = value(option);
  if (word == nullptr) return std::nullopt;
  const auto out = network_of(*word);
  if (!out) drop(fmt::format("'{}' after {} is not a network (ADDRESS[/LENGTH])", *word, option));
  return out;
}

std::optional<std::string> LineWords::name(std::string_view option) {
  const auto* word = value(option);
  if (word == nullptr) return std::nullopt;
  if (!word->empty() && word->size() <= kMaxName) return *word;
  drop(fmt::format("'{}' after {} is no name or number", *word, option));
  return std::nullopt;
}

std::optional<std::string> LineWords::octet(std::string_view option) {
  auto word = name(option);
  if (!word) return std::nullopt;
  const bool hex = word->starts_with("0x");
  std::uint64_t value = 0;
  const char* const end = word->data() + word->size();
  const auto read = std::from_chars(word->data() + (hex ? 2 : 0), end, value, hex ? 16 : 10);
  if (read.ptr != end || read.ec == std::errc::invalid_argument || value <= 255) return word;
  drop(fmt::format("{} is at most 255, not '{}'", option, *word));
  return std::nullopt;
}

std::optional<Network> network_of(std::string_view text) {
  if (text == "default" || text == "any" || text == "all") return Network{};
  if (text == "default6") {
    Network out;
    out.address.family = wire::Family::V6;
    return out;
  }
  const auto slash = text.find('/');
  const auto address = wire::IpAddress::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  const int longest = address->family == wire::Family::V4 ? 32 : 128;
  if (slash == std::string_view::npos) return Network{*address, longest};
  const auto digits = text.substr(slash + 1);
  int length = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
  if (error != std::errc() || end != digits.data() + digits.size() || length < 0 ||
      length > longest) {
    return std::nullopt;
  }
  return Network{*address, length};
}

std::string text(const Network& network) {
  return fmt::format("{}/{}", network.address.text(), network.length);
}

}  // namespace alibi::config
