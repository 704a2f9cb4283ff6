// SPDX-License-Identifier: Apache-2.0
// The $NAME definitions of a configuration: `$NAME=text`, over several lines with a trailing '\',
// used as $NAME or ${NAME} and expanded at use, so that a definition may use another.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace alibi::config {

class Definitions {
 public:
  /// Where ${_ENV NAME} and ${_PWD} come from; absent: a problem.
  using Lookup = std::function<std::string(const std::string&)>;
  Definitions(const std::string& config_id, std::uint64_t seed, Lookup environment);

  /// random_seed
  void seed(std::uint64_t value) { random_ = value; }
  /// ${_PWD}
  void directory(std::string path) { directory_ = std::move(path); }
  const std::string& directory() const { return directory_; }
  /// The variable of a loop; put_back() what this returned when the loop is over.
  struct Saved {
    std::string name;
    std::optional<std::vector<std::string>> lines;
  };
  Saved save(const std::string& name) const;
  void set(const std::string& name, const std::string& value);
  void put_back(Saved saved);

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
  Outcome expand(std::string& text, std::vector<std::string>& following);

 private:
  struct Value {
    std::vector<std::string> lines;
    bool verbatim = false;  ///< not expanded further
  };
  struct Use {
    std::size_t length = 0;
    const Value* value = nullptr;
    std::optional<std::string> computed;  ///< of _RANDOM, _ENV, _PWD
    std::string problem;
  };
  Use use_at(std::string_view text, std::size_t dollar);
  Use computed(std::string_view text, std::size_t dollar, std::size_t begin, std::size_t length);
  std::uint64_t random(std::uint64_t least, std::uint64_t most);

  std::map<std::string, Value, std::less<>> values_;
  std::uint64_t random_;
  Lookup environment_;
  std::string directory_;
  Value* open_ = nullptr;
};

}  // namespace alibi::config
