// SPDX-License-Identifier: Apache-2.0
// Transactions: begin, messages, end. The rules themselves are in nftables_rules.h.
#include "os/nftables.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "os/netlink_message.h"
#include "os/nftables_rules.h"

namespace alibi::os {
namespace {

constexpr const char* kSetV4 = "vips4";
constexpr const char* kSetV6 = "vips6";
constexpr const char* kSetLink = "vips6_link_local";
// nft's own numbers of types, for whoever lists the table.
constexpr std::uint32_t kTypeV4 = 7;
constexpr std::uint32_t kTypeV6 = 8;
constexpr std::uint32_t kTypeV6Link = kTypeV6 << 6U | 20;  // ipv6_addr . iface_index
constexpr std::size_t kElementsAtOnce = 64;

bool link_local(const wire::IpAddress& address) {
  return address.family == wire::Family::V6 && address.bytes[0] == 0xfe &&
         (address.bytes[1] & 0xc0) == 0x80;
}

const char* set_of(const BlockedAddress& blocked) {
  if (blocked.address.family == wire::Family::V4) return kSetV4;
  return link_local(blocked.address) ? kSetLink : kSetV6;
}

void put_number(NetlinkMessage& message, int type, std::uint32_t value) {
  message.put_u32(type, htonl(value));
}

void append(std::vector<std::uint8_t>& batch, NetlinkMessage& message, std::uint32_t sequence) {
  message.header()->nlmsg_seq = sequence;
  const auto bytes = message.bytes();
  batch.insert(batch.end(), bytes.begin(), bytes.end());
}

void append_mark(std::vector<std::uint8_t>& batch, int type, std::uint32_t sequence) {
  NetlinkMessage mark(type, NLM_F_REQUEST);
  mark.body<nfgenmsg>().res_id = htons(NFNL_SUBSYS_NFTABLES);
  append(batch, mark, sequence);
}

class NftMessage : public NetlinkMessage {
 public:
  NftMessage(int type, int flags)
      : NetlinkMessage(NFNL_SUBSYS_NFTABLES << 8 | type, NLM_F_REQUEST | flags) {
    body<nfgenmsg>().nfgen_family = NFPROTO_INET;
  }
};

}  // namespace

bool BlockedAddress::operator==(const BlockedAddress& other) const {
  return address == other.address && (!link_local(address) || index == other.index);
}

Result<Firewall> Firewall::open(FirewallOptions options) {
  Fd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_NETFILTER));
  if (!fd.valid()) return fail_errno("cannot open a netfilter socket");
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return fail_errno("cannot bind a netfilter socket");
  }
  return Firewall(std::move(fd), std::move(options));
}

void Firewall::begin() {
  batch_.clear();
  append_mark(batch_, NFNL_MSG_BATCH_BEGIN, ++sequence_);
}

Result<int> Firewall::commit() {
  append_mark(batch_, NFNL_MSG_BATCH_END, ++sequence_);
  if (::send(fd_.get(), batch_.data(), batch_.size(), 0) < 0) {
    return fail_errno("cannot send to netfilter");
  }
  // The kernel has answered by now: only what went wrong, nothing else asked for an answer.
  alignas(nlmsghdr) std::array<char, 8192> buffer;
  int error = 0;
  for (;;) {
    const ssize_t got = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return error;
    int left = static_cast<int>(got);
    for (auto* h = reinterpret_cast<nlmsghdr*>(buffer.data()); mnl_nlmsg_ok(h, left);
         h = mnl_nlmsg_next(h, &left)) {
      if (h->nlmsg_type != NLMSG_ERROR || mnl_nlmsg_get_payload_len(h) < sizeof(nlmsgerr)) continue;
      const int found = -static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(h))->error;
      if (error == 0) error = found;
    }
  }
}

Result<void> Firewall::done(Result<int> error, int harmless, const char* what) {
  if (!error) return tl::unexpected(error.error());
  if (*error == 0 || *error == harmless) return {};
  errno = *error;
  return fail_errno(std::string(what) + " (nftables table inet " + options_.table + ")");
}

void Firewall::put_table(int type, int flags) {
  NftMessage message(type, flags);
  message.put_text(NFTA_TABLE_NAME, options_.table);
  append(batch_, message, ++sequence_);
}

void Firewall::put_set(const char* name, std::uint32_t key_type, std::uint32_t key_bytes) {
  NftMessage message(NFT_MSG_NEWSET, NLM_F_CREATE);
  message.put_text(NFTA_SET_TABLE, options_.table);
  message.put_text(NFTA_SET_NAME, name);
  put_number(message, NFTA_SET_FLAGS, 0);
  put_number(message, NFTA_SET_KEY_TYPE, key_type);
  put_number(message, NFTA_SET_KEY_LEN, key_bytes);
  put_number(message, NFTA_SET_ID, sequence_);
  append(batch_, message, ++sequence_);
}

void Firewall::put_chain(const char* name, std::uint32_t hook) {
  NftMessage message(NFT_MSG_NEWCHAIN, NLM_F_CREATE);
  message.put_text(NFTA_CHAIN_TABLE, options_.table);
  message.put_text(NFTA_CHAIN_NAME, name);
  auto* where = message.nest(NFTA_CHAIN_HOOK);
  put_number(message, NFTA_HOOK_HOOKNUM, hook);
  put_number(message, NFTA_HOOK_PRIORITY, static_cast<std::uint32_t>(options_.priority));
  message.end(where);
  put_number(message, NFTA_CHAIN_POLICY, NF_ACCEPT);
  message.put_text(NFTA_CHAIN_TYPE, "filter");
  append(batch_, message, ++sequence_);
}

