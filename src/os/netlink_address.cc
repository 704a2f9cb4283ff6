// SPDX-License-Identifier: Apache-2.0
// The message, and the words of its scope.
#include "os/netlink_address.h"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <charconv>

#include "os/netlink.h"
#include "os/netlink_message.h"

namespace alibi::os {
namespace {

void build(NetlinkMessage& message, const AddressSpec& spec, bool add) {
  const bool v6 = spec.address.family == wire::Family::V6;
  auto& body = message.body<ifaddrmsg>();
  body.ifa_family = v6 ? AF_INET6 : AF_INET;
  body.ifa_prefixlen = static_cast<std::uint8_t>(spec.prefix_length);
  body.ifa_scope = spec.scope;
  body.ifa_index = static_cast<std::uint32_t>(spec.index.value);
  message.put_address(IFA_LOCAL, spec.address);
  message.put_address(IFA_ADDRESS, spec.peer.value_or(spec.address));
  if (!v6 && !spec.label.empty()) message.put_text(IFA_LABEL, spec.label);
  if (!add) return;
  if (spec.flags != 0) message.put_u32(IFA_FLAGS, spec.flags);
  if (!v6 && spec.broadcast) message.put_address(IFA_BROADCAST, *spec.broadcast);
  if (!v6 && !spec.preferred_seconds) return;
  ifa_cacheinfo lifetime{};
  lifetime.ifa_valid = UINT32_MAX;
  const bool host = v6 && spec.prefix_length == 128;
  lifetime.ifa_prefered = spec.preferred_seconds.value_or(host ? 0 : UINT32_MAX);
  message.put(IFA_CACHEINFO, &lifetime, sizeof lifetime);
}

int flags_of(bool add) { return NLM_F_REQUEST | NLM_F_ACK | (add ? NLM_F_CREATE | NLM_F_EXCL : 0); }

}  // namespace

std::vector<std::uint8_t> address_message(const AddressSpec& spec, bool add,
                                          std::uint32_t sequence) {
  NetlinkMessage message(add ? RTM_NEWADDR : RTM_DELADDR, flags_of(add));
  build(message, spec, add);
  message.header()->nlmsg_seq = sequence;
  const auto bytes = message.bytes();
  return {bytes.begin(), bytes.end()};
}

Result<void> Netlink::add(const AddressSpec& spec) {
  NetlinkMessage message(RTM_NEWADDR, flags_of(true));
  build(message, spec, true);
  return change(message, {EEXIST}, "cannot add address " + spec.address.text());
}

Result<void> Netlink::remove(const AddressSpec& spec) {
  NetlinkMessage message(RTM_DELADDR, flags_of(false));
  build(message, spec, false);
  return change(message, {EADDRNOTAVAIL}, "cannot remove address " + spec.address.text());
}

std::optional<std::uint8_t> parse_scope(const std::string& text) {
  if (text.empty() || text == "global" || text == "universe") return RT_SCOPE_UNIVERSE;
  if (text == "site") return RT_SCOPE_SITE;
  if (text == "link") return RT_SCOPE_LINK;
  if (text == "host") return RT_SCOPE_HOST;
  if (text == "nowhere") return RT_SCOPE_NOWHERE;
  std::uint8_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace alibi::os
