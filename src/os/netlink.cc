// SPDX-License-Identifier: Apache-2.0
// Requests to rtnetlink and their answers. libmnl builds and walks messages.
#include "os/netlink.h"

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>

#include "os/event_loop.h"
#include "os/netlink_message.h"
#include "os/netlink_parse.h"

namespace alibi::os {
namespace {

constexpr std::size_t kBufferBytes = 32768;

/// Runs `each` over the messages of one answer; true when the answer has ended. An error the kernel
/// reports goes to `error`.
template <typename Each>
bool walk(std::span<char> bytes, std::uint32_t sequence, int& error, Each each) {
  int left = static_cast<int>(bytes.size());
  for (auto* h = reinterpret_cast<nlmsghdr*>(bytes.data()); mnl_nlmsg_ok(h, left);
       h = mnl_nlmsg_next(h, &left)) {
    if (h->nlmsg_seq != sequence) continue;
    if (h->nlmsg_type == NLMSG_DONE) return true;
    if (h->nlmsg_type == NLMSG_ERROR) {
      if (mnl_nlmsg_get_payload_len(h) < sizeof(nlmsgerr)) return true;
      error = -static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(h))->error;
      return true;
    }
    each(h);
  }
  return false;
}

template <typename Each>
Result<int> read_answer(int fd, std::uint32_t sequence, Each each, Instant deadline = kNever) {
  alignas(nlmsghdr) std::array<char, kBufferBytes> buffer;
  int error = 0;
  for (;;) {
    if (deadline != kNever && monotonic_now() >= deadline) return ETIME;
    const ssize_t got = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno("cannot read netlink's answer");
    if (walk(std::span(buffer.data(), static_cast<std::size_t>(got)), sequence, error, each)) {
      return error;
    }
  }
}

}  // namespace

Result<Fd> open_route_socket(int flags, std::uint32_t groups) {
  Fd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | flags, NETLINK_ROUTE));
  if (!fd.valid()) return fail_errno("cannot open a netlink socket");
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = groups;
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return fail_errno("cannot bind a netlink socket");
  }
  return fd;
}

Result<Netlink> Netlink::open() {
  auto fd = open_route_socket(0, 0);
  if (!fd) return tl::unexpected(fd.error());
  return Netlink(std::move(*fd));
}

Result<void> Netlink::send(NetlinkMessage& message) {
  message.header()->nlmsg_seq = ++sequence_;
  const auto bytes = message.bytes();
  if (::send(fd_.get(), bytes.data(), bytes.size(), 0) < 0) return fail_errno("cannot ask netlink");
  return {};
}

Result<void> Netlink::each(NetlinkMessage& request,
                           const std::function<void(const nlmsghdr*)>& each, Instant deadline) {
  const auto error =
      send(request).and_then([&] { return read_answer(fd_.get(), sequence_, each, deadline); });
  if (!error) return tl::unexpected(error.error());
  if (*error == 0) return {};
  errno = *error;
  return fail_errno("netlink does not answer");
}

void Netlink::filter_dumps() {
  const int on = 1;
  ::setsockopt(fd_.get(), SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof on);
}

Result<void> Netlink::change(NetlinkMessage& message, std::initializer_list<int> harmless,
                             const std::string& what) {
  const auto error = send(message).and_then([&] {
    return read_answer(fd_.get(), sequence_, [](const nlmsghdr*) {});
  });
  if (!error) return tl::unexpected(error.error());
  if (*error == 0 || std::find(harmless.begin(), harmless.end(), *error) != harmless.end()) {
    return {};
  }
  errno = *error;
  return fail_errno(what);
}

Result<std::vector<Interface>> Netlink::interfaces() {
  NetlinkMessage request(RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP);
  request.body<ifinfomsg>();
  std::vector<Interface> found;
  return each(request, [&](const nlmsghdr* h) {
           if (auto link = parse_link(h)) found.push_back(std::move(*link));
         }).map([&] { return std::move(found); });
}

Result<std::vector<InterfaceAddress>> Netlink::addresses() {
  NetlinkMessage request(RTM_GETADDR, NLM_F_REQUEST | NLM_F_DUMP);
  request.body<ifaddrmsg>();
  std::vector<InterfaceAddress> found;
  return each(request, [&](const nlmsghdr* h) {
           if (auto address = parse_address(h)) found.push_back(*address);
         }).map([&] { return std::move(found); });
}

Result<bool> Netlink::has(const AddressSpec& spec) {
  return addresses().map([&](const std::vector<InterfaceAddress>& all) {
    return std::any_of(all.begin(), all.end(), [&](const InterfaceAddress& a) {
      return a.index == spec.index && a.address == spec.address;
    });
  });
}

}  // namespace alibi::os
