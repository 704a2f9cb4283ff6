// SPDX-License-Identifier: Apache-2.0
// Numbers and texts one after the other in octets, for what one program of ours leaves to the next
// on the same machine. The reader trusts nothing: past the end, or past a bound, it gives zeros and
// says so at the end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace alibi::daemon {

class BlobWriter {
 public:
  template <typename T>
  void put(T value) {
    static_assert(std::is_arithmetic_v<T> || std::is_enum_v<T>);
    const auto* bytes = reinterpret_cast<const std::byte*>(&value);
    out_.insert(out_.end(), bytes, bytes + sizeof value);
  }
  void text(std::string_view value) {
    put(static_cast<std::uint32_t>(value.size()));
    const auto* bytes = reinterpret_cast<const std::byte*>(value.data());
    out_.insert(out_.end(), bytes, bytes + value.size());
  }
  const std::vector<std::byte>& bytes() const { return out_; }

 private:
  std::vector<std::byte> out_;
};

class BlobReader {
 public:
  explicit BlobReader(std::span<const std::byte> bytes) : rest_(bytes) {}

  template <typename T>
  T get() {
    static_assert(std::is_arithmetic_v<T> || std::is_enum_v<T>);
    T value{};
    if (const auto* from = take(sizeof value)) std::memcpy(&value, from, sizeof value);
    return value;
  }
  bool flag() { return get<std::uint8_t>() != 0; }
  std::string text() {
    const auto size = get<std::uint32_t>();
    const auto* from = take(size);
    return from == nullptr ? std::string()
                           : std::string(reinterpret_cast<const char*>(from), size);
  }
  /// A number of things of at least `least` octets each: more than can follow is an error, so that
  /// nobody reserves room for them.
  std::size_t count(std::size_t least) {
    const auto value = get<std::uint32_t>();
    if (value <= rest_.size() / least) return value;
    failed_ = true;
    return 0;
  }
  void fail() { failed_ = true; }
  /// Everything was there, and nothing is left.
  bool complete() const { return !failed_ && rest_.empty(); }

 private:
  const std::byte* take(std::size_t size) {
    if (failed_ || size > rest_.size()) {
      failed_ = true;
      return nullptr;
    }
    const std::byte* from = rest_.data();
    rest_ = rest_.subspan(size);
    return from;
  }

  std::span<const std::byte> rest_;
  bool failed_ = false;
};

}  // namespace alibi::daemon
