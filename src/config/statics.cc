// SPDX-License-Identifier: Apache-2.0
// What stands outside of instances and stays while they move: static_ipaddress, track_group,
// garp_group, interface_up_down_delays.
#include <fmt/format.h>

#include <algorithm>

#include "config/address_line.h"
#include "config/fields.h"
#include "config/handlers.h"

namespace alibi::config {
namespace {

constexpr std::size_t kMaxInterfaceName = 15;

bool good_interface(Context& context, const Word& word, Position at) {
  if (!word.text.empty() && word.text.size() <= kMaxInterfaceName) return true;
  context.warn(at, fmt::format("'{}' cannot be an interface: a name has 1 to {} characters; it is "
                               "ignored",
                               word.text, kMaxInterfaceName));
  return false;
}

}  // namespace

bool add_static_addresses(Context& context, const Statement& statement) {
  for (const Piece& piece : statement.lines) {
    auto address = read_address(context, piece, AddressUse::Static);
    if (address) context.draft.settings.static_addresses.push_back(std::move(*address));
  }
  return true;
}

void write_static_addresses(const Subject& subject, std::string_view keyword, Text& out) {
  write_addresses(subject.settings.static_addresses, keyword, out);
}

bool begin_track_group(Context& context, const Statement& statement) {
  no_more_words(context, statement, 2);
  auto& groups = context.draft.settings.track_groups;
  const std::string& name = statement.word(1).text;
  if (std::any_of(groups.begin(), groups.end(), [&](const auto& g) { return g.name == name; })) {
    context.warn(statement.at(1),
                 fmt::format("track_group {} is defined twice; the first counts", name));
    return false;
  }
  groups.push_back({name, {}, context.place(statement.head.at)});
  context.track_group = &groups.back();
  return true;
}

bool add_track_group_members(Context& context, const Statement& statement) {
  for (const Piece& piece : statement.lines) {
    for (const Word& word : piece.words) context.track_group->members.push_back(word.text);
  }
  return true;
}

void write_track_group_members(const Subject& subject, std::string_view keyword, Text& out) {
  if (subject.track_group->members.empty()) return;
  out.open(keyword);
  for (const auto& member : subject.track_group->members) out.raw(quote(member));
  out.close();
}

bool begin_garp_group(Context& context, const Statement& statement) {
  no_more_words(context, statement, 1);
  auto& groups = context.draft.settings.garp_groups;
  groups.push_back({{}, {}, {}, context.place(statement.head.at)});
  context.garp_group = &groups.back();
  return true;
}

bool set_garp_interface(Context& context, const Statement& statement) {
  no_more_words(context, statement, 2);
  if (good_interface(context, statement.word(1), statement.at(1))) {
    context.garp_group->interfaces.push_back(statement.word(1).text);
  }
  return true;
}

bool add_garp_interfaces(Context& context, const Statement& statement) {
  for (const Piece& piece : statement.lines) {
    for (const Word& word : piece.words) {
      if (good_interface(context, word, {piece.at.line, word.column})) {
        context.garp_group->interfaces.push_back(word.text);
      }
    }
  }
  return true;
}

void write_garp_interfaces(const Subject& subject, std::string_view keyword, Text& out) {
  if (subject.garp_group->interfaces.empty()) return;
  out.open(keyword);
  for (const auto& interface : subject.garp_group->interfaces) out.raw(quote(interface));
  out.close();
}

// INTERFACE DOWN [UP] in seconds; without UP both are DOWN.
bool add_up_down_delays(Context& context, const Statement& statement) {
  for (const Piece& piece : statement.lines) {
    const Statement line{piece, {}};
    if (!good_interface(context, line.word(0), line.at(0))) continue;
    if (line.size() < 2) {
      context.warn(line.at(0), fmt::format("{} needs a delay in seconds (INTERFACE DOWN [UP]); {}",
                                           line.word(0).text, kIgnored));
      continue;
    }
    const auto down = seconds(context, line, 1, Duration(0), 255s, kIgnored, "the delay");
    const auto up = line.size() > 2
                        ? seconds(context, line, 2, Duration(0), 255s, kIgnored, "the delay")
                        : down;
    no_more_words(context, line, 3);
    if (!down || !up) continue;
    context.draft.settings.up_down_delays.push_back(
        {line.word(0).text, *down, *up, context.place(piece.at)});
  }
  return true;
}

void write_up_down_delays(const Subject& subject, std::string_view keyword, Text& out) {
  if (subject.settings.up_down_delays.empty()) return;
  out.open(keyword);
  for (const UpDownDelay& delay : subject.settings.up_down_delays) {
    out.raw(fmt::format("{} {} {}", quote(delay.interface), number_text(delay.down),
                        number_text(delay.up)));
  }
  out.close();
}

// INTERFACE [MII|ETHTOOL|IOCTL]: alibi hears of links over netlink, so only the form is checked.
bool check_linkbeat_interfaces(Context& context, const Statement& statement) {
  for (const Piece& piece : statement.lines) {
    const Statement line{piece, {}};
    good_interface(context, line.word(0), line.at(0));
    if (line.size() < 2) continue;
    const std::string& how = line.word(1).text;
    if (how != "MII" && how != "ETHTOOL" && how != "IOCTL") {
      context.warn(line.at(1), fmt::format("'{}' is not a way of polling (MII, ETHTOOL, IOCTL); it "
                                           "is ignored",
                                           how));
    }
  }
  return true;
}

}  // namespace alibi::config
