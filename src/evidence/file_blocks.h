// SPDX-License-Identifier: Apache-2.0
// A large file in blocks, by two threads in turn: each copies a block out of the page cache while
// the other scans, and scans what it copied. Private to the capture readers.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <span>
#include <vector>

#include "base/result.h"

namespace alibi::evidence {

/// Blocks are handed out in order to whoever asks. take_turns() lets a second thread ask as well:
/// copying can be done side by side; scanning cannot, and is done where the copy left the octets,
/// in the cache of the same CPU. Memory: kSlots blocks.
class FileBlocks {
 public:
  static constexpr std::size_t kBlock = std::size_t{1} << 20U;
  static constexpr std::size_t kHeadroom = std::size_t{64} << 10U;
  static constexpr std::size_t kSlots = 4;

  /// Owns `fd`, a regular file.
  explicit FileBlocks(int fd);
  FileBlocks(const FileBlocks&) = delete;
  FileBlocks& operator=(const FileBlocks&) = delete;
  ~FileBlocks();

  /// The next block, empty at the end; kHeadroom octets in front of it may be written. Valid until
  /// the next call.
  Result<std::span<std::uint8_t>> next();

  /// Calls `step` until it says false, on the caller's thread and on a second one, never on both at
  /// the same time, each call after the one before it. Each step ought to call next() once, at its
  /// beginning; one that calls it more often or not at all is only slower.
  void take_turns(const std::function<bool()>& step);

 private:
  struct Slot {
    std::vector<std::uint8_t> memory;
    std::uint8_t* block = nullptr;  // at the start of a page, where the kernel copies fastest
    std::size_t size = 0;
    int read_errno = 0;
    bool ready = false;
  };
  Slot& slot_of(std::uint64_t block) { return slots_[block % kSlots]; }
  bool may_claim() const { return claimed_ < released_ + kSlots; }
  std::uint64_t claim_and_fill(std::unique_lock<std::mutex>& lock);
  void work(const std::function<bool()>& step);

  int fd_;
  std::vector<Slot> slots_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t claimed_ = 0;   // blocks that one of the threads reads or has read
  std::uint64_t released_ = 0;  // blocks that the scan is done with
  std::uint64_t given_ = 0;     // blocks that the scan was given
  bool stepping_ = false;       // one of the threads is inside `step`
  bool ended_ = false;          // `step` said false
};

}  // namespace alibi::evidence
