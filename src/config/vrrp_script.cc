// SPDX-License-Identifier: Apache-2.0
// vrrp_script: a command, how often, and what its failure weighs.
#include <fmt/format.h>

#include <climits>

#include "config/handlers.h"
#include "config/values.h"

namespace alibi::config {

bool begin_script(Context& context, const Statement& statement) {
  const std::string& name = statement.word(1).text;
  no_more_words(context, statement, 2);
  const auto [same, first] = context.draft.script_names.emplace(name, statement.head.at);
  if (!first) {
    context.warn(statement.at(1),
                 fmt::format("vrrp_script {} is defined twice (first on line {}); the first counts",
                             name, context.place(same->second).line));
    return false;
  }
  ScriptDraft script;
  script.script.name = name;
  script.at = statement.head.at;
  script.script.place = context.place(statement.head.at);
  context.draft.scripts.push_back(std::move(script));
  context.script = &context.draft.scripts.back();
  return true;
}

bool set_script(Context& context, const Statement& statement) {
  ScriptDraft& draft = *context.script;
  const auto words = shell_words(statement.head.raw);
  if (!words || words->size() < 2) {
    draft.broken = true;
    context.say(Severity::Error, statement.at(1),
                fmt::format("the command of vrrp_script {} has an open quotation or escape; the "
                            "script is left out",
                            draft.script.name));
    return true;
  }
  // One word, mostly "...", is a command line of its own; several are the argument vector.
  auto command = *words;
  command.erase(command.begin());
  if (command.size() == 1) {
    draft.script.command_text = command.front();
    const auto inner = shell_words(command.front());
    command = inner ? *inner : std::vector<std::string>{};
  } else {
    draft.script.command_text.clear();
    for (const std::string& word : command) {
      draft.script.command_text += draft.script.command_text.empty() ? "" : " ";
      draft.script.command_text += shell_quote(word);
    }
  }
  if (command.empty() || command.front().empty()) {
    draft.broken = true;
    context.say(Severity::Error, statement.at(1),
                fmt::format("the command of vrrp_script {} is empty or not closed; the script is "
                            "left out",
                            draft.script.name));
  }
  if (!command.empty() && !command.front().empty() && command.front().front() == '<') {
    context.warn(statement.at(1),
                 "only a shell understands a command that begins with '<', and "
                 "scripts run without one; write bash -c '<...'");
  }
  draft.script.command = std::move(command);
  return true;
}

bool set_script_interval(Context& context, const Statement& statement) {
  const auto value = seconds(context, statement, 1, Duration(0), 4294s, "the line is ignored");
  if (!value) return true;
  if (*value < 1ms) {
    context.warn(statement.at(1), "interval must be greater than 0; 1 second is used");
  }
  context.script->script.interval = *value < 1ms ? Duration(1s) : *value;
  return true;
}

bool set_script_timeout(Context& context, const Statement& statement) {
  const auto value = seconds(context, statement, 1, Duration(0), 4294s, "the line is ignored");
  if (!value) return true;
  if (*value < 1ms) {
    context.warn(statement.at(1), "timeout must be greater than 0; 1 second is used");
  }
  context.script->script.timeout = *value < 1ms ? Duration(1s) : *value;
  return true;
}

bool set_script_weight(Context& context, const Statement& statement) {
  const auto value = whole(context, statement, 1, -253, 253, "the weight stays as it was");
  if (value) context.script->script.weight = *value;
  if (statement.size() > 2) {
    if (statement.word(2).text == "reverse") {
      context.script->script.reverse = true;
    } else {
      context.say(Severity::Warning, statement.at(2),
                  fmt::format("after the weight only 'reverse' may stand, not '{}'; it is ignored",
                              statement.word(2).text),
                  "reverse");
    }
  }
  return true;
}

bool set_script_rise(Context& context, const Statement& statement) {
  const auto value = whole(context, statement, 1, 1, INT_MAX, "1 is used");
  context.script->script.rise = value.value_or(1);
  return true;
}

bool set_script_fall(Context& context, const Statement& statement) {
  const auto value = whole(context, statement, 1, 1, INT_MAX, "1 is used");
  context.script->script.fall = value.value_or(1);
  return true;
}

bool set_script_init_fail(Context& context, const Statement& statement) {
  no_more_words(context, statement, 1);
  context.script->script.init_fail = true;
  return true;
}

bool set_script_run_as(Context& context, const Statement& statement) {
  context.script->script.user = statement.word(1).text;
  context.script->script.group = statement.size() > 2 ? statement.word(2).text : "";
  no_more_words(context, statement, 3);
  return true;
}

}  // namespace alibi::config
