// SPDX-License-Identifier: Apache-2.0
// Commands with their user, as notify scripts, FIFO scripts and the like give them:
// COMMAND [USER [GROUP]], read with the quotation and escapes of a shell.
#include <fmt/format.h>

#include <algorithm>

#include "config/fields.h"
#include "config/handlers.h"

namespace alibi::config {

void read_command(Context& context, const Statement& statement, Command& target) {
  const std::string& keyword = statement.keyword();
  const auto words = shell_words(statement.head.raw);
  if (!words || words->size() < 2 || (*words)[1].empty()) {
    context.warn(statement.at(1), fmt::format("the command of {} is empty or has an open quotation "
                                              "or escape; it is ignored",
                                              keyword));
    return;
  }
  if (!target.empty()) {
    context.warn(statement.at(0), fmt::format("{} was set before; this line is ignored", keyword));
    return;
  }
  target.text = (*words)[1];
  target.words = shell_words(target.text).value_or(std::vector<std::string>{});
  if (target.words.empty() || target.words.front().empty()) {
    target = {};
    context.warn(statement.at(1), fmt::format("the command of {} is empty or has an open quotation "
                                              "or escape; it is ignored",
                                              keyword));
    return;
  }
  if (words->size() > 2) target.user = (*words)[2];
  if (words->size() > 3) target.group = (*words)[3];
  if (words->size() > 4) {
    context.say(Severity::Notice, statement.at(std::min<std::size_t>(4, statement.size() - 1)),
                fmt::format("'{}' after the user and group of {} has no effect; put the command "
                            "and its arguments between quotation marks",
                            (*words)[4], keyword));
  }
}

void read_command(Context& context, const Statement& statement, Rare<Command>& target) {
  Command command = target;
  read_command(context, statement, command);
  target = std::move(command);
}

void write_command(std::string_view keyword, const Command& command, Text& out) {
  if (command.empty()) return;
  out.line(keyword,
           {quote_command(command.text), command.user.empty() ? "" : quote_command(command.user),
            command.group.empty() ? "" : quote_command(command.group)});
}

}  // namespace alibi::config
