// SPDX-License-Identifier: Apache-2.0
// keepalived's default user rule and quoting.
#include "daemon/script_user.h"

namespace alibi::daemon {
namespace {

constexpr const char* kDefaultUser = "keepalived_script";

}  // namespace

Result<ScriptUser> script_user(const config::Settings& settings, const std::string& user,
                               const std::string& group) {
  const auto plain = [](os::Identity identity) { return ScriptUser{std::move(identity), ""}; };
  if (!user.empty()) return os::find_identity(user, group).map(plain);
  if (!settings.script_user.empty()) {
    return os::find_identity(settings.script_user, settings.script_group).map(plain);
  }
  if (auto found = os::find_identity(kDefaultUser, "")) return plain(std::move(*found));
  auto ourselves = os::current_identity();
  std::string warning = "default user '" + std::string(kDefaultUser) +
                        "' for script execution does not exist: scripts run as " + ourselves.name +
                        " (create it, or set script_user in global_defs)";
  return ScriptUser{std::move(ourselves), std::move(warning)};
}

std::vector<std::string> split_command(std::string_view line) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  char quote = '\0';
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '\\' && quote != '\'' && i + 1 < line.size()) {
      word += line[++i];
      in_word = true;
    } else if (quote != '\0') {
      if (c == quote) {
        quote = '\0';
      } else {
        word += c;
      }
    } else if (c == '"' || c == '\'') {
      quote = c;
      in_word = true;
    } else if (c == ' ' || c == '\t') {
      if (in_word) words.push_back(std::exchange(word, {}));
      in_word = false;
    } else {
      word += c;
      in_word = true;
    }
  }
  if (in_word) words.push_back(word);
  return words;
}

}  // namespace alibi::daemon
