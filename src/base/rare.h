// SPDX-License-Identifier: Apache-2.0
// A value that is seldom anything but its default: a pointer's room until it is.
#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
#include <ranges>
#include <type_traits>
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
  template <typename U>
    requires(std::convertible_to<U, T> && !std::same_as<std::remove_cvref_t<U>, T> &&
             !std::same_as<std::remove_cvref_t<U>, Rare>)
  Rare(U&& value) : Rare(T(std::forward<U>(value))) {}
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
  // As a range, where it is one.
  auto begin() const requires std::ranges::range<const T> { return std::ranges::begin(**this); }
  auto end() const requires std::ranges::range<const T> { return std::ranges::end(**this); }
  bool empty() const requires std::ranges::range<const T> { return std::ranges::empty(**this); }
  std::size_t size() const requires std::ranges::sized_range<const T> {
    return std::ranges::size(**this);
  }
  const auto& operator[](std::size_t at) const
      requires std::ranges::random_access_range<const T> {
    return (**this)[at];
  }
  /// To change it: from now on it takes its memory.
  T& edit() {
    if (!held_) held_ = std::make_unique<T>();
    return *held_;
  }
  operator const T&() const { return **this; }
  bool operator==(const Rare& other) const { return **this == *other; }

 private:
  std::unique_ptr<T> held_;
};

}  // namespace alibi
