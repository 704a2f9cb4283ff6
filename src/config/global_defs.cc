// SPDX-License-Identifier: Apache-2.0
// global_defs: mail, names, scripts' user, and the defaults of instances.
#include <fmt/format.h>

#include "config/handlers.h"
#include "config/values.h"

namespace alibi::config {
namespace {

constexpr std::string_view kIgnored = "the line is ignored";
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

bool set_notification_email_from(Context& context, const Statement& statement) {
  context.draft.settings.global.mail.from = statement.word(1).text;
  no_more_words(context, statement, 2);
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

bool set_smtp_helo_name(Context& context, const Statement& statement) {
  context.draft.settings.global.mail.helo_name = statement.word(1).text;
  return true;
}

bool set_router_id(Context& context, const Statement& statement) {
  context.draft.settings.global.router_id = statement.word(1).text;
  no_more_words(context, statement, 2);
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
  keep(context.defaults().smtp_alert, yes_or_no(context, statement));
  return true;
}

bool take(Context&, const Statement&) { return true; }

}  // namespace alibi::config
