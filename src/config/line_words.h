// SPDX-License-Identifier: Apache-2.0
// The words of one route or rule line, taken one after the other. What cannot be used is said once
// and the line is dropped, as half a route is none.
#pragma once

#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "config/draft.h"

namespace alibi::config {

class LineWords {
 public:
  LineWords(Context& context, const Piece& piece) : context_(context), piece_(piece) {}

  bool at_end() const { return next_ >= piece_.words.size(); }
  const std::string& peek() const { return piece_.words[next_].text; }
  const std::string& take() { return piece_.words[next_++].text; }
  /// Takes the next word if it is `word`.
  bool skip(std::string_view word);
  std::vector<std::string> all() const;
  Position at() const;

  /// The value after `option`; nothing after an error when there is none or it has not that form.
  const std::string* value(std::string_view option);
  std::optional<std::string> interface(std::string_view option);
  std::optional<std::uint32_t> number(std::string_view option, std::uint32_t most = UINT32_MAX);
  std::optional<wire::IpAddress> address(std::string_view option);
  std::optional<Network> network(std::string_view option);
  /// A number or a name of rt_tables, rt_protos, ...: kept as written.
  std::optional<std::string> name(std::string_view option);
  /// The same for what has eight bits.
  std::optional<std::string> octet(std::string_view option);

  /// The line is dropped for this reason.
  void drop(std::string message, std::string suggestion = {});
  void warn(std::string message) { context_.warn(last(), std::move(message)); }
  bool dropped() const { return dropped_; }
  /// An unknown word, with the nearest of `known`.
  void unknown(std::string_view word, std::string_view what,
               std::span<const std::string_view> known);
  Place place() const { return context_.place(piece_.at); }

 private:
  Position last() const;  // of the word taken last

  Context& context_;
  const Piece& piece_;
  std::size_t next_ = 0;
  bool dropped_ = false;
};

/// "10.0.0.0/8", "10.0.0.1", "default", "default6", "any", "all".
std::optional<Network> network_of(std::string_view text);
std::string text(const Network& network);

}  // namespace alibi::config
