// SPDX-License-Identifier: Apache-2.0
// vrrp_instance: whom it speaks to and from where, its peers, its virtual MAC.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "config/fields.h"
#include "config/handlers.h"

namespace alibi::config {
namespace {

constexpr std::size_t kMaxInterfaceName = 15;

std::optional<wire::IpAddress> address_in(Context& context, const Statement& statement,
                                          std::size_t i) {
  const auto address = wire::IpAddress::parse(statement.word(i).text);
  if (!address) {
    context.warn(statement.at(i),
                 fmt::format("'{}' is not an IP address; {}", statement.word(i).text, kIgnored));
  }
  return address;
}

void add_peer(Context& context, const Statement& line) {
  InstanceDraft& draft = *context.instance;
  const std::string& text = line.word(0).text;
  const auto address = wire::IpAddress::parse(text);
  if (!address) {
    context.say(Severity::Error, line.at(0),
                fmt::format("'{}' is not an IP address; this peer is left out", text));
    return;
  }
  if (!same_family(context, *address, line.at(0), text)) return;
  UnicastPeer peer{*address};
  for (std::size_t i = 1; i < line.size(); ++i) {
    const std::string& word = line.word(i).text;
    if ((word == "min_ttl" || word == "max_ttl") && i + 1 < line.size()) {
      const auto ttl = whole(context, line, ++i, 0, 255, "it is ignored", word);
      if (ttl) (word == "min_ttl" ? peer.min_ttl : peer.max_ttl) = *ttl;
    } else {
      context.warn(line.at(i), fmt::format("'{}' is ignored: one peer a line (ADDRESS [min_ttl N] "
                                           "[max_ttl N])",
                                           word));
    }
  }
  if (peer.min_ttl > peer.max_ttl) {
    context.warn(line.at(0), fmt::format("min_ttl {} is higher than max_ttl {}: no advert of {} "
                                         "could be taken; both are ignored",
                                         peer.min_ttl, peer.max_ttl, text));
    peer = UnicastPeer{*address};
  }
  draft.instance.unicast_peers.push_back(peer);
}

std::optional<wire::MacAddress> mac_of(Context& context, Position at, std::string_view text) {
  const auto& vrid = context.instance->vrid;
  const bool five = std::count(text.begin(), text.end(), ':') == 4;  // the VRID is the last octet
  const auto mac = wire::MacAddress::parse(
      five ? fmt::format("{}:{:02x}", text, vrid ? vrid->value : 0) : std::string(text));
  if (!mac) {
    context.warn(at, fmt::format("'{}' is not a MAC address; the usual one is used", text));
    return std::nullopt;
  }
  const std::array<std::uint8_t, 4> usual{0, 0, 0x5e, 0};
  if (std::equal(usual.begin(), usual.end(), mac->bytes.begin())) {
    context.warn(
        at, fmt::format("{} is of the range that belongs to VRRP; the usual one is used", text));
    return std::nullopt;
  }
  return mac;
}

/// As the kernel has it (dev_valid_name in net/core/dev.c).
bool may_name_interface(const std::string& word) {
  return !word.empty() && word.size() <= kMaxInterfaceName && word != "." && word != ".." &&
         word.find_first_of("/: \t\n\v\f\r") == std::string::npos;
}

}  // namespace

bool set_source(Context& context, const Statement& statement) {
  InstanceDraft& draft = *context.instance;
  no_more_words(context, statement, 2);
  if (statement.keyword() == "unicast_src_ip") draft.unicast = Given<bool>{true, statement.at(0)};
  const auto address = address_in(context, statement, 1);
  if (address && same_family(context, *address, statement.at(1), statement.word(1).text)) {
    draft.instance.source = *address;
  }
  return true;
}

void write_source(const Subject& subject, std::string_view keyword, Text& out) {
  const Instance& instance = *subject.instance;
  const bool unicast = keyword == "unicast_src_ip";
  if (instance.source && unicast == instance.vrrp.unicast) {
    out.line(keyword, {instance.source->text()});
  }
}

bool set_group_address(Context& context, const Statement& statement) {
  no_more_words(context, statement, 2);
  const auto address = address_in(context, statement, 1);
  if (!address) return true;
  if (!address->is_multicast()) {
    context.warn(statement.at(1), fmt::format("'{}' is not a multicast address; {}",
                                              statement.word(1).text, kIgnored));
  } else if (same_family(context, *address, statement.at(1), statement.word(1).text)) {
    context.instance->group = Given<wire::IpAddress>{*address, statement.at(1)};
  }
  return true;
}

void write_group_address(const Subject& subject, std::string_view keyword, Text& out) {
  const Instance& instance = *subject.instance;
  if (instance.group) out.line(keyword, {instance.group->text()});
}

bool add_unicast_peers(Context& context, const Statement& statement) {
  context.instance->unicast = Given<bool>{true, statement.at(0)};
  for (const Piece& piece : statement.lines) add_peer(context, Statement{piece, {}});
  return true;
}

void write_unicast_peers(const Subject& subject, std::string_view keyword, Text& out) {
  if (subject.instance->unicast_peers.empty()) return;
  out.open(keyword);
  for (const UnicastPeer& peer : subject.instance->unicast_peers) {
    std::string line = peer.address.text();
    if (peer.min_ttl != 0) line += fmt::format(" min_ttl {}", peer.min_ttl);
    if (peer.max_ttl != 255) line += fmt::format(" max_ttl {}", peer.max_ttl);
    out.raw(line);
  }
  out.close();
}

// [INTERFACE_NAME] [MAC] [netlink_notify_msg] [group N], in any order
bool set_vmac(Context& context, const Statement& statement) {
  InstanceDraft& draft = *context.instance;
  VirtualMac vmac;
  for (std::size_t i = 1; i < statement.size(); ++i) {
    const std::string& word = statement.word(i).text;
    if (word == "netlink_notify_msg") {
      vmac.netlink_notify = true;
    } else if (word == "group" && i + 1 < statement.size()) {
      const auto group = whole(context, statement, ++i, 0, INT32_MAX, "it is ignored", "group");
      if (group) vmac.group = static_cast<std::uint32_t>(*group);
    } else if (word.find(':') != std::string::npos) {
      vmac.mac = mac_of(context, statement.at(i), word);
    } else if (vmac.name.empty() && may_name_interface(word)) {
      vmac.name = word;
    } else {
      context.warn(statement.at(i), fmt::format("'{}' is not understood after use_vmac ([NAME] "
                                                "[MAC] [netlink_notify_msg] [group N]); it is "
                                                "ignored",
                                                word));
    }
  }
  draft.vmac = Given<VirtualMac>{vmac, statement.at(0)};
  return true;
}

// A number that nothing is done with, here and in keepalived.
bool check_debug(Context& context, const Statement& statement) {
  if (statement.size() > 1) whole(context, statement, 1, 0, 4, kIgnored);
  return true;
}

void write_vmac(const Subject& subject, std::string_view keyword, Text& out) {
  const auto& vmac = subject.instance->vmac;
  if (!vmac) return;
  out.line(keyword,
           {vmac->name.empty() ? "" : quote(vmac->name), vmac->mac ? vmac->mac->text() : "",
            vmac->netlink_notify ? "netlink_notify_msg" : "",
            vmac->group != 0 ? fmt::format("group {}", vmac->group) : ""});
}

bool set_transmit_base(Context& context, const Statement& statement) {
  no_more_words(context, statement, 1);
  context.instance->transmit_base = true;
  return true;
}

void write_transmit_base(const Subject& subject, std::string_view keyword, Text& out) {
  const auto& vmac = subject.instance->vmac;
  if (vmac && vmac->transmit_base) out.line(keyword);
}

// [INTERFACE_NAME] [ADDRESS] [bridge|private|vepa]
bool set_ipvlan(Context& context, const Statement& statement) {
  IpVlan ipvlan = context.instance->instance.ipvlan->value_or(IpVlan{});
  for (std::size_t i = 1; i < statement.size(); ++i) {
    const std::string& word = statement.word(i).text;
    const auto address = wire::IpAddress::parse(std::string_view(word).substr(0, word.find('/')));
    if (word == "bridge" || word == "private" || word == "vepa") {
      ipvlan.mode = word;
    } else if (address) {
      ipvlan.address = *address;
    } else if (ipvlan.name.empty() && !word.empty() && word.size() <= kMaxInterfaceName) {
      ipvlan.name = word;
    } else {
      context.warn(statement.at(i), fmt::format("'{}' is not understood after use_ipvlan ([NAME] "
                                                "[ADDRESS] [bridge|private|vepa]); it is ignored",
                                                word));
    }
  }
  context.instance->instance.ipvlan = std::optional(std::move(ipvlan));
  return true;
}

void write_ipvlan(const Subject& subject, std::string_view keyword, Text& out) {
  const std::optional<IpVlan>& ipvlan = subject.instance->ipvlan;
  if (!ipvlan) return;
  out.line(keyword, {ipvlan->name.empty() ? "" : quote(ipvlan->name),
                     ipvlan->address ? ipvlan->address->text() : "", ipvlan->mode});
}

bool set_accept(Context& context, const Statement& statement) {
  no_more_words(context, statement, 1);
  context.instance->accept = Given<bool>{statement.keyword() == "accept", statement.at(0)};
  return true;
}

void write_accept(const Subject& subject, std::string_view keyword, Text& out) {
  const Instance& instance = *subject.instance;
  // The default is to accept, and not to in strict mode, where version 3 alone may ask for it.
  const bool asked =
      instance.strict ? instance.accept && instance.vrrp.version == 3 : !instance.accept;
  if (asked && instance.accept == (keyword == "accept")) out.line(keyword);
}

// [PRIORITY]
bool set_timer_expired(Context& context, const Statement& statement) {
  int priority = 0;
  no_more_words(context, statement, 2);
  if (statement.size() > 1) {
    const auto given = whole(context, statement, 1, 1, 254, kIgnored);
    if (!given) return true;
    priority = *given;
  }
  context.instance->expired_priority = Given<int>{priority, statement.at(0)};
  return true;
}

void write_timer_expired(const Subject& subject, std::string_view keyword, Text& out) {
  const auto& vrrp = subject.instance->vrrp;
  if (!vrrp.timer_expired_backup) return;
  out.line(keyword, {vrrp.expired_priority ? std::to_string(vrrp.expired_priority->value) : ""});
}

}  // namespace alibi::config
