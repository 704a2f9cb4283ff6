// SPDX-License-Identifier: Apache-2.0
// global_defs: mail, names, scripts' user, and the defaults of instances.
#include <fmt/format.h>

#include "config/fields.h"
#include "config/handlers.h"

namespace alibi::config {
namespace {

constexpr int kMaxSeconds = 4294;  // keepalived keeps microseconds in 32 bits

// A count of packets: keepalived turns 0 into 1.
MaybeGiven<int> repeat(Context& context, const Statement& statement) {
  auto value = whole(context, statement, 1, 0, 255, kIgnored);
  if (!value) return std::nullopt;
  if (*value == 0) {
    context.warn(statement.at(1),
                 fmt::format("{} must be greater than 0; 1 is used", statement.keyword()));
    value = 1;
  }
  return Given<int>{*value, statement.at(1)};
}

MaybeGiven<Duration> whole_seconds(Context& context, const Statement& statement) {
  const auto value = whole(context, statement, 1, 0, kMaxSeconds, kIgnored);
  if (!value) return std::nullopt;
  return Given<Duration>{std::chrono::seconds(*value), statement.at(1)};
}

template <typename T>
void keep(T& target, T value) {
  if (value) target = std::move(value);
}

}  // namespace

bool begin_global_defs(Context& context, const Statement& statement) {
  no_more_words(context, statement, 1);
  return true;
}

bool set_notification_email(Context& context, const Statement& statement) {
  for (const Piece& line : statement.lines) {
    for (const Word& word : line.words) {
      if (!word.text.empty()) context.draft.settings.global.mail.to.push_back(word.text);
    }
  }
  return true;
}

bool set_smtp_server(Context& context, const Statement& statement) {
  int port = 25;
  if (statement.size() > 2) {
    const auto given = whole(context, statement, 2, 1, 65535, "no mail is sent", "the port");
    if (!given) return true;
    port = *given;
  }
  if (statement.word(1).text.empty()) {
    context.warn(statement.at(1), "smtp_server needs a host name or address; no mail is sent");
    return true;
  }
  context.draft.settings.global.mail.server_host = statement.word(1).text;
  context.draft.settings.global.mail.server_port = port;
  no_more_words(context, statement, 3);
  return true;
}

bool set_smtp_connect_timeout(Context& context, const Statement& statement) {
  const auto value = whole(context, statement, 1, 0, kMaxSeconds, kIgnored);
  if (!value) return true;
  if (*value == 0) {
    context.warn(statement.at(1), "smtp_connect_timeout must be greater than 0; 1 is used");
  }
  context.draft.settings.global.mail.connect_timeout = std::chrono::seconds(std::max(*value, 1));
  return true;
}

bool set_script_user(Context& context, const Statement& statement) {
  context.draft.settings.global.script_user = statement.word(1).text;
  context.draft.settings.global.script_group = statement.size() > 2 ? statement.word(2).text : "";
  no_more_words(context, statement, 3);
  return true;
}

bool set_script_security(Context& context, const Statement& statement) {
  // keepalived takes any word after it as if it were not there; `off` must not mean `on` here.
  const auto value = yes_or_no(context, statement);
  if (value) context.draft.settings.global.enable_script_security = *value;
  return true;
}

bool set_smtp_alert_all(Context& context, const Statement& statement) {
  keep(context.draft.smtp_alert_all, yes_or_no(context, statement));
  return true;
}

bool set_v3_checksum_as_v2(Context& context, const Statement& statement) {
  keep(context.draft.v3_checksum_as_v2, yes_or_no(context, statement));
  return true;
}

bool set_version(Context& context, const Statement& statement) {
  const auto value = whole(context, statement, 1, 2, 3, kIgnored);
  if (value) context.defaults().version = Given<int>{*value, statement.at(1)};
  return true;
}

bool set_garp_master_delay(Context& context, const Statement& statement) {
  keep(context.defaults().garp_master_delay, whole_seconds(context, statement));
  return true;
}

bool set_garp_master_repeat(Context& context, const Statement& statement) {
  keep(context.defaults().garp_master_repeat, repeat(context, statement));
  return true;
}

bool set_garp_master_refresh(Context& context, const Statement& statement) {
  keep(context.defaults().garp_master_refresh, whole_seconds(context, statement));
  return true;
}

bool set_garp_master_refresh_repeat(Context& context, const Statement& statement) {
  keep(context.defaults().garp_master_refresh_repeat, repeat(context, statement));
  return true;
}

bool set_down_timer_adverts(Context& context, const Statement& statement) {
  const auto value = whole(context, statement, 1, 1, 100, kIgnored);
  if (value) context.defaults().down_timer_adverts = Given<int>{*value, statement.at(1)};
  return true;
}

bool set_skip_check_adv_addr(Context& context, const Statement& statement) {
  keep(context.defaults().skip_check_adv_addr, yes_or_no(context, statement));
  return true;
}

bool set_lower_prio_no_advert(Context& context, const Statement& statement) {
  keep(context.defaults().lower_prio_no_advert, yes_or_no(context, statement));
  return true;
}

bool set_higher_prio_send_advert(Context& context, const Statement& statement) {
  keep(context.defaults().higher_prio_send_advert, yes_or_no(context, statement));
  return true;
}

bool set_smtp_alert(Context& context, const Statement& statement) {
  auto& target =
      context.group != nullptr ? context.group->smtp_alert : context.defaults().smtp_alert;
  keep(target, yes_or_no(context, statement));
  return true;
}

bool set_owner_ignore_adverts(Context& context, const Statement& statement) {
  keep(context.defaults().owner_ignore_adverts, yes_or_no(context, statement));
  return true;
}

bool set_garp_lower_delay(Context& context, const Statement& statement) {
  keep(context.defaults().garp_lower_delay, whole_seconds(context, statement));
  return true;
}

bool set_garp_lower_repeat(Context& context, const Statement& statement) {
  keep(context.defaults().garp_lower_repeat, repeat(context, statement));
  return true;
}

bool set_minimal_garp(Context& context, const Statement& statement) {
  if (const auto value = yes_or_no(context, statement)) context.draft.minimal_garp = *value;
  return true;
}

// [all] SECONDS
bool set_garp_extra_if(Context& context, const Statement& statement) {
  std::size_t i = 1;
  const bool all = i < statement.size() && statement.word(i).text == "all";
  if (all) ++i;
  if (i >= statement.size()) {
    context.warn(statement.at(0),
                 fmt::format("{} needs a number of seconds; it is ignored", statement.keyword()));
    return true;
  }
  const auto value =
      whole(context, statement, i, context.instance == nullptr ? 1 : 0, 86400, kIgnored);
  if (value) {
    context.defaults().garp_extra_if =
        Given<Duration>{std::chrono::seconds(*value), statement.at(i)};
    context.defaults().garp_extra_all = all;
  }
  no_more_words(context, statement, i + 1);
  return true;
}

bool set_check_unicast_source(Context& context, const Statement& statement) {
  no_more_words(context, statement, 1);
  context.defaults().check_unicast_source = true;
  if (context.instance != nullptr && !context.instance->unicast) {
    context.instance->unicast = Given<bool>{true, statement.at(0)};
  }
  return true;
}

bool set_strict(Context& context, const Statement& statement) {
  const auto value = yes_or_no(context, statement);
  keep(context.defaults().strict, value);
  if (value && context.instance == nullptr) context.draft.settings.global.strict = *value;
  return true;
}

bool set_notify_priority_changes(Context& context, const Statement& statement) {
  const auto value = yes_or_no(context, statement);
  if (context.group != nullptr) {
    keep(context.group->notify_priority_changes, value);
  } else {
    keep(context.defaults().notify_priority_changes, value);
    if (value && context.instance == nullptr) {
      context.draft.settings.global.notify_priority_changes = *value;
    }
  }
  return true;
}

bool set_multicast_group(Context& context, const Statement& statement) {
  no_more_words(context, statement, 2);
  const bool v4 = statement.keyword() == "vrrp_mcast_group4";
  const std::string& text = statement.word(1).text;
  const auto address = wire::IpAddress::parse(text);
  if (!address || address->family != (v4 ? wire::Family::V4 : wire::Family::V6) ||
      !address->is_multicast()) {
    context.warn(statement.at(1), fmt::format("'{}' is not an IPv{} multicast address; {}", text,
                                              v4 ? 4 : 6, kIgnored));
    return true;
  }
  auto& global = context.draft.settings.global;
  (v4 ? global.group4 : global.group6) = *address;
  return true;
}

bool set_pace(Context& context, const Statement& statement) {
  no_more_words(context, statement, 2);
  const auto value = seconds(context, statement, 1, 1us, 4294s, kIgnored);
  if (!value) return true;
  auto& global = context.draft.settings.global;
  (statement.keyword() == "vrrp_garp_interval" ? global.garp_interval : global.gna_interval) =
      *value;
  return true;
}

bool take(Context&, const Statement&) { return true; }

}  // namespace alibi::config
