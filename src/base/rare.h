// SPDX-License-Identifier: Apache-2.0
// A value that is seldom anything but its default: a pointer's room until it is.
#pragma once

#include <memory>
#include <utility>

namespace alibi {

/// Reads as a `T`; a default one takes no memory of its own. Copies are deep.
template <typename T>
class Rare {
 public:
  Rare() = default;
  Rare(const Rare& other) : held_(other.held_ ? std::make_unique<T>(*other.held_) : nullptr) {}
  Rare(Rare&&) noexcept = default;
  Rare(T value) {
    if (!(value == T{})) held_ = std::make_unique<T>(std::move(value));
  }
  Rare& operator=(Rare other) noexcept {
    held_ = std::move(other.held_);
    return *this;
  }
  ~Rare() = default;

  const T& operator*() const {
    static const T kDefault{};
    return held_ ? *held_ : kDefault;
  }
  const T* operator->() const { return &**this; }
  operator const T&() const { return **this; }
  bool operator==(const Rare& other) const { return **this == *other; }

 private:
  std::unique_ptr<T> held_;
};

}  // namespace alibi
