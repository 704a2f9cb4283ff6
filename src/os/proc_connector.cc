// SPDX-License-Identifier: Apache-2.0
// NETLINK_CONNECTOR. The kernel ignores a subscriber from another pid namespace without a word, so
// the subscription counts when its acknowledgement has come.
#include "os/proc_connector.h"

#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/netlink.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <span>

#include "os/namespaces.h"

namespace alibi::os {
namespace {

constexpr int kPatienceMs = 500;

struct Subscription {
  nlmsghdr header;
  alignas(NLMSG_ALIGNTO) std::array<char, sizeof(cn_msg) + sizeof(std::uint32_t)> body;
};

Result<Fd> subscribe() {
  Fd fd(::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_CONNECTOR));
  if (!fd.valid()) return fail_errno("proc connector: no socket");
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = CN_IDX_PROC;
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return fail_errno("proc connector: refused");
  }
  const int buffer = 1 << 20;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer);
  Subscription request{};
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = NLMSG_DONE;
  cn_msg message{};
  message.id.idx = CN_IDX_PROC;
  message.id.val = CN_VAL_PROC;
  message.len = sizeof(std::uint32_t);
  const std::uint32_t operation = PROC_CN_MCAST_LISTEN;
  std::memcpy(request.body.data(), &message, sizeof message);
  std::memcpy(request.body.data() + sizeof message, &operation, sizeof operation);
  if (::send(fd.get(), &request, sizeof request, 0) < 0) {
    return fail_errno("proc connector: cannot subscribe");
  }
  return fd;
}

std::int32_t signed_pid(std::uint32_t value) { return static_cast<std::int32_t>(value); }

/// The event in one netlink datagram; nothing for those of threads and of no interest.
std::optional<ProcessEvent> event_of(const proc_event& event) {
  using Kind = ProcessEvent::Kind;
  const auto& data = event.event_data;
  switch (event.what) {
    case proc_event::PROC_EVENT_FORK:
      if (data.fork.child_pid != data.fork.child_tgid) return std::nullopt;
      return ProcessEvent{Kind::Fork, signed_pid(static_cast<std::uint32_t>(data.fork.child_tgid)),
                          signed_pid(static_cast<std::uint32_t>(data.fork.parent_tgid))};
    case proc_event::PROC_EVENT_EXEC:
      return ProcessEvent{Kind::Exec, data.exec.process_tgid, 0};
    case proc_event::PROC_EVENT_COMM:
      if (data.comm.process_pid != data.comm.process_tgid) return std::nullopt;
      return ProcessEvent{Kind::Comm, data.comm.process_tgid, 0};
    case proc_event::PROC_EVENT_EXIT:
      if (data.exit.process_pid != data.exit.process_tgid) return std::nullopt;
      return ProcessEvent{Kind::Exit, data.exit.process_tgid, 0};
    default:
      return std::nullopt;
  }
}

/// Reads one datagram; 0 when there is none, with errno.
ssize_t read_event(int fd, proc_event& event) {
  alignas(nlmsghdr) std::array<char, 1024> bytes;
  const ssize_t got = ::recv(fd, bytes.data(), bytes.size(), MSG_DONTWAIT);
  event = {};
  if (got <= 0) return got;
  constexpr std::size_t kHead = NLMSG_HDRLEN + sizeof(cn_msg);
  const auto size = static_cast<std::size_t>(got);
  if (size > kHead) {
    std::memcpy(&event, bytes.data() + kHead, std::min(sizeof event, size - kHead));
  }
  return got;
}

bool acknowledged(int fd) {
  for (int turn = 0; turn < 1000; ++turn) {
    pollfd waiting{fd, POLLIN, 0};
    if (::poll(&waiting, 1, kPatienceMs) <= 0) return false;
    proc_event event{};
    if (read_event(fd, event) > 0 && event.what == proc_event::PROC_EVENT_NONE) {
      return event.event_data.ack.err == 0;
    }
  }
  return true;  // a busy machine: events come, one way or the other
}

}  // namespace

Result<ProcConnector> ProcConnector::open() {
  auto fd = subscribe();
  if (!fd) {
    // The kernel listens in the initial network namespace alone, which process 1 is mostly in.
    const auto initial = open_network_namespace("/proc/1/ns/net");
    if (!initial) return tl::unexpected(fd.error());
    const auto inside = inside_network_namespace(*initial, [&]() -> Result<void> {
      fd = subscribe();
      return fd ? Result<void>() : tl::unexpected(fd.error());
    });
    if (!inside) return tl::unexpected(inside.error());
  }
  if (!acknowledged(fd->get())) {
    return fail("proc connector: no events for this pid or user namespace");
  }
  return ProcConnector(std::move(*fd));
}

void ProcConnector::drain(const std::function<void(const ProcessEvent&)>& each) const {
  for (int turn = 0; turn < 100'000; ++turn) {
    proc_event event{};
    const ssize_t got = read_event(fd(), event);
    if (got < 0 && errno == ENOBUFS) {
      each(ProcessEvent{});
      continue;
    }
    if (got <= 0) return;
    if (const auto known = event_of(event)) each(*known);
  }
}

}  // namespace alibi::os
