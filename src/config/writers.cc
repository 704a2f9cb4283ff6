// SPDX-License-Identifier: Apache-2.0
// How the keywords that more than one line of code reads are written again (see access.h).
#include <fmt/format.h>

#include <algorithm>

#include "config/fields.h"
#include "config/handlers.h"

namespace alibi::config {
namespace {

// Users and groups are words of a line; none: nothing.
void write_user(std::string_view keyword, const std::string& user, const std::string& group,
                Text& out) {
  if (user.empty()) return;
  out.line(keyword, {quote(user), group.empty() ? "" : quote(group)});
}

}  // namespace

// ---- global_defs ----

void write_notification_email(const Subject& subject, std::string_view keyword, Text& out) {
  const Mail& mail = subject.settings.global.mail;
  if (mail.to.empty()) return;
  out.open(keyword);
  for (const auto& to : mail.to) out.raw(quote(to));
  out.close();
}

void write_smtp_server(const Subject& subject, std::string_view keyword, Text& out) {
  const Mail& mail = subject.settings.global.mail;
  if (mail.server_host.empty()) return;
  out.line(keyword, {quote(mail.server_host), std::to_string(mail.server_port)});
}

void write_global_user(const Subject& subject, std::string_view keyword, Text& out) {
  const Global& global = subject.settings.global;
  write_user(keyword, global.script_user, global.script_group, out);
}

void write_v3_checksum(const Subject& subject, std::string_view keyword, Text& out) {
  const auto& all = subject.settings.instances;
  const bool any = std::any_of(all.begin(), all.end(), [](const Instance& i) {
    return i.vrrp.v3_checksum == wire::V3Checksum::MessageOnly;
  });
  if (any) out.line(keyword);
}

void write_multicast_group(const Subject& subject, std::string_view keyword, Text& out) {
  const Global& global = subject.settings.global;
  const auto& group = keyword == "vrrp_mcast_group4" ? global.group4 : global.group6;
  if (group) out.line(keyword, {group->text()});
}

void write_dump_file(const Subject& subject, std::string_view keyword, Text& out) {
  const Dumps& dumps = subject.settings.global.dumps;
  const Dumps usual;
  const auto write = [&](const std::string& file, const std::string& default_file) {
    if (file != default_file) out.line(keyword, {quote(file)});
  };
  if (keyword == "state_dump_file") write(dumps.state_file, usual.state_file);
  if (keyword == "stats_dump_file") write(dumps.stats_file, usual.stats_file);
  if (keyword == "json_dump_file") write(dumps.json_file, usual.json_file);
}

void write_pace(const Subject& subject, std::string_view keyword, Text& out) {
  const Global& global = subject.settings.global;
  const Duration pace =
      keyword == "vrrp_garp_interval" ? global.garp_interval : global.gna_interval;
  if (pace > Duration(0)) out.line(keyword, {number_text(pace)});
}

// ---- vrrp_script ----

void write_script(const Subject& subject, std::string_view keyword, Text& out) {
  out.line(keyword, {quote_command(subject.script->command_text)});
}

void write_script_time(const Subject& subject, std::string_view keyword, Text& out) {
  const Script& script = *subject.script;
  out.line(keyword, {number_text(keyword == "interval" ? script.interval : script.timeout)});
}

void write_script_weight(const Subject& subject, std::string_view keyword, Text& out) {
  const Script& script = *subject.script;
  out.line(keyword, {std::to_string(script.weight), script.reverse ? "reverse" : ""});
}

void write_script_user(const Subject& subject, std::string_view keyword, Text& out) {
  write_user(keyword, subject.script->user, subject.script->group, out);
}

// ---- vrrp_instance ----

void write_state(const Subject& subject, std::string_view keyword, Text& out) {
  out.line(keyword, {subject.instance->vrrp.start_as_master ? "MASTER" : "BACKUP"});
}

void write_vrid(const Subject& subject, std::string_view keyword, Text& out) {
  out.line(keyword, {std::to_string(subject.instance->vrrp.vrid.value)});
}

void write_priority(const Subject& subject, std::string_view keyword, Text& out) {
  out.line(keyword, {std::to_string(subject.instance->vrrp.base_priority.value)});
}

void write_version(const Subject& subject, std::string_view keyword, Text& out) {
  out.line(keyword, {std::to_string(subject.instance->vrrp.version)});
}

void write_nopreempt(const Subject& subject, std::string_view keyword, Text& out) {
  if (!subject.instance->vrrp.preempt) out.line(keyword);
}

void write_preempt_delay(const Subject& subject, std::string_view keyword, Text& out) {
  const Duration delay = subject.instance->vrrp.preempt_delay;
  if (delay > Duration(0)) out.line(keyword, {number_text(delay)});
}

void write_garp_extra_if(const Subject& subject, std::string_view keyword, Text& out) {
  const Instance& instance = *subject.instance;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(instance.garp_extra_if);
  out.line(keyword, {instance.garp_extra_all ? "all" : "", std::to_string(seconds.count())});
}

void write_auth_type(const Subject& subject, std::string_view keyword, Text& out) {
  if (subject.instance->vrrp.auth_type == wire::AuthType::Pass) out.line(keyword, {"PASS"});
}

void write_auth_pass(const Subject& subject, std::string_view keyword, Text& out) {
  const auto& vrrp = subject.instance->vrrp;
  if (vrrp.auth_type != wire::AuthType::Pass) return;
  std::string pass(vrrp.auth_data.begin(), vrrp.auth_data.end());
  pass.resize(pass.find_last_not_of('\0') + 1);
  out.line(keyword, {quote(pass)});
}

}  // namespace alibi::config