void Firewall::put_rules(const char* chain, bool input) {
  const auto rule = [&](const RuleWriter& write) {
    NftMessage message(NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
    message.put_text(NFTA_RULE_TABLE, options_.table);
    message.put_text(NFTA_RULE_CHAIN, chain);
    auto* expressions = message.nest(NFTA_RULE_EXPRESSIONS);
    write(message);
    message.end(expressions);
    append(batch_, message, ++sequence_);
  };
  rule(accept_neighbour_discovery());
  rule(drop_in_set(kSetV4, wire::Family::V4, input, false, options_.counters));
  rule(drop_in_set(kSetV6, wire::Family::V6, input, false, options_.counters));
  rule(drop_in_set(kSetLink, wire::Family::V6, input, true, options_.counters));
}

void Firewall::put_elements(int type, int flags, std::span<const BlockedAddress> addresses) {
  for (const char* set : {kSetV4, kSetV6, kSetLink}) {
    for (std::size_t at = 0; at < addresses.size();) {
      NftMessage message(type, flags);
      message.put_text(NFTA_SET_ELEM_LIST_TABLE, options_.table);
      message.put_text(NFTA_SET_ELEM_LIST_SET, set);
      auto* elements = message.nest(NFTA_SET_ELEM_LIST_ELEMENTS);
      std::size_t count = 0;
      for (; at < addresses.size() && count < kElementsAtOnce; ++at) {
        const auto& [address, index] = addresses[at];
        if (set_of(addresses[at]) != set) continue;
        std::array<std::uint8_t, 20> key{};
        std::memcpy(key.data(), address.bytes.data(), address.size());
        std::memcpy(key.data() + 16, &index.value, 4);
        auto* element = message.nest(NFTA_LIST_ELEM);
        auto* value = message.nest(NFTA_SET_ELEM_KEY);
        message.put(NFTA_DATA_VALUE, key.data(), set == kSetLink ? key.size() : address.size());
        message.end(value);
        message.end(element);
        ++count;
      }
      message.end(elements);
      if (count > 0) append(batch_, message, ++sequence_);
    }
  }
}

Result<void> Firewall::make_table() {
  begin();
  put_table(NFT_MSG_NEWTABLE, NLM_F_CREATE);  // so that there is one to delete
  put_table(NFT_MSG_DELTABLE, 0);
  put_table(NFT_MSG_NEWTABLE, NLM_F_CREATE);
  put_set(kSetV4, kTypeV4, 4);
  put_set(kSetV6, kTypeV6, 16);
  put_set(kSetLink, kTypeV6Link, 20);
  put_chain("in", NF_INET_LOCAL_IN);
  put_chain("out", NF_INET_LOCAL_OUT);
  put_rules("in", true);
  put_rules("out", false);
  return done(commit(), 0, "cannot make the firewall rules of no_accept");
}

Result<void> Firewall::delete_table() {
  begin();
  put_table(NFT_MSG_DELTABLE, 0);
  return done(commit(), ENOENT, "cannot delete the firewall rules");
}

/// A reload of the host's own firewall begins with `flush ruleset`, which takes our table away too.
Result<void> Firewall::block(std::span<const BlockedAddress> addresses) {
  for (const auto& one : addresses) {
    if (std::find(closed_.begin(), closed_.end(), one) == closed_.end()) closed_.push_back(one);
  }
  constexpr const char* kWhat = "cannot close an address by firewall rules";
  begin();
  put_elements(NFT_MSG_NEWSETELEM, NLM_F_CREATE, addresses);
  auto error = commit();
  if (!error || *error != ENOENT) return done(std::move(error), 0, kWhat);
  return make_table().and_then([&] {
    begin();
    put_elements(NFT_MSG_NEWSETELEM, NLM_F_CREATE, closed_);
    return done(commit(), 0, kWhat);
  });
}

/// One that is not there fails the whole transaction: then each has one of its own.
Result<void> Firewall::unblock(std::span<const BlockedAddress> addresses) {
  std::erase_if(closed_, [&](const BlockedAddress& one) {
    return std::find(addresses.begin(), addresses.end(), one) != addresses.end();
  });
  begin();
  put_elements(NFT_MSG_DELSETELEM, 0, addresses);
  auto error = commit();
  constexpr const char* kWhat = "cannot open an address in firewall rules";
  if (!error || *error != ENOENT) return done(std::move(error), 0, kWhat);
  Result<void> result;
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    begin();
    put_elements(NFT_MSG_DELSETELEM, 0, addresses.subspan(i, 1));
    if (auto one = done(commit(), ENOENT, kWhat); !one) result = one;
  }
  return result;
}

void Firewall::put_flush(const char* set) {
  NftMessage message(NFT_MSG_DELSETELEM, 0);
  message.put_text(NFTA_SET_ELEM_LIST_TABLE, options_.table);
  message.put_text(NFTA_SET_ELEM_LIST_SET, set);
  append(batch_, message, ++sequence_);
}

Result<void> Firewall::unblock_all() {
  begin();
  for (const char* set : {kSetV4, kSetV6, kSetLink}) put_flush(set);
  return done(commit(), ENOENT, "cannot open the addresses in firewall rules");
}

}  // namespace alibi::os
