// SPDX-License-Identifier: Apache-2.0
// A text that many hold and nobody changes, in memory once.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace alibi {

/// Reads as a `const std::string`; copies share it.
class SharedText {
 public:
  SharedText() = default;
  SharedText(std::string text) {
    if (!text.empty()) held_ = std::make_shared<const std::string>(std::move(text));
  }
  SharedText(const char* text) : SharedText(std::string(text)) {}

  const std::string& get() const {
    static const std::string kEmpty;
    return held_ ? *held_ : kEmpty;
  }
  operator const std::string&() const { return get(); }
  operator std::string_view() const { return get(); }
  bool operator==(const SharedText& other) const {
    return held_ == other.held_ || get() == other.get();
  }

 private:
  std::shared_ptr<const std::string> held_;
};

}  // namespace alibi
