// SPDX-License-Identifier: Apache-2.0
// Registers: a value of 4 octets is in NFT_REG32_00, one of 16 in the four from there on.
#include "os/nftables_rules.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>

namespace alibi::os {
namespace {

constexpr std::uint32_t kFirst = NFT_REG32_00;
constexpr std::uint32_t kFifth = NFT_REG32_00 + 4;

void put_number(NetlinkMessage& message, int type, std::uint32_t value) {
  message.put_u32(type, htonl(value));
}

void expression(NetlinkMessage& message, const char* name,
                const std::function<void()>& attributes) {
  auto* element = message.nest(NFTA_LIST_ELEM);
  message.put_text(NFTA_EXPR_NAME, name);
  auto* data = message.nest(NFTA_EXPR_DATA);
  attributes();
  message.end(data);
  message.end(element);
}

void load_meta(NetlinkMessage& message, std::uint32_t key, std::uint32_t target) {
  expression(message, "meta", [&] {
    put_number(message, NFTA_META_DREG, target);
    put_number(message, NFTA_META_KEY, key);
  });
}

void load_payload(NetlinkMessage& message, std::uint32_t base, std::uint32_t offset,
                  std::uint32_t size) {
  expression(message, "payload", [&] {
    put_number(message, NFTA_PAYLOAD_DREG, kFirst);
    put_number(message, NFTA_PAYLOAD_BASE, base);
    put_number(message, NFTA_PAYLOAD_OFFSET, offset);
    put_number(message, NFTA_PAYLOAD_LEN, size);
  });
}

void compare(NetlinkMessage& message, std::uint32_t operation, std::uint8_t value) {
  expression(message, "cmp", [&] {
    put_number(message, NFTA_CMP_SREG, kFirst);
    put_number(message, NFTA_CMP_OP, operation);
    auto* data = message.nest(NFTA_CMP_DATA);
    message.put_u8(NFTA_DATA_VALUE, value);
    message.end(data);
  });
}

void verdict(NetlinkMessage& message, std::uint32_t code) {
  expression(message, "immediate", [&] {
    put_number(message, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
    auto* data = message.nest(NFTA_IMMEDIATE_DATA);
    auto* inner = message.nest(NFTA_DATA_VERDICT);
    put_number(message, NFTA_VERDICT_CODE, code);
    message.end(inner);
    message.end(data);
  });
}

void is_family(NetlinkMessage& message, wire::Family family) {
  load_meta(message, NFT_META_NFPROTO, kFirst);
  compare(message, NFT_CMP_EQ, family == wire::Family::V4 ? NFPROTO_IPV4 : NFPROTO_IPV6);
}

}  // namespace

RuleWriter accept_neighbour_discovery() {
  return [](NetlinkMessage& message) {
    is_family(message, wire::Family::V6);
    load_meta(message, NFT_META_L4PROTO, kFirst);
    compare(message, NFT_CMP_EQ, IPPROTO_ICMPV6);
    load_payload(message, NFT_PAYLOAD_TRANSPORT_HEADER, 0, 1);
    compare(message, NFT_CMP_GTE, ND_NEIGHBOR_SOLICIT);
    compare(message, NFT_CMP_LTE, ND_NEIGHBOR_ADVERT);
    verdict(message, NF_ACCEPT);
  };
}

RuleWriter drop_in_set(const char* set, wire::Family family, bool input, bool by_interface,
                       bool counter) {
  return [=](NetlinkMessage& message) {
    is_family(message, family);
    // Offsets of source and destination: RFC 791 section 3.1, RFC 8200 section 3.
    const bool v4 = family == wire::Family::V4;
    const std::uint32_t offset = v4 ? (input ? 16 : 12) : (input ? 24 : 8);
    load_payload(message, NFT_PAYLOAD_NETWORK_HEADER, offset, v4 ? 4 : 16);
    if (by_interface) load_meta(message, input ? NFT_META_IIF : NFT_META_OIF, kFifth);
    expression(message, "lookup", [&] {
      message.put_text(NFTA_LOOKUP_SET, set);
      put_number(message, NFTA_LOOKUP_SREG, kFirst);
    });
    if (counter) {
      expression(message, "counter", [] {});
    }
    verdict(message, NF_DROP);
  };
}

}  // namespace alibi::os
