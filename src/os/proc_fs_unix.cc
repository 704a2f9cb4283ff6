// SPDX-License-Identifier: Apache-2.0
// One question, one answer: the kernel replies within the send call.
#include "os/proc_fs_unix.h"

#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <sys/socket.h>

#include <array>
#include <cstring>

#include "os/namespaces.h"

namespace alibi::os {
namespace {

struct Question {
  nlmsghdr header;
  unix_diag_req request;
};

constexpr std::size_t align4(std::size_t size) { return (size + 3) & ~std::size_t{3}; }

/// Attributes behind the fixed part; every length is checked against what is left.
void read_attributes(const char* at, std::size_t left, UnixSocket& out) {
  while (left >= sizeof(nlattr)) {
    nlattr attribute{};
    std::memcpy(&attribute, at, sizeof attribute);
    if (attribute.nla_len < sizeof attribute || attribute.nla_len > left) return;
    const char* data = at + sizeof attribute;
    const std::size_t size = attribute.nla_len - sizeof attribute;
    if (attribute.nla_type == UNIX_DIAG_NAME && size > 0) {
      out.path.assign(data, size);
      if (out.path[0] == '\0') out.path[0] = '@';
      else out.path.resize(strnlen(data, size));
    } else if (attribute.nla_type == UNIX_DIAG_PEER && size >= sizeof(std::uint32_t)) {
      std::uint32_t peer = 0;
      std::memcpy(&peer, data, sizeof peer);
      out.peer = peer;
    }
    const std::size_t step = align4(attribute.nla_len);
    if (step >= left) return;
    at += step;
    left -= step;
  }
}

}  // namespace

Result<UnixDiag> UnixDiag::open(const Fd& netns) {
  Fd socket;
  const auto opened = inside_network_namespace(netns, [&socket]() -> Result<void> {
    socket = Fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
    if (!socket.valid()) return fail_errno("no NETLINK_SOCK_DIAG: peers of sockets stay unknown");
    return {};
  });
  if (!opened) return tl::unexpected(opened.error());
  return UnixDiag(std::move(socket));
}

std::optional<UnixSocket> UnixDiag::find(std::uint64_t inode) const {
  Question question{};
  question.header.nlmsg_len = sizeof question;
  question.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  question.header.nlmsg_flags = NLM_F_REQUEST;
  question.request.sdiag_family = AF_UNIX;
  question.request.udiag_states = ~0U;
  question.request.udiag_ino = static_cast<std::uint32_t>(inode);
  question.request.udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_PEER;
  question.request.udiag_cookie[0] = question.request.udiag_cookie[1] = ~0U;
  if (send(fd_.get(), &question, sizeof question, 0) < 0) return std::nullopt;
  alignas(nlmsghdr) std::array<char, 4096> answer;
  const ssize_t got = recv(fd_.get(), answer.data(), answer.size(), MSG_DONTWAIT);
  if (got < static_cast<ssize_t>(sizeof(nlmsghdr))) return std::nullopt;
  nlmsghdr header{};
  std::memcpy(&header, answer.data(), sizeof header);
  constexpr std::size_t kFixed = NLMSG_HDRLEN + sizeof(unix_diag_msg);
  if (header.nlmsg_type != SOCK_DIAG_BY_FAMILY || header.nlmsg_len > static_cast<size_t>(got) ||
      header.nlmsg_len < kFixed)
    return std::nullopt;
  UnixSocket found;
  found.inode = inode;
  read_attributes(answer.data() + align4(kFixed), header.nlmsg_len - align4(kFixed), found);
  return found;
}

}  // namespace alibi::os
