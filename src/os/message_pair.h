// SPDX-License-Identifier: Apache-2.0
// A two-way queue of small messages between two processes of one family, each message with a
// descriptor if wanted: SOCK_SEQPACKET, never blocking.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "base/instant.h"
#include "base/result.h"
#include "os/fd.h"

namespace alibi::os {

/// One side of a MessagePair.
class MessageEnd {
 public:
  MessageEnd() = default;
  explicit MessageEnd(Fd fd) : fd_(std::move(fd)) {}

  int fd() const { return fd_.get(); }

  /// False: the queue is full (or nobody is there). `passed` stays the caller's; -1: none.
  bool send(std::span<const std::byte> message, int passed = -1) const;
  template <typename T>
  bool send_struct(const T& message, int passed = -1) const {
    return send(std::as_bytes(std::span(&message, 1)), passed);
  }

  struct Received {
    std::size_t size = 0;
    Fd passed;  ///< invalid: none came with it
  };
  /// The next message, if there is one; it never waits.
  std::optional<Received> receive(std::span<std::byte> buffer) const;
  /// Sleeps until there is one; false when `patience` came first.
  bool wait(Instant patience) const;

 private:
  Fd fd_;
};

struct MessagePair {
  MessageEnd first;
  MessageEnd second;

  static Result<MessagePair> create(int bytes = 1 << 20);
};

}  // namespace alibi::os
