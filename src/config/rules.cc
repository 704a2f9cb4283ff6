// SPDX-License-Identifier: Apache-2.0
// virtual_rules and static_rules: lines in the words of ip-rule(8) that keepalived takes.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "config/fields.h"
#include "config/handlers.h"
#include "config/line_words.h"

namespace alibi::config {
namespace {

constexpr std::array<std::string_view, 35> kWords = {"from",        "to",
                                                     "table",       "lookup",
                                                     "preference",  "order",
                                                     "priority",    "tos",
                                                     "dsfield",     "fwmark",
                                                     "realms",      "suppress_prefixlength",
                                                     "sup_pl",      "suppress_ifgroup",
                                                     "sup_group",   "dev",
                                                     "iif",         "oif",
                                                     "tunnel-id",   "uidrange",
                                                     "l3mdev",      "protocol",
                                                     "ipproto",     "sport",
                                                     "dport",       "type",
                                                     "goto",        "nop",
                                                     "blackhole",   "unreachable",
                                                     "prohibit",    "no_track",
                                                     "track_group", "inet",
                                                     "inet6"};
constexpr std::array<std::string_view, 4> kActions = {"nop", "blackhole", "unreachable",
                                                      "prohibit"};
constexpr std::uint32_t kFirstGiven = 16384;  // what a rule without a preference gets, downwards

// "10-20" or "10", as two numbers.
template <typename T>
std::optional<std::pair<T, T>> range_of(std::string_view text) {
  const auto part = [](std::string_view digits) -> std::optional<T> {
    T value{};
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    return value;
  };
  const auto dash = text.find('-');
  const auto low = part(text.substr(0, dash));
  const auto high = dash == std::string_view::npos ? low : part(text.substr(dash + 1));
  if (!low || !high || *low > *high) return std::nullopt;
  return std::pair{*low, *high};
}

class RuleLine {
 public:
  RuleLine(Context& context, const Piece& piece) : words_(context, piece) {}

  std::optional<Rule> read() {
    rule_.words = words_.all();
    rule_.place = words_.place();
    while (!words_.at_end() && !words_.dropped()) {
      const std::string word = words_.take();
      if (!selector(word) && !numbers(word) && !ranges(word) && !action(word)) {
        words_.unknown(word, "rule", kWords);
      }
    }
    if (!words_.dropped() && action_.empty()) {
      words_.drop("a rule needs an action (table T, goto N, nop, blackhole, ...)");
    }
    const auto target = rule_.goto_priority;
    if (!words_.dropped() && target && rule_.priority.value_or(0) >= *target) {
      words_.drop("goto leads to a later rule, one of a greater preference");
    }
    if (words_.dropped() || !families()) return std::nullopt;
    return std::move(rule_);
  }

 private:
  template <typename T, typename U>
  void keep(T& target, U&& value) {
    if (value) target = *std::forward<U>(value);
  }

  bool selector(const std::string& word) {
    if (word == "not") {
      rule_.negate = true;
    } else if (word == "from") {
      network(rule_.from, word);
    } else if (word == "to") {
      network(rule_.to, word);
    } else if (word == "inet" || word == "inet6") {
      family_ = word == "inet" ? wire::Family::V4 : wire::Family::V6;
    } else if (word == "dev" || word == "iif") {
      keep(rule_.input_interface, words_.interface(word));
    } else if (word == "oif") {
      keep(rule_.output_interface, words_.interface(word));
    } else if (word == "tos" || word == "dsfield") {
      keep(rule_.tos, words_.octet(word));
    } else if (word == "realms") {
      keep(rule_.realms, words_.name(word));
    } else if (word == "ipproto") {
      keep(rule_.ip_protocol, words_.name(word));
    } else if (word == "track_group") {
      keep(rule_.track_group, words_.name(word));
    } else if (word == "no_track") {
      rule_.no_track = true;
    } else if (word == "l3mdev") {
      rule_.l3mdev = true;
      decide(word);
    } else {
      return false;
    }
    return true;
  }

  // `from all` is any network, of either family.
  void network(std::optional<Network>& target, const std::string& word) {
    const bool any = !words_.at_end() && (words_.peek() == "all" || words_.peek() == "any" ||
                                          words_.peek() == "default");
    const auto value = words_.network(word);
    if (!any) keep(target, value);
  }

  bool numbers(const std::string& word) {
    if (word == "preference" || word == "order" || word == "priority") {
      keep(rule_.priority, words_.number(word));
    } else if (word == "fwmark") {
      mark();
    } else if (word == "suppress_prefixlength" || word == "sup_pl") {
      keep(rule_.suppress_prefix_length, words_.number(word, 128));
    } else if (word == "suppress_ifgroup" || word == "sup_group") {
      keep(rule_.suppress_group, words_.number(word));
    } else if (word == "tunnel-id") {
      keep(rule_.tunnel_id, words_.number(word));
    } else if (word == "protocol") {
      if (const auto value = words_.number(word, 255)) rule_.protocol = std::to_string(*value);
    } else {
      return false;
    }
    return true;
  }

