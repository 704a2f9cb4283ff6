// SPDX-License-Identifier: Apache-2.0
// keepalived's default user rule.
#include "daemon/script_user.h"

#include "daemon/script_security.h"

namespace alibi::daemon {
namespace {

constexpr const char* kDefaultUser = "keepalived_script";

}  // namespace

Result<ScriptUser> script_user(const config::Settings& settings, const std::string& user,
                               const std::string& group) {
  const auto plain = [](os::Identity identity) { return ScriptUser{std::move(identity), ""}; };
  if (!user.empty()) return os::find_identity(user, group).map(plain);
  if (!settings.global.script_user.empty()) {
    return os::find_identity(settings.global.script_user, settings.global.script_group).map(plain);
  }
  if (auto found = os::find_identity(kDefaultUser, "")) return plain(std::move(*found));
  auto ourselves = os::current_identity();
  std::string warning = "default user '" + std::string(kDefaultUser) +
                        "' for script execution does not exist: scripts run as " + ourselves.name +
                        " (create it, or set script_user in global_defs)";
  return ScriptUser{std::move(ourselves), std::move(warning)};
}

Result<ScriptUser> runner_of(const config::Settings& settings, const config::Command& command) {
  auto user = script_user(settings, command.user, command.group);
  if (user && user->identity.uid == 0 && settings.global.enable_script_security) {
    const auto safe = check_script_security(command.words.front());
    if (!safe) return tl::unexpected(safe.error());
  }
  return user;
}

}  // namespace alibi::daemon
