// SPDX-License-Identifier: Apache-2.0
// A record in shared memory that one process writes and others read, without a lock: a reader never
// delays the writer, and sees a whole record or none.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <optional>
#include <type_traits>

namespace alibi::daemon {

/// A sequence lock around words: odd while being written. One writer at a time; a writer that died
/// in the middle leaves no record until the next one writes.
template <typename T>
class Published {
  static_assert(std::is_trivially_copyable_v<T>);
  static constexpr std::size_t kWords = (sizeof(T) + 7) / 8;
  static constexpr int kLooks = 64;  // a writer is done within a few

 public:
  void publish(const T& record) {
    std::array<std::uint64_t, kWords> words{};
    std::memcpy(words.data(), &record, sizeof(T));
    const std::uint32_t version = version_.load(std::memory_order_relaxed) | 1U;
    version_.store(version, std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_release);
    for (std::size_t i = 0; i < kWords; ++i) words_[i].store(words[i], std::memory_order_relaxed);
    version_.store(version + 1, std::memory_order_release);
  }

  /// Nothing when none was written yet, or its writer died while writing.
  std::optional<T> read() const {
    for (int look = 0; look < kLooks; ++look) {
      const std::uint32_t before = version_.load(std::memory_order_acquire);
      if (before == 0) return std::nullopt;
      if ((before & 1U) != 0) continue;
      std::array<std::uint64_t, kWords> words;
      for (std::size_t i = 0; i < kWords; ++i) words[i] = words_[i].load(std::memory_order_relaxed);
      std::atomic_thread_fence(std::memory_order_acquire);
      if (version_.load(std::memory_order_relaxed) != before) continue;
      T record;
      std::memcpy(static_cast<void*>(&record), words.data(), sizeof(T));
      return record;
    }
    return std::nullopt;
  }

 private:
  std::atomic<std::uint32_t> version_{0};
  std::array<std::atomic<std::uint64_t>, kWords> words_{};
};

}  // namespace alibi::daemon