  // MARK[/MASK]
  void mark() {
    const auto* text = words_.value("fwmark");
    if (text == nullptr) return;
    const auto part = [](std::string_view digits) -> std::optional<std::uint32_t> {
      const bool hex = digits.starts_with("0x");
      if (hex) digits.remove_prefix(2);
      std::uint32_t value = 0;
      const auto [end, error] =
          std::from_chars(digits.data(), digits.data() + digits.size(), value, hex ? 16 : 10);
      if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
      return value;
    };
    const auto slash = text->find('/');
    rule_.mark = part(std::string_view(*text).substr(0, slash));
    if (slash != std::string::npos)
      rule_.mark_mask = part(std::string_view(*text).substr(slash + 1));
    if (!rule_.mark || (slash != std::string::npos && !rule_.mark_mask)) {
      words_.drop(fmt::format("fwmark is MARK[/MASK] in numbers, not '{}'", *text));
    }
  }

  bool ranges(const std::string& word) {
    if (word == "sport" || word == "dport") {
      const auto* text = words_.value(word);
      if (text == nullptr) return true;
      const auto range = range_of<std::uint16_t>(*text);
      if (!range) words_.drop(fmt::format("{} is PORT-PORT, not '{}'", word, *text));
      (word == "sport" ? rule_.source_port : rule_.destination_port) = range;
    } else if (word == "uidrange") {
      const auto* text = words_.value(word);
      if (text == nullptr) return true;
      rule_.uid_range = range_of<std::uint32_t>(*text);
      if (!rule_.uid_range) words_.drop(fmt::format("uidrange is UID-UID, not '{}'", *text));
    } else {
      return false;
    }
    return true;
  }

  bool action(const std::string& word) {
    if (word == "table" || word == "lookup") {
      keep(rule_.table, words_.name(word));
      decide(word);
    } else if (word == "goto") {
      rule_.action = word;
      keep(rule_.goto_priority, words_.number(word));
      decide(word);
    } else if (word == "type") {
      const auto type = words_.name(word);
      if (type && !take_action(*type)) {
        words_.drop(
            fmt::format("'{}' is not a type of rule (blackhole, unreachable, prohibit, "
                        "nop)",
                        *type));
      }
    } else {
      return take_action(word);
    }
    return true;
  }

  bool take_action(const std::string& word) {
    if (std::find(kActions.begin(), kActions.end(), word) == kActions.end()) return false;
    rule_.action = word;
    decide(word);
    return true;
  }

  // ip-rule(8): one action a rule.
  void decide(const std::string& word) {
    if (!action_.empty()) {
      words_.drop(fmt::format("a rule has one action, not '{}' and '{}'", action_, word));
    }
    action_ = word;
  }

  bool families() {
    rule_.family = rule_.from ? rule_.from->address.family
                   : rule_.to ? rule_.to->address.family
                              : family_.value_or(wire::Family::V4);
    const bool mixed = (rule_.to && rule_.to->address.family != rule_.family) ||
                       family_.value_or(rule_.family) != rule_.family;
    if (mixed) words_.drop("the addresses of the rule are not of one family");
    return !mixed;
  }

  LineWords words_;
  Rule rule_;
  std::optional<wire::Family> family_;
  std::string action_;  ///< the word that gave it; empty: none yet
};

void add(Context& context, const Statement& statement, std::vector<Rule>& rules) {
  for (const Piece& piece : statement.lines) {
    auto rule = RuleLine(context, piece).read();
    if (!rule) continue;
    if (!rule->priority) {
      // Nothing says which of two rules comes first, and the peer may number them otherwise.
      context.warn(piece.at, fmt::format("a rule without a preference gets one by itself, from {} "
                                         "downwards; write the one that you mean",
                                         kFirstGiven));
    }
    rules.push_back(std::move(*rule));
  }
}

void write(const std::vector<Rule>& rules, std::string_view keyword, Text& out) {
  if (rules.empty()) return;
  out.open(keyword);
  for (const Rule& rule : rules) {
    std::string line;
    for (const auto& word : rule.words) line += (line.empty() ? "" : " ") + quote(word);
    out.raw(line);
  }
  out.close();
}

}  // namespace

bool add_rules(Context& context, const Statement& statement) {
  add(context, statement, context.instance->instance.rules.edit());
  return true;
}

bool add_static_rules(Context& context, const Statement& statement) {
  add(context, statement, context.draft.settings.static_rules);
  return true;
}

void write_rules(const Subject& subject, std::string_view keyword, Text& out) {
  write(subject.instance->rules, keyword, out);
}

void write_static_rules(const Subject& subject, std::string_view keyword, Text& out) {
  write(subject.settings.static_rules, keyword, out);
}

}  // namespace alibi::config
