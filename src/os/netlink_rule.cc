// SPDX-License-Identifier: Apache-2.0
// Rule messages.
#include "os/netlink_rule.h"

#include <endian.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <cerrno>

#include "os/netlink_message.h"

namespace alibi::os {
namespace {

std::uint8_t family_of(wire::Family family) {
  return family == wire::Family::V4 ? AF_INET : AF_INET6;
}

void put_range(NetlinkMessage& message, int type,
               const std::optional<std::pair<std::uint16_t, std::uint16_t>>& range) {
  if (!range) return;
  const fib_rule_port_range value{range->first, range->second};
  message.put(type, &value, sizeof value);
}

void put_matches(NetlinkMessage& message, const RuleSpec& rule) {
  if (rule.from && rule.from_length > 0) message.put_address(FRA_SRC, *rule.from);
  if (rule.to && rule.to_length > 0) message.put_address(FRA_DST, *rule.to);
  if (!rule.input_interface.empty()) message.put_text(FRA_IIFNAME, rule.input_interface);
  if (!rule.output_interface.empty()) message.put_text(FRA_OIFNAME, rule.output_interface);
  if (rule.mark) message.put_u32(FRA_FWMARK, *rule.mark);
  if (rule.mark_mask) message.put_u32(FRA_FWMASK, *rule.mark_mask);
  if (rule.ip_protocol) message.put_u8(FRA_IP_PROTO, *rule.ip_protocol);
  put_range(message, FRA_SPORT_RANGE, rule.source_port);
  put_range(message, FRA_DPORT_RANGE, rule.destination_port);
  if (rule.uid_range) {
    const fib_rule_uid_range value{rule.uid_range->first, rule.uid_range->second};
    message.put(FRA_UID_RANGE, &value, sizeof value);
  }
  if (rule.tunnel_id) {
    const std::uint64_t id = htobe64(*rule.tunnel_id);
    message.put(FRA_TUN_ID, &id, sizeof id);
  }
  if (rule.l3mdev) message.put_u8(FRA_L3MDEV, 1);
}

void build(NetlinkMessage& message, const RuleSpec& rule) {
  auto& body = message.body<fib_rule_hdr>();
  body.family = family_of(rule.family);
  body.src_len = static_cast<std::uint8_t>(rule.from_length);
  body.dst_len = static_cast<std::uint8_t>(rule.to_length);
  body.tos = rule.tos;
  body.table = static_cast<std::uint8_t>(rule.table < 256 ? rule.table : RT_TABLE_UNSPEC);
  body.action = rule.action;
  body.flags = rule.negate ? FIB_RULE_INVERT : 0;
  message.put_u32(FRA_PRIORITY, rule.priority);
  message.put_u8(FRA_PROTOCOL, rule.protocol);
  put_matches(message, rule);
  if (rule.table >= 256) message.put_u32(FRA_TABLE, rule.table);
  if (rule.goto_priority) message.put_u32(FRA_GOTO, *rule.goto_priority);
  if (rule.realms != 0) message.put_u32(FRA_FLOW, rule.realms);
  if (rule.suppress_prefix_length) {
    message.put_u32(FRA_SUPPRESS_PREFIXLEN, *rule.suppress_prefix_length);
  }
  if (rule.suppress_group) message.put_u32(FRA_SUPPRESS_IFGROUP, *rule.suppress_group);
}

std::string text_of(const RuleSpec& rule) {
  return "routing rule of preference " + std::to_string(rule.priority);
}

}  // namespace

Result<void> add_rule(Netlink& netlink, const RuleSpec& rule) {
  NetlinkMessage message(RTM_NEWRULE, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL);
  build(message, rule);
  return netlink.change(message, {EEXIST}, "cannot add " + text_of(rule));
}

Result<void> remove_rule(Netlink& netlink, const RuleSpec& rule) {
  NetlinkMessage message(RTM_DELRULE, NLM_F_REQUEST | NLM_F_ACK);
  build(message, rule);
  return netlink.change(message, {ENOENT}, "cannot remove " + text_of(rule));
}

std::optional<RuleKey> parse_rule(const nlmsghdr* header) {
  if (header->nlmsg_type != RTM_NEWRULE && header->nlmsg_type != RTM_DELRULE) return std::nullopt;
  if (mnl_nlmsg_get_payload_len(header) < sizeof(fib_rule_hdr)) return std::nullopt;
  const auto* body = static_cast<const fib_rule_hdr*>(mnl_nlmsg_get_payload(header));
  if (body->family != AF_INET && body->family != AF_INET6) return std::nullopt;
  RuleKey key;
  key.family = body->family == AF_INET ? wire::Family::V4 : wire::Family::V6;
  key.table = body->table;
  key.action = body->action;
  key.from_length = body->src_len;
  key.to_length = body->dst_len;
  key.deleted = header->nlmsg_type == RTM_DELRULE;
  const auto read = [](const nlattr* a, void* data) {
    auto& found = *static_cast<RuleKey*>(data);
    if (mnl_attr_get_payload_len(a) != sizeof(std::uint32_t)) return MNL_CB_OK;
    if (mnl_attr_get_type(a) == FRA_PRIORITY) found.priority = mnl_attr_get_u32(a);
    if (mnl_attr_get_type(a) == FRA_TABLE) found.table = mnl_attr_get_u32(a);
    return MNL_CB_OK;
  };
  mnl_attr_parse(header, sizeof(fib_rule_hdr), read, &key);
  return key;
}

bool is_of(const RuleKey& key, const RuleSpec& rule) {
  return key.family == rule.family && key.priority == rule.priority && key.table == rule.table &&
         key.action == rule.action && key.from_length == rule.from_length &&
         key.to_length == rule.to_length;
}

bool has_rule(Netlink& netlink, const RuleSpec& rule) {
  NetlinkMessage request(RTM_GETRULE, NLM_F_REQUEST | NLM_F_DUMP);
  request.body<fib_rule_hdr>().family = family_of(rule.family);
  bool found = false;
  const auto asked = netlink.each(request, [&](const nlmsghdr* h) {
    const auto key = parse_rule(h);
    found |= key && is_of(*key, rule);
  });
  return found || !asked;
}

}  // namespace alibi::os
