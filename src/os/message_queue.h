// SPDX-License-Identifier: Apache-2.0
// A one-way queue of small messages between processes of one family: a ring in shared memory and a
// bell. Sending neither waits nor allocates: a socket would have the kernel charge each message to
// the sender's cgroup, and a sender whose cgroup has met its limit waits there for memory to be
// reclaimed. A sender that finds the queue full is told so and goes on.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/result.h"
#include "os/fd.h"

namespace alibi::os {

class MessageQueue {
 public:
  /// `bytes`: how much is held for a reader that does not read, rounded up to a power of two. Only
  /// what was ever needed takes memory.
  static Result<MessageQueue> create(std::size_t bytes = 1 << 20);
  /// Out of what descriptors() once gave, owned from now on: how a queue gets over exec.
  static Result<MessageQueue> adopt(Fd memory, Fd bell);
  /// Another handle of the same queue.
  Result<MessageQueue> share() const;

  MessageQueue(MessageQueue&& other) noexcept;
  MessageQueue& operator=(MessageQueue&& other) noexcept;
  ~MessageQueue();

  /// False: the queue is full (or the message empty) and it was dropped; count it. One that is sent
  /// while another sender is at it waits for a millisecond at most, and for none that is gone.
  bool send(std::span<const std::byte> message) const;
  template <typename T>
  bool send_struct(const T& message) const {
    return send(std::as_bytes(std::span(&message, 1)));
  }

  /// Octets of the next message, 0 when there is none; what `buffer` has no room for is cut off.
  std::size_t receive(std::span<std::byte> buffer) const;
  /// True when a message of exactly this type was there.
  template <typename T>
  bool receive_struct(T& message) const {
    return receive(std::as_writable_bytes(std::span(&message, 1))) == sizeof(T);
  }

  /// Readable while there are messages.
  int bell() const { return bell_.get(); }
  std::array<int, 2> descriptors() const { return {memory_.get(), bell_.get()}; }
  /// Has the memory that a quiet time needs at hand in this process.
  void touch() const;
  /// The reader's: gives back what a burst needed beyond that, where all is read. A sender that
  /// meets this goes on, and has no room but that of a quiet time meanwhile; a reader that follows
  /// one that died here trims first.
  void trim() const;
  /// Process `pid` is gone: if it died while it sent, nobody waits for it. Its parent's, who knows
  /// before its number means another one.
  void forget_sender(pid_t pid) const;

 private:
  struct Ring;
  MessageQueue(Fd memory, Fd bell) : memory_(std::move(memory)), bell_(std::move(bell)) {}
  static Result<MessageQueue> map(Fd memory, Fd bell);
  bool put(std::span<const std::byte> message) const;
  std::uint64_t turn(std::uint64_t head) const;
  bool has_any(std::uint64_t tail) const;
  void ring() const;
  std::uint64_t capacity() const;

  Fd memory_;
  Fd bell_;
  Ring* ring_ = nullptr;
  std::size_t mapped_ = 0;
};

}  // namespace alibi::os
