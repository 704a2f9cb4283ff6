// SPDX-License-Identifier: Apache-2.0
// The $NAME definitions of a configuration: `$NAME=text`, over several lines with a trailing '\',
// used as $NAME or ${NAME} and expanded at use, so that a definition may use another.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace alibi::config {

class Definitions {
 public:
  explicit Definitions(const std::string& config_id);

  /// Takes `text` if it is a definition.
  bool define(std::string_view text);
  /// A definition of several lines is open: the next line belongs to it (more()).
  bool wants_more() const { return open_ != nullptr; }
  void more(std::string_view text);
  void end_of_text() { open_ = nullptr; }

  struct Outcome {
    bool changed = false;
    std::string problem;  ///< empty, or why the line cannot be used
  };
  /// Replaces every defined name in `text`; the second and later lines of a definition of several
  /// lines are appended to `following`. A name that is not defined stays as it is.
  Outcome expand(std::string& text, std::vector<std::string>& following) const;

 private:
  struct Value {
    std::vector<std::string> lines;
    bool verbatim = false;  ///< not expanded further
  };
  struct Use {
    std::size_t length = 0;
    const Value* value = nullptr;
    std::string unsupported;
  };
  Use use_at(std::string_view text, std::size_t dollar) const;

  std::map<std::string, Value, std::less<>> values_;
  Value* open_ = nullptr;
};

}  // namespace alibi::config
