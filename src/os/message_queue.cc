// SPDX-License-Identifier: Apache-2.0
// Messages lie in the ring as a length and their octets, none across its end: a length of kTurn
// says that the next one is at the beginning. Positions only grow. The writer moves `head` when a
// message is whole, so that one who dies in the middle leaves nothing; one writes at a time.
#include "os/message_queue.h"

#include <fcntl.h>
#include <csignal>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <new>
#include <utility>

namespace alibi::os {
namespace {

constexpr std::uint32_t kTurn = 0xffffffff;
constexpr std::size_t kLine = 64;
constexpr std::size_t kLeast = 4096;
constexpr std::size_t kMost = 64U << 20;
/// An empty ring begins anew beyond this, so that quiet times touch little memory.
constexpr std::uint64_t kQuiet = 8192;
/// What is at hand, and stays: room for a burst of some hundred messages.
constexpr std::uint64_t kKept = 4 * kQuiet;

/// A length and so many octets, so that each length is aligned.
constexpr std::uint64_t room_for(std::size_t octets) {
  return (sizeof(std::uint32_t) + octets + 7) / 8 * 8;
}

void sleep_for(long ns) {
  const timespec time{0, ns};
  ::nanosleep(&time, nullptr);
}

}  // namespace

struct MessageQueue::Ring {
  alignas(kLine) std::atomic<std::uint64_t> head{0};    ///< written by senders
  alignas(kLine) std::atomic<std::uint64_t> tail{0};    ///< by the reader
  alignas(kLine) std::atomic<std::int32_t> writer{0};   ///< thread that writes now; 0: none
  std::atomic<std::uint32_t> trimming{0};  ///< the reader gives back what lies beyond kKept
  alignas(kLine) std::array<std::byte, kLine> data_begin;  ///< and on, to the end of the mapping

  std::byte* data() { return data_begin.data(); }

  bool lock() {
    constexpr int kTries = 20;
    constexpr long kPauseNs = 50'000;
    const auto self = static_cast<std::int32_t>(::gettid());
    for (int i = 0; i < kTries; ++i) {
      std::int32_t owner = 0;
      if (writer.compare_exchange_strong(owner, self)) return true;
      const bool gone = owner == self || (::kill(owner, 0) != 0 && errno == ESRCH);
      if (gone && writer.compare_exchange_strong(owner, self))
        return true;
      sleep_for(kPauseNs);
    }
    return false;
  }
  void unlock() { writer.store(0, std::memory_order_release); }
};

Result<MessageQueue> MessageQueue::create(std::size_t bytes) {
  Fd memory(::memfd_create("alibi-queue", MFD_CLOEXEC));
  Fd bell(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!memory.valid() || !bell.valid()) return fail_errno("cannot create a message queue");
  const std::size_t size =
      offsetof(Ring, data_begin) + std::bit_ceil(std::clamp(bytes, kLeast, kMost));
  if (::ftruncate(memory.get(), static_cast<off_t>(size)) != 0) {
    return fail_errno("cannot size a message queue");
  }
  return map(std::move(memory), std::move(bell));
}

Result<MessageQueue> MessageQueue::adopt(Fd memory, Fd bell) {
  return map(std::move(memory), std::move(bell));
}

Result<MessageQueue> MessageQueue::share() const {
  Fd memory(::fcntl(memory_.get(), F_DUPFD_CLOEXEC, 0));
  Fd bell(::fcntl(bell_.get(), F_DUPFD_CLOEXEC, 0));
  if (!memory.valid() || !bell.valid()) return fail_errno("cannot share a message queue");
  return map(std::move(memory), std::move(bell));
}

/// New memory is zero, which is what an empty ring is.
Result<MessageQueue> MessageQueue::map(Fd memory, Fd bell) {
  struct stat now {};
  if (::fstat(memory.get(), &now) != 0) return fail_errno("cannot map a message queue");
  const auto size = static_cast<std::size_t>(now.st_size);
  const std::size_t header = offsetof(Ring, data_begin);
  if (size < header + kLeast || size > header + kMost || !std::has_single_bit(size - header)) {
    return fail("a message queue has another size than expected");
  }
  MessageQueue queue(std::move(memory), std::move(bell));
  void* at = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, queue.memory_.get(), 0);
  if (at == MAP_FAILED) return fail_errno("cannot map a message queue");
  queue.ring_ = static_cast<Ring*>(at);
  queue.mapped_ = size;
  return queue;
}

