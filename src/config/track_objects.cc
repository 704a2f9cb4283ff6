// SPDX-License-Identifier: Apache-2.0
// What can be tracked besides scripts: track_file, vrrp_track_process, bfd_instance.
#include <fmt/format.h>

#include <climits>

#include "config/fields.h"
#include "config/handlers.h"

namespace alibi::config {
namespace {

constexpr std::size_t kMaxBfdName = 31;

// Begins a block whose name may be used once; false after an error.
template <typename T>
bool begin(Context& context, const Statement& statement, Draft::Names& names,
           std::deque<BlockDraft<T>>& all, BlockDraft<T>*& current) {
  const std::string& name = statement.word(1).text;
  no_more_words(context, statement, 2);
  const auto [same, first] = names.emplace(name, statement.head.at);
  if (!first) {
    context.warn(statement.at(1),
                 fmt::format("{} {} is defined twice (first on line {}); the first counts",
                             statement.keyword(), name, context.place(same->second).line));
    return false;
  }
  all.push_back({T{}, statement.head.at});
  current = &all.back();
  current->value.name = name;
  current->value.place = context.place(statement.head.at);
  return true;
}

// WEIGHT [reverse]
template <typename T>
void weight(Context& context, const Statement& statement, int most, T& target) {
  const auto value = whole(context, statement, 1, -most, most, "the weight stays as it was");
  if (!value) return;
  target.weight = *value;
  target.reverse = false;
  if (statement.size() < 3) return;
  if (statement.word(2).text == "reverse") {
    target.reverse = true;
    no_more_words(context, statement, 3);
  } else {
    context.say(Severity::Warning, statement.at(2),
                fmt::format("after the weight only 'reverse' may stand, not '{}'; it is ignored",
                            statement.word(2).text),
                "reverse");
  }
}

}  // namespace

bool begin_file(Context& context, const Statement& statement) {
  return begin(context, statement, context.draft.file_names, context.draft.files, context.file);
}

bool begin_process(Context& context, const Statement& statement) {
  return begin(context, statement, context.draft.process_names, context.draft.processes,
               context.process);
}

bool begin_bfd(Context& context, const Statement& statement) {
  if (statement.word(1).text.size() > kMaxBfdName) {
    context.say(Severity::Error, statement.at(1),
                fmt::format("the name of a bfd_instance has at most {} characters; '{}' is left "
                            "out",
                            kMaxBfdName, statement.word(1).text));
    return false;
  }
  return begin(context, statement, context.draft.bfd_names, context.draft.bfds, context.bfd);
}

bool set_tracked_weight(Context& context, const Statement& statement) {
  if (context.file != nullptr) weight(context, statement, 254, context.file->value);
  if (context.process != nullptr) weight(context, statement, 254, context.process->value);
  if (context.bfd != nullptr) weight(context, statement, 253, context.bfd->value);
  return true;
}

void write_tracked_weight(const Subject& subject, std::string_view keyword, Text& out) {
  const auto write = [&](const auto& object) {
    out.line(keyword, {std::to_string(object.weight), object.reverse ? "reverse" : ""});
  };
  if (subject.file != nullptr) write(*subject.file);
  if (subject.process != nullptr) write(*subject.process);
  if (subject.bfd != nullptr) write(*subject.bfd);
}

bool set_file(Context& context, const Statement& statement) {
  TrackedFile& file = context.file->value;
  const std::string& path = statement.word(1).text;
  no_more_words(context, statement, 2);
  if (!file.path.empty()) {
    context.warn(statement.at(0), "file was set before; this line is ignored");
  } else if (path.empty()) {
    context.warn(statement.at(1), fmt::format("the path is empty; {}", kIgnored));
  } else {
    file.path = path;
  }
  return true;
}

void write_file(const Subject& subject, std::string_view keyword, Text& out) {
  out.line(keyword, {quote(subject.file->path)});
}

// [VALUE] [overwrite]
bool set_init_file(Context& context, const Statement& statement) {
  TrackedFile& file = context.file->value;
  file.make = true;
  for (std::size_t i = 1; i < statement.size(); ++i) {
    if (statement.word(i).text == "overwrite") {
      file.overwrite = true;
    } else if (const auto value = whole(context, statement, i, INT_MIN, INT_MAX, "0 is used",
                                        "after init_file a value or 'overwrite' stands, and it")) {
      file.initial = *value;
    }
  }
  return true;
}

void write_init_file(const Subject& subject, std::string_view keyword, Text& out) {
  const TrackedFile& file = *subject.file;
  if (!file.make) return;
  out.line(keyword, {std::to_string(file.initial), file.overwrite ? "overwrite" : ""});
}

// NAME [PARAMETERS...]
bool set_process(Context& context, const Statement& statement) {
  TrackedProcess& process = context.process->value;
  const auto words = shell_words(statement.head.raw);
  if (!words || words->size() < 2 || (*words)[1].empty()) {
    context.warn(statement.at(1),
                 "the process is empty or has an open quotation or escape; the "
                 "line is ignored");
    return true;
  }
  process.process = (*words)[1];
  process.parameters.assign(words->begin() + 2, words->end());
  return true;
}

void write_process(const Subject& subject, std::string_view keyword, Text& out) {
  std::string line = fmt::format("{} {}", keyword, quote_command(subject.process->process));
  for (const auto& word : subject.process->parameters) line += " " + quote_command(word);
  out.raw(line);
}

bool set_param_match(Context& context, const Statement& statement) {
  using Match = TrackedProcess::Match;
  const std::string& text = statement.word(1).text;
  no_more_words(context, statement, 2);
  if (text == "initial") {
    context.process->value.match = Match::Initial;
  } else if (text == "partial") {
    context.process->value.match = Match::Partial;
  } else if (text == "exact") {
    context.process->value.match = Match::Exact;
  } else {
    context.warn(statement.at(1), fmt::format("param_match is initial or partial (otherwise all "
                                              "must agree), not '{}'; {}",
                                              text, kIgnored));
  }
  return true;
}

void write_param_match(const Subject& subject, std::string_view keyword, Text& out) {
  using Match = TrackedProcess::Match;
  if (subject.process->match == Match::Exact) return;
  out.line(keyword, {subject.process->match == Match::Initial ? "initial" : "partial"});
}

bool set_process_delay(Context& context, const Statement& statement) {
  no_more_words(context, statement, 2);
  const auto value = seconds(context, statement, 1, 1us, 3600s, kIgnored);
  if (!value) return true;
  if (statement.keyword() != "terminate_delay") context.process->value.fork_delay = *value;
  if (statement.keyword() != "fork_delay") context.process->value.terminate_delay = *value;
  return true;
}

void write_process_delay(const Subject& subject, std::string_view keyword, Text& out) {
  const Duration delay =
      keyword == "fork_delay" ? subject.process->fork_delay : subject.process->terminate_delay;
  if (delay > Duration(0)) out.line(keyword, {number_text(delay)});
}

void write_quorum_max(const Subject& subject, std::string_view keyword, Text& out) {
  const int most = subject.process->quorum_max;
  if (most != INT_MAX) out.line(keyword, {std::to_string(most)});
}

bool set_neighbor(Context& context, const Statement& statement) {
  Bfd& bfd = context.bfd->value;
  no_more_words(context, statement, 2);
  const auto address = wire::IpAddress::parse(statement.word(1).text);
  if (!address) {
    context.warn(statement.at(1),
                 fmt::format("'{}' is not an IP address; {}", statement.word(1).text, kIgnored));
  } else if (statement.keyword() == "source_ip") {
    bfd.source = *address;
  } else {
    bfd.neighbor = *address;
  }
  return true;
}

void write_neighbor(const Subject& subject, std::string_view keyword, Text& out) {
  const Bfd& bfd = *subject.bfd;
  if (keyword == "neighbor_ip") out.line(keyword, {bfd.neighbor.text()});
  if (keyword == "source_ip" && bfd.source) out.line(keyword, {bfd.source->text()});
}

// `vrrp` and `checker` limit the events to one of the two.
bool set_bfd_user(Context& context, const Statement& statement) {
  no_more_words(context, statement, 1);
  (statement.keyword() == "vrrp" ? context.bfd->named_vrrp : context.bfd->named_checker) = true;
  return true;
}

void write_bfd_user(const Subject& subject, std::string_view keyword, Text& out) {
  if (!subject.bfd->for_vrrp && keyword == "checker") out.line(keyword);
}

}  // namespace alibi::config
