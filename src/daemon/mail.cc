// SPDX-License-Identifier: Apache-2.0
// Subject and first line as keepalived writes them, the reason below.
#include "daemon/mail.h"

#include <fmt/format.h>

#include <ctime>

namespace alibi::daemon {
namespace {

/// Header text: nothing in it may end the line.
std::string one_line(std::string_view text) {
  std::string out;
  for (const char c : text) out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  return out;
}

std::string event(const Tell& tell) {
  if (tell.kind == Tell::Kind::Resigned) return "Resigned (its keeper died)";
  return fmt::format("Entering {} state", vrrp::text(tell.to));
}

std::string ownership(const Tell& tell) {
  if (tell.kind == Tell::Kind::Transition && tell.to == vrrp::State::Master) {
    return "=> VRRP Instance is now owning VRRP VIPs <=";
  }
  return "=> VRRP Instance is no longer owning VRRP VIPs <=";
}

std::string router_of(const config::Settings& settings, const MailContext& context) {
  return settings.global.router_id.empty() ? context.host_name : settings.global.router_id;
}

void add_line(std::string& text, std::string_view label, std::string_view value) {
  text += fmt::format("{:<10} {}\r\n", fmt::format("{}:", label), one_line(value));
}

std::string body(const config::Settings& settings, const Tell& tell, const MailContext& context) {
  const auto& instance = settings.instances[static_cast<std::size_t>(tell.instance)];
  std::string text = ownership(tell) + "\r\n\r\n";
  const auto add = [&](std::string_view label, std::string_view value) {
    add_line(text, label, value);
  };
  if (tell.kind == Tell::Kind::Transition) {
    add("reason", fmt::format("{}: {}", vrrp::text(tell.reason), tell.text.view()));
    add("from", vrrp::text(tell.from));
    add("to", vrrp::text(tell.to));
    add("priority", std::to_string(tell.priority));
  } else {
    add("reason", tell.text.view());
  }
  add("when", date_header(tell.unix_ns, context.utc_offset_seconds));
  add("node", context.host_name);
  add("instance", fmt::format("{} (virtual_router_id {}, interface {})", instance.vrrp.name,
                              instance.vrrp.vrid.value, instance.interface));
  for (const auto& a : instance.addresses) add("address", a.address.text());
  return text;
}

MailMessage compose(const config::Mail& mail, const std::string& subject, const std::string& body,
                    std::int64_t unix_ns, const std::string& id, const MailContext& context) {
  MailMessage message;
  const std::string from = mail.from.empty() ? "alibi@" + context.host_name : mail.from;
  message.from = bare_address(from);
  std::string to_header;
  for (const auto& to : mail.to) {
    message.to.push_back(bare_address(to));
    to_header += (to_header.empty() ? "" : ",\r\n ") + one_line(to);
  }
  message.subject = one_line(subject);
  message.data = fmt::format(
      "Date: {}\r\nFrom: {}\r\nTo: {}\r\nSubject: {}\r\nMessage-ID: <{}.{}@{}>\r\n"
      "X-Mailer: alibi\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
      "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{}",
      date_header(unix_ns, context.utc_offset_seconds), one_line(from), to_header, message.subject,
      unix_ns, id, context.host_name, body);
  return message;
}

}  // namespace

std::string bare_address(const std::string& text) {
  const auto open = text.find('<');
  const auto close = text.find('>', open);
  if (open == std::string::npos || close == std::string::npos) return one_line(text);
  return one_line(std::string_view(text).substr(open + 1, close - open - 1));
}

std::string date_header(std::int64_t unix_ns, int utc_offset_seconds) {
  // Names are written out: strftime's would be the locale's.
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t shifted = unix_ns / 1'000'000'000 + utc_offset_seconds;
  std::tm t{};
  ::gmtime_r(&shifted, &t);
  const int minutes = std::abs(utc_offset_seconds) / 60;
  return fmt::format("{}, {} {} {} {:02}:{:02}:{:02} {}{:02}{:02}", kDays[t.tm_wday], t.tm_mday,
                     kMonths[t.tm_mon], t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec,
                     utc_offset_seconds < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

std::optional<MailMessage> alert_mail(const config::Settings& settings, const Tell& tell,
                                      const MailContext& context) {
  const auto index = static_cast<std::size_t>(tell.instance);
  if (tell.instance < 0 || index >= settings.instances.size()) return std::nullopt;
  const bool moved = tell.kind == Tell::Kind::Transition && tell.to != vrrp::State::Init;
  if (!moved && tell.kind != Tell::Kind::Resigned) return std::nullopt;
  if (moved && tell.to == vrrp::State::Fault && settings.global.mail.no_faults) return std::nullopt;
  const auto& instance = settings.instances[index];
  const auto& mail = settings.global.mail;
  if (!instance.smtp_alert || mail.to.empty() || mail.server_host.empty()) return std::nullopt;

  return compose(settings.global.mail,
                 fmt::format("[{}] VRRP Instance {} - {}", router_of(settings, context),
                             instance.vrrp.name, event(tell)),
                 body(settings, tell, context), tell.unix_ns,
                 fmt::format("{}.{}", tell.pid, tell.instance), context);
}

std::optional<MailMessage> group_mail(const config::Settings& settings,
                                      const Announcement& announcement, const Tell& tell,
                                      const MailContext& context) {
  const auto& mail = settings.global.mail;
  if (!announcement.group || announcement.what != Announcement::What::State) return std::nullopt;
  if (announcement.state == vrrp::State::Init) return std::nullopt;
  if (announcement.state == vrrp::State::Fault && mail.no_faults) return std::nullopt;
  const config::SyncGroup& group = settings.groups.at(announcement.index);
  if (!group.smtp_alert || mail.to.empty() || mail.server_host.empty()) return std::nullopt;

  std::string text = fmt::format("=> All VRRP group instances are now in {} state <=\r\n\r\n",
                                 announcement.word);
  add_line(text, "reason", fmt::format("{}: {}", announcement.reason, announcement.detail));
  add_line(text, "when", date_header(tell.unix_ns, context.utc_offset_seconds));
  add_line(text, "node", context.host_name);
  for (const std::size_t member : group.members) {
    add_line(text, "instance", settings.instances.at(member).vrrp.name);
  }
  return compose(mail,
                 fmt::format("[{}] VRRP Group {} - Entering {} state",
                             router_of(settings, context), group.name, announcement.word),
                 text, tell.unix_ns, fmt::format("{}.group{}", tell.pid, announcement.index),
                 context);
}

std::optional<MailMessage> verdict_mail(const config::Settings& settings,
                                        const std::string& subject, const std::string& text,
                                        std::int64_t unix_ns, const MailContext& context) {
  if (settings.global.mail.to.empty() || settings.global.mail.server_host.empty())
    return std::nullopt;
  std::string lines;
  for (const char c : text) {
    if (c == '\n') lines += '\r';
    lines += c;
  }
  return compose(settings.global.mail, subject, lines, unix_ns, "verdict", context);
}

}  // namespace alibi::daemon