MessageQueue::MessageQueue(MessageQueue&& other) noexcept
    : memory_(std::move(other.memory_)),
      bell_(std::move(other.bell_)),
      ring_(std::exchange(other.ring_, nullptr)),
      mapped_(other.mapped_) {}

MessageQueue& MessageQueue::operator=(MessageQueue&& other) noexcept {
  std::swap(memory_, other.memory_);
  std::swap(bell_, other.bell_);
  std::swap(ring_, other.ring_);
  std::swap(mapped_, other.mapped_);
  return *this;
}

MessageQueue::~MessageQueue() {
  if (ring_ != nullptr) ::munmap(ring_, mapped_);
}

bool MessageQueue::send(std::span<const std::byte> message) const {
  if (!ring_->lock()) return false;
  const bool put_in = put(message);
  ring_->unlock();
  const std::uint64_t one = 1;
  if (put_in) static_cast<void>(::write(bell_.get(), &one, sizeof one));
  return put_in;
}

bool MessageQueue::put(std::span<const std::byte> message) const {
  const std::uint64_t capacity = mapped_ - offsetof(Ring, data_begin);
  const std::uint64_t tail = ring_->tail.load(std::memory_order_acquire);
  std::uint64_t head = ring_->head.load(std::memory_order_relaxed);
  const std::uint64_t need = room_for(message.size());
  const std::uint64_t at = head % capacity;
  const std::uint64_t usable = ring_->trimming.load() != 0 ? std::min(kKept, capacity) : capacity;
  if (at != 0 && at >= usable) return false;
  const bool anew = head == tail && at > kQuiet;
  if (anew || at + need > capacity) {
    const std::uint64_t next = head - at + capacity;
    if (next + need - tail > capacity) return false;
    if (at != 0) std::memcpy(ring_->data() + at, &kTurn, sizeof kTurn);
    head = next;
  }
  if (head % capacity + need > usable || head + need - tail > capacity) return false;
  std::byte* to = ring_->data() + head % capacity;
  const auto size = static_cast<std::uint32_t>(message.size());
  std::memcpy(to, &size, sizeof size);
  std::memcpy(to + sizeof size, message.data(), message.size());
  ring_->head.store(head + need, std::memory_order_release);
  return true;
}

std::size_t MessageQueue::receive(std::span<std::byte> buffer) const {
  const std::uint64_t capacity = mapped_ - offsetof(Ring, data_begin);
  std::uint64_t tail = ring_->tail.load(std::memory_order_relaxed);
  std::uint64_t head = ring_->head.load(std::memory_order_acquire);
  if (head == tail) {
    std::uint64_t rung = 0;
    if (::read(bell_.get(), &rung, sizeof rung) < 0) return 0;
    // Who put one in since then may have rung before it was read.
    std::atomic_thread_fence(std::memory_order_seq_cst);
    head = ring_->head.load(std::memory_order_acquire);
    if (head == tail) return 0;
    const std::uint64_t one = 1;
    static_cast<void>(::write(bell_.get(), &one, sizeof one));
  }
  std::uint32_t size = 0;
  std::memcpy(&size, ring_->data() + tail % capacity, sizeof size);
  if (size == kTurn) {
    tail += capacity - tail % capacity;
    std::memcpy(&size, ring_->data(), sizeof size);
  }
  if (tail % capacity + room_for(size) > capacity || room_for(size) > head - tail) {
    ring_->tail.store(head, std::memory_order_release);  // nothing of ours wrote that
    return 0;
  }
  const std::size_t kept = std::min<std::size_t>(size, buffer.size());
  std::memcpy(buffer.data(), ring_->data() + tail % capacity + sizeof size, kept);
  ring_->tail.store(tail + room_for(size), std::memory_order_release);
  return kept;
}

void MessageQueue::touch() const {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  auto* bytes = reinterpret_cast<unsigned char*>(ring_);
  for (std::size_t at = 0; at < std::min<std::size_t>(mapped_, kKept); at += page) {
    std::atomic_ref(bytes[at]).fetch_or(0);  // a write that changes nothing, whoever else writes
  }
}

/// Either this sees that somebody writes, or who writes sees this: both speak before they look.
void MessageQueue::trim() const {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t from = (offsetof(Ring, data_begin) + kKept + page - 1) / page * page;
  ring_->trimming.store(1);
  const bool at_rest = ring_->writer.load() == 0 && ring_->head.load() == ring_->tail.load();
  if (at_rest && from < mapped_) {
    static_cast<void>(::fallocate(memory_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                                  static_cast<off_t>(from), static_cast<off_t>(mapped_ - from)));
  }
  ring_->trimming.store(0);
}

}  // namespace alibi::os
