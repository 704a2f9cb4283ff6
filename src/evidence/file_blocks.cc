// SPDX-License-Identifier: Apache-2.0
// A ring of slots; a block is claimed under the lock and read without it.
#include "evidence/file_blocks.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <thread>

namespace alibi::evidence {
namespace {

constexpr std::size_t kPage = 4096;

}  // namespace

FileBlocks::FileBlocks(int fd) : fd_(fd), slots_(kSlots) {
  for (Slot& slot : slots_) {
    slot.memory.resize(kHeadroom + kBlock + kPage);
    const auto address = reinterpret_cast<std::uintptr_t>(slot.memory.data()) + kHeadroom;
    slot.block = slot.memory.data() + kHeadroom + (kPage - address % kPage) % kPage;
  }
}

FileBlocks::~FileBlocks() { ::close(fd_); }

/// The number of the block.
std::uint64_t FileBlocks::claim_and_fill(std::unique_lock<std::mutex>& lock) {
  const std::uint64_t block = claimed_++;
  Slot& slot = slot_of(block);
  lock.unlock();
  std::size_t size = 0;
  int read_errno = 0;
  while (size < kBlock) {
    const auto at = static_cast<off_t>(block * kBlock + size);
    const ssize_t got = ::pread(fd_, slot.block + size, kBlock - size, at);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) read_errno = errno;
    if (got <= 0) break;
    size += static_cast<std::size_t>(got);
  }
  lock.lock();
  slot.size = size;
  slot.read_errno = read_errno;
  slot.ready = true;
  changed_.notify_all();
  return block;
}

// Who read a block has the turn when it is due, unless a step of the other thread needed it in the
// midst of a record.
void FileBlocks::work(const std::function<bool()>& step) {
  std::unique_lock lock(mutex_);
  while (!ended_) {
    if (!may_claim()) {
      changed_.wait(lock);
      continue;
    }
    const std::uint64_t mine = claim_and_fill(lock);
    while (!ended_ && given_ <= mine) {
      if (stepping_ || given_ < mine) {
        changed_.wait(lock);
        continue;
      }
      stepping_ = true;
      lock.unlock();
      const bool more = step();
      lock.lock();
      stepping_ = false;
      ended_ = !more;
      changed_.notify_all();
    }
  }
}

void FileBlocks::take_turns(const std::function<bool()>& step) {
  std::thread second([&] { work(step); });
  work(step);
  second.join();
}

Result<std::span<std::uint8_t>> FileBlocks::next() {
  std::unique_lock lock(mutex_);
  if (given_ > released_) {
    Slot& done = slot_of(released_);
    // The end, or an error, stays where it is: there is nothing behind it.
    if (done.read_errno != 0) return fail(std::strerror(done.read_errno), done.read_errno);
    if (done.size < kBlock) return std::span<std::uint8_t>();
    done.ready = false;
    ++released_;
    changed_.notify_all();
  }
  Slot& slot = slot_of(given_);
  while (!slot.ready) {
    // What is claimed already is on its way.
    if (claimed_ == given_) {
      claim_and_fill(lock);
    } else {
      changed_.wait(lock);
    }
  }
  ++given_;
  if (slot.size == 0 && slot.read_errno != 0) {
    return fail(std::strerror(slot.read_errno), slot.read_errno);
  }
  return std::span(slot.block, slot.size);
}

}  // namespace alibi::evidence
