// SPDX-License-Identifier: Apache-2.0
// Message queues over socketpair(2).
#include "os/socket_pair.h"

#include <fcntl.h>
#include <sys/socket.h>

namespace alibi::os {

Result<MessageQueue> MessageQueue::create(int bytes) {
  int fds[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) != 0) {
    return fail_errno("cannot create a socket pair");
  }
  Fd writer(fds[0]);
  Fd reader(fds[1]);
  // Forced past net.core.wmem_max where we may; otherwise as much as the limit gives.
  if (::setsockopt(writer.get(), SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes) != 0) {
    ::setsockopt(writer.get(), SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
  }
  return MessageQueue(std::move(writer), std::move(reader));
}

Result<MessageQueue> MessageQueue::share() const {
  Fd writer(::fcntl(writer_.get(), F_DUPFD_CLOEXEC, 0));
  Fd reader(::fcntl(reader_.get(), F_DUPFD_CLOEXEC, 0));
  if (!writer.valid() || !reader.valid()) return fail_errno("cannot share a message queue");
  return MessageQueue(std::move(writer), std::move(reader));
}

bool MessageQueue::send(std::span<const std::byte> message) const {
  return ::send(writer_.get(), message.data(), message.size(), MSG_DONTWAIT | MSG_NOSIGNAL) ==
         static_cast<ssize_t>(message.size());
}

std::size_t MessageQueue::receive(std::span<std::byte> buffer) const {
  const ssize_t got = ::recv(reader_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  return got > 0 ? static_cast<std::size_t>(got) : 0;
}

}  // namespace alibi::os
