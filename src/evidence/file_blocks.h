// SPDX-License-Identifier: Apache-2.0
// A large file in blocks, copied out of the page cache by two threads: one reads ahead, the
// one that scans helps where it would wait. Private to the capture readers.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"

namespace alibi::evidence {

/// The caller's thread asks for one block after the other; a second thread reads ahead, and where
/// it is behind the caller reads as well. Memory: kSlots blocks.
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
  void claim_and_fill(std::unique_lock<std::mutex>& lock);
  void help();

  int fd_;
  std::vector<Slot> slots_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t claimed_ = 0;   // blocks that one of the threads reads or has read
  std::uint64_t released_ = 0;  // blocks that the caller is done with
  std::uint64_t given_ = 0;     // blocks that the caller was given
  bool stop_ = false;
  std::thread helper_;  // last: it uses all of the above
};

}  // namespace alibi::evidence
