// SPDX-License-Identifier: Apache-2.0
// The kernel tells each rule of a commit and then its generation: a filter on the socket lets only
// the latter in, so that a large ruleset costs nobody anything.
#include "os/ruleset_monitor.h"

#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include "os/namespaces.h"
#include "os/socket_filter.h"

namespace alibi::os {
namespace {

constexpr std::uint16_t kNewGeneration = (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_NEWGEN;

/// Passes messages of that type alone. BPF loads in network byte order (linux/filter.h), netlink
/// writes in the machine's.
SocketFilter generations_only() {
  const auto type = static_cast<std::uint32_t>(__builtin_bswap16(kNewGeneration));
  return {BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(nlmsghdr, nlmsg_type)),
          BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, type, 0, 1), BPF_STMT(BPF_RET | BPF_K, ~0U),
          BPF_STMT(BPF_RET | BPF_K, 0)};
}

std::uint32_t number(const nlattr* a) {
  std::uint32_t value = 0;
  if (mnl_attr_get_payload_len(a) == sizeof value)
    std::memcpy(&value, mnl_attr_get_payload(a), sizeof value);
  return __builtin_bswap32(value);
}

int read_attribute(const nlattr* a, void* data) {
  auto& commit = *static_cast<RulesetCommit*>(data);
  switch (mnl_attr_get_type(a)) {
    case NFTA_GEN_ID:
      commit.generation = number(a);
      break;
    case NFTA_GEN_PROC_PID:
      commit.pid = static_cast<std::int32_t>(number(a));
      break;
    case NFTA_GEN_PROC_NAME: {
      const auto* name = static_cast<const char*>(mnl_attr_get_payload(a));
      commit.process.assign(name, ::strnlen(name, mnl_attr_get_payload_len(a)));
      break;
    }
    default:
      break;
  }
  return MNL_CB_OK;
}

}  // namespace

std::optional<RulesetCommit> parse_commit(const nlmsghdr* header) {
  if (header->nlmsg_type != kNewGeneration) return std::nullopt;
  if (mnl_nlmsg_get_payload_len(header) < sizeof(nfgenmsg)) return std::nullopt;
  RulesetCommit commit;
  mnl_attr_parse(header, sizeof(nfgenmsg), read_attribute, &commit);
  return commit;
}

Result<RulesetMonitor> RulesetMonitor::open(const Fd& netns) {
  Fd socket;
  const auto opened = inside_network_namespace(netns, [&socket]() -> Result<void> {
    socket = Fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER));
    if (!socket.valid()) return fail_errno("nfnetlink: socket");
    if (auto filtered = attach_filter(socket.get(), generations_only()); !filtered) return filtered;
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      return fail_errno("nfnetlink: bind");
    const int group = NFNLGRP_NFTABLES;
    if (::setsockopt(socket.get(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) != 0)
      return fail_errno("nfnetlink: listening for changes of the ruleset");
    return {};
  });
  if (!opened) return tl::unexpected(opened.error());
  return RulesetMonitor(std::move(socket));
}

void RulesetMonitor::drain(const Heard& heard) {
  alignas(nlmsghdr) std::array<char, 8192> bytes;
  for (int datagrams = 0; datagrams < 1000; ++datagrams) {
    const ssize_t got = ::recv(fd(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (got < 0 && errno == ENOBUFS) {
      ++overruns_;
      continue;
    }
    if (got <= 0) return;
    int left = static_cast<int>(got);
    for (auto* h = reinterpret_cast<nlmsghdr*>(bytes.data()); mnl_nlmsg_ok(h, left);
         h = mnl_nlmsg_next(h, &left)) {
      if (const auto commit = parse_commit(h)) heard(*commit);
    }
  }
}

}  // namespace alibi::os
