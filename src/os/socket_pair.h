// SPDX-License-Identifier: Apache-2.0
// A one-way queue of small messages between two processes that fork() made: SOCK_SEQPACKET, never
// blocking. A sender whose queue is full is told so and goes on.
#pragma once

#include <cstddef>
#include <span>

#include "base/result.h"
#include "os/fd.h"

namespace alibi::os {

class MessageQueue {
 public:
  /// `bytes`: how much the kernel may hold for a reader that does not read.
  static Result<MessageQueue> create(int bytes = 1 << 20);

  /// False: the queue is full (or gone) and the message was dropped; count it.
  bool send(std::span<const std::byte> message) const;
  template <typename T>
  bool send_struct(const T& message) const {
    return send(std::as_bytes(std::span(&message, 1)));
  }

  /// Octets of the next message, 0 when there is none.
  std::size_t receive(std::span<std::byte> buffer) const;
  /// True when a message of exactly this type was there.
  template <typename T>
  bool receive_struct(T& message) const {
    return receive(std::as_writable_bytes(std::span(&message, 1))) == sizeof(T);
  }

  int read_fd() const { return reader_.get(); }
  int write_fd() const { return writer_.get(); }
  /// Out of descriptors that write_fd() and read_fd() once gave, owned from now on: how a queue
  /// gets over exec.
  static MessageQueue adopt(Fd writer, Fd reader) {
    return {std::move(writer), std::move(reader)};
  }
  /// Another handle of the same queue.
  Result<MessageQueue> share() const;

 private:
  MessageQueue(Fd writer, Fd reader) : writer_(std::move(writer)), reader_(std::move(reader)) {}

  Fd writer_;
  Fd reader_;
};

}  // namespace alibi::os
