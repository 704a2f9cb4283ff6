// SPDX-License-Identifier: Apache-2.0
// vrrp_instance: everything but its addresses.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "config/handlers.h"
#include "config/values.h"

namespace alibi::config {
namespace {

constexpr std::size_t kMaxInterfaceName = 15;
constexpr std::size_t kMaxPass = 8;  // RFC 3768 section 5.3.6.2: 64 bits

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

}  // namespace

bool begin_instance(Context& context, const Statement& statement) {
  if (statement.size() < 2) {
    context.say(Severity::Error, statement.head.at,
                "vrrp_instance needs a name, as in 'vrrp_instance NAME {'; it is left out");
    return false;
  }
  const std::string& name = statement.word(1).text;
  if (statement.size() > 2) {
    context.say(Severity::Error, statement.at(2),
                fmt::format("vrrp_instance has one name; '{}' is one too many, and the instance is "
                            "left out",
                            statement.word(2).text));
    return false;
  }
  const auto [same, first] = context.draft.instance_names.emplace(name, statement.head.at);
  if (!first) {
    context.say(Severity::Error, statement.at(1),
                fmt::format("vrrp_instance {} is already defined on line {}; this one is left out",
                            name, context.place(same->second).line));
    return false;
  }
  InstanceDraft draft;
  draft.instance.vrrp.name = name;
  draft.at = {statement.head.at.line, statement.word(1).column};
  draft.instance.place = context.place(statement.head.at);
  context.draft.instances.push_back(std::move(draft));
  context.instance = &context.draft.instances.back();
  return true;
}

bool set_state(Context& context, const Statement& statement) {
  const std::string& text = statement.word(1).text;
  auto& master = context.instance->master;
  no_more_words(context, statement, 2);
  if (text == "MASTER") {
    master = true;
  } else if (text == "BACKUP") {
    if (master.value_or(false)) {
      context.warn(statement.at(1), "the state was set to MASTER before; BACKUP is ignored");
    } else {
      master = false;
    }
  } else {
    const auto meant = upper(text);
    context.say(Severity::Warning, statement.at(1),
                fmt::format("state must be MASTER or BACKUP, not '{}'; BACKUP is used", text),
                meant == "MASTER" || meant == "BACKUP" ? meant : "");
    master = false;
  }
  return true;
}

bool set_interface(Context& context, const Statement& statement) {
  const std::string& name = statement.word(1).text;
  no_more_words(context, statement, 2);
  if (name.empty() || name.size() > kMaxInterfaceName) {
    context.fatal(statement.at(1), fmt::format("'{}' cannot be an interface: a name has 1 to {} "
                                               "characters",
                                               name, kMaxInterfaceName));
    return true;
  }
  if (name == "lo") {
    context.fatal(statement.at(1), "VRRP cannot run on the loopback interface; name another");
  }
  context.instance->instance.interface = name;
  return true;
}

bool set_vrid(Context& context, const Statement& statement) {
  no_more_words(context, statement, 2);
  const auto value = whole(context, statement, 1, 1, 255, "the line is ignored");
  if (value) context.instance->vrid = Given<int>{*value, statement.at(1)};
  return true;
}

bool set_priority(Context& context, const Statement& statement) {
  no_more_words(context, statement, 2);
  const auto value = whole(context, statement, 1, 1, 255, "100 is used");
  context.instance->priority = Given<int>{value.value_or(100), statement.at(1)};
  return true;
}

bool set_advert_interval(Context& context, const Statement& statement) {
  no_more_words(context, statement, 2);
  const auto value = seconds(context, statement, 1, 10ms, 255s, "the line is ignored");
  if (value) context.instance->advert_interval = Given<Duration>{*value, statement.at(1)};
  return true;
}

bool set_nopreempt(Context& context, const Statement& statement) {
  no_more_words(context, statement, 1);
  context.instance->nopreempt = Given<bool>{true, statement.at(0)};
  return true;
}

bool set_preempt(Context& context, const Statement& statement) {
  context.instance->nopreempt = Given<bool>{false, statement.at(0)};
  return true;
}

bool set_preempt_delay(Context& context, const Statement& statement) {
  const auto value = seconds(context, statement, 1, Duration(0), 1000s, "no delay is used");
  context.instance->preempt_delay = Given<Duration>{value.value_or(Duration(0)), statement.at(1)};
  return true;
}

bool set_auth_type(Context& context, const Statement& statement) {
  const std::string& text = statement.word(1).text;
  if (text == "AH") {
    context.fatal(statement.at(1),
                  "auth_type AH is not supported by alibi: the peers would drop every "
                  "advertisement; use PASS on all of them, or none");
  } else if (text == "PASS") {
    context.instance->auth_type = Given<wire::AuthType>{wire::AuthType::Pass, statement.at(1)};
  } else {
    context.say(
        Severity::Warning, statement.at(1),
        fmt::format("auth_type must be PASS or AH, not '{}'; no authentication is used", text),
        upper(text) == "PASS" ? "PASS" : "");
  }
  return true;
}

bool set_auth_pass(Context& context, const Statement& statement) {
  const std::string& text = statement.word(1).text;
  if (text.size() > kMaxPass) {
    // The password itself stays out of the message: it may go to a log.
    context.warn(statement.at(1),
                 fmt::format("auth_pass has {} characters; only the first {} are used", text.size(),
                             kMaxPass));
  }
  context.instance->auth_pass = Given<std::string>{text.substr(0, kMaxPass), statement.at(1)};
  return true;
}

bool set_native_ipv6(Context& context, const Statement& statement) {
  InstanceDraft& draft = *context.instance;
  if (draft.family.value_or(wire::Family::V6) != wire::Family::V6) {
    context.warn(statement.at(0), "native_ipv6 does not go with IPv4 addresses; it is ignored");
    return true;
  }
  draft.family = wire::Family::V6;
  context.say(Severity::Notice, statement.at(0),
              "native_ipv6 is not needed any more: the first address says the family");
  return true;
}

}  // namespace alibi::config
