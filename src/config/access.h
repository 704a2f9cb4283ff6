// SPDX-License-Identifier: Apache-2.0
// How a keyword's value gets into a draft and out of settings again: two functions beside its name
// in the grammar table, so that what is parsed and what is dumped cannot drift apart.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "config/draft.h"

namespace alibi::config {

/// keepalived.conf being written.
class Text {
 public:
  void line(std::string_view keyword, std::initializer_list<std::string> words = {});
  /// A line of words as they are: quote() them first where that is needed.
  void raw(std::string_view line);
  void open(std::string_view head);
  void close();
  std::string take() && { return std::move(out_); }

 private:
  std::string out_;
  int depth_ = 0;
};

/// `word` so that it is read as one word again.
std::string quote(std::string_view word);
/// A command line so that the shell-like reading gives `text` again as one word.
std::string quote_command(std::string_view text);
/// `word` for a shell, and for shell_words().
std::string shell_quote(std::string_view word);
/// Seconds without a unit, e.g. "0.25".
std::string number_text(Duration d);

/// The object whose keywords are being written; the others are null.
struct Subject {
  const Settings& settings;
  const Instance* instance = nullptr;
  const SyncGroup* group = nullptr;
  const Script* script = nullptr;
  const TrackedFile* file = nullptr;
  const TrackedProcess* process = nullptr;
  const Bfd* bfd = nullptr;
  const GarpGroup* garp_group = nullptr;
  const TrackGroup* track_group = nullptr;
};

/// Writes the line of `keyword`, or nothing when its absence says the same.
using Writer = void (*)(const Subject&, std::string_view keyword, Text&);

struct Access {
  constexpr Access(Handler r = nullptr, Writer w = nullptr) : read(r), write(w) {}
  Handler read;
  Writer write;
};

}  // namespace alibi::config
