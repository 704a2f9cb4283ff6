// SPDX-License-Identifier: Apache-2.0
// Messages lie in the ring as a length and their octets, none across its end: a length of kTurn
// says that the next one is at the beginning. Positions only grow. The writer moves `head` when a
// message is whole, so that one who dies in the middle leaves nothing; one writes at a time.
#include "os/message_queue.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <ctime>
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

constexpr std::uint64_t sender_id(pid_t process, pid_t thread) {
  return static_cast<std::uint64_t>(process) << 32U | static_cast<std::uint32_t>(thread);
}
constexpr pid_t process_of(std::uint64_t sender) { return static_cast<pid_t>(sender >> 32U); }

void sleep_for(long ns) {
  const timespec time{0, ns};
  ::nanosleep(&time, nullptr);
}

}  // namespace

struct MessageQueue::Ring {
  alignas(kLine) std::atomic<std::uint64_t> head{0};    ///< written by senders
  alignas(kLine) std::atomic<std::uint64_t> tail{0};    ///< by the reader
  alignas(kLine) std::atomic<std::uint64_t> writer{0};  ///< sender_id() of who writes; 0: nobody
  std::atomic<std::uint32_t> trimming{0};  ///< the reader gives back what lies beyond kKept

  /// Behind this, to the end of the mapping.
  std::byte* data() { return reinterpret_cast<std::byte*>(this) + sizeof(Ring); }

  bool lock(int tries) {
    constexpr long kPauseNs = 50'000;
    const std::uint64_t self = sender_id(::getpid(), ::gettid());
    for (int i = 0; i < tries; ++i) {
      std::uint64_t owner = 0;
      if (writer.compare_exchange_strong(owner, self)) return true;
      // The numbers of a process that is gone may be our own now.
      const bool gone = owner == self || (::kill(process_of(owner), 0) != 0 && errno == ESRCH);
      if (gone && writer.compare_exchange_strong(owner, self)) return true;
      if (i + 1 < tries) sleep_for(kPauseNs);
    }
    return false;
  }
  void unlock() { writer.store(0, std::memory_order_release); }
};

Result<MessageQueue> MessageQueue::create(std::size_t bytes) {
  Fd memory(::memfd_create("alibi-queue", MFD_CLOEXEC));
  Fd bell(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!memory.valid() || !bell.valid()) return fail_errno("cannot create a message queue");
  const std::size_t size = sizeof(Ring) + std::bit_ceil(std::clamp(bytes, kLeast, kMost));
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
  const std::size_t header = sizeof(Ring);
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
  constexpr int kTries = 20;
  if (message.empty() || !ring_->lock(kTries)) return false;
  const bool put_in = put(message);
  ring_->unlock();
  if (put_in) ring();
  return put_in;
}

void MessageQueue::ring() const {
  const std::uint64_t one = 1;
  static_cast<void>(::write(bell_.get(), &one, sizeof one));
}

std::uint64_t MessageQueue::capacity() const { return mapped_ - sizeof(Ring); }

/// The position of the next lap, where readers of `head` are sent. Of who writes.
std::uint64_t MessageQueue::turn(std::uint64_t head) const {
  const std::uint64_t at = head % capacity();
  if (at != 0) std::memcpy(ring_->data() + at, &kTurn, sizeof kTurn);
  return head - at + capacity();
}

bool MessageQueue::put(std::span<const std::byte> message) const {
  const std::uint64_t tail = ring_->tail.load(std::memory_order_acquire);
  std::uint64_t head = ring_->head.load(std::memory_order_relaxed);
  const std::uint64_t need = room_for(message.size());
  const std::uint64_t at = head % capacity();
  const std::uint64_t usable =
      ring_->trimming.load() != 0 ? std::min(kKept, capacity()) : capacity();
  if (at != 0 && at >= usable) return false;
  const bool anew = head == tail && at > kQuiet && at >= need;
  if (anew || at + need > capacity()) {
    if (head - at + capacity() + need - tail > capacity()) return false;
    head = turn(head);
  }
  if (head % capacity() + need > usable || head + need - tail > capacity()) return false;
  std::byte* to = ring_->data() + head % capacity();
  const auto size = static_cast<std::uint32_t>(message.size());
  std::memcpy(to, &size, sizeof size);
  std::memcpy(to + sizeof size, message.data(), message.size());
  ring_->head.store(head + need, std::memory_order_release);
  return true;
}

/// Is there anything? Where there is not, the bell is silent afterwards.
bool MessageQueue::has_any(std::uint64_t tail) const {
  if (ring_->head.load(std::memory_order_acquire) != tail) return true;
  std::uint64_t rung = 0;
  if (::read(bell_.get(), &rung, sizeof rung) < 0) return false;
  // Who put one in since then may have rung before it was read.
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (ring_->head.load(std::memory_order_acquire) == tail) return false;
  ring();
  return true;
}

std::size_t MessageQueue::receive(std::span<std::byte> buffer) const {
  std::uint64_t tail = ring_->tail.load(std::memory_order_relaxed);
  while (has_any(tail)) {
    const std::uint64_t head = ring_->head.load(std::memory_order_acquire);
    const std::uint64_t at = tail % capacity();
    std::uint32_t size = 0;
    std::memcpy(&size, ring_->data() + at, sizeof size);
    const bool turns = size == kTurn;
    const std::uint64_t taken = turns ? capacity() - at : room_for(size);
    if (size == 0 || head - tail > capacity() || taken > head - tail || at + taken > capacity()) {
      tail = head;  // nothing of ours wrote that
    } else if (turns) {
      tail += taken;
    } else {
      const std::size_t kept = std::min<std::size_t>(size, buffer.size());
      std::memcpy(buffer.data(), ring_->data() + at + sizeof size, kept);
      ring_->tail.store(tail + taken, std::memory_order_release);
      return kept;
    }
    ring_->tail.store(tail, std::memory_order_release);
  }
  return 0;
}

void MessageQueue::touch() const {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  auto* bytes = reinterpret_cast<unsigned char*>(ring_);
  const std::size_t end = std::min<std::size_t>(mapped_, sizeof(Ring) + kKept);
  for (std::size_t at = 0; at < end; at += page) {
    std::atomic_ref(bytes[at]).fetch_or(0);  // a write that changes nothing, whoever else writes
  }
}

/// Begins anew, as a sender would, so that none has to touch what is given back. Then either this
/// sees that somebody writes, or who writes sees this: both speak before they look.
void MessageQueue::trim() const {
  if (!ring_->lock(1)) return;
  const std::uint64_t tail = ring_->tail.load(std::memory_order_relaxed);
  const bool empty = ring_->head.load() == tail;
  const std::uint64_t next = empty && tail % capacity() > kQuiet ? turn(tail) : tail;
  if (next != tail) ring_->head.store(next);
  ring_->unlock();
  if (next != tail) ring_->tail.store(next);
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t from = (sizeof(Ring) + kKept + page - 1) / page * page;
  ring_->trimming.store(1);
  const bool at_rest = ring_->writer.load() == 0 && ring_->head.load() == ring_->tail.load();
  if (at_rest && from < mapped_) {
    static_cast<void>(::fallocate(memory_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                                  static_cast<off_t>(from), static_cast<off_t>(mapped_ - from)));
  }
  ring_->trimming.store(0);
}

void MessageQueue::forget_sender(pid_t pid) const {
  std::uint64_t owner = ring_->writer.load();
  if (owner != 0 && process_of(owner) == pid) ring_->writer.compare_exchange_strong(owner, 0);
}

}  // namespace alibi::os
