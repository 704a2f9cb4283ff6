// SPDX-License-Identifier: Apache-2.0
// The alert mail as text: RFC 5322 headers and a body with the reason. Pure; sending is
// mail_sender's business.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/settings.h"
#include "daemon/announce.h"
#include "daemon/messages.h"

namespace alibi::daemon {

struct MailMessage {
  std::string from;              ///< the bare address, for MAIL FROM
  std::vector<std::string> to;   ///< bare addresses, for RCPT TO
  std::string subject;           ///< for the log
  std::string data;              ///< headers and body, CRLF line ends
};

/// What is not in the configuration.
struct MailContext {
  std::string host_name;
  int utc_offset_seconds = 0;    ///< of local time, for the Date header
};

/// "a@b" of "Name <a@b>", or the text itself.
std::string bare_address(const std::string& text);

/// "Mon, 23 Nov 2026 23:02:28 +0100" (RFC 5322 section 3.3).
std::string date_header(std::int64_t unix_ns, int utc_offset_seconds);

/// The mail about `tell`; nothing when keepalived would send none: no transition, no smtp_alert
/// for that instance, nobody to send to, an orderly end, or a FAULT with no_email_faults.
std::optional<MailMessage> alert_mail(const config::Settings& settings, const Tell& tell,
                                      const MailContext& context);

/// The same about a sync group; nothing for an announcement of anything else. `tell` is the message
/// that brought it about.
std::optional<MailMessage> group_mail(const config::Settings& settings,
                                      const Announcement& announcement, const Tell& tell,
                                      const MailContext& context);

/// A mail with a verdict, to those whom the configuration notifies; nothing when there is nobody or
/// no server. `text` has plain line feeds.
std::optional<MailMessage> verdict_mail(const config::Settings& settings,
                                        const std::string& subject, const std::string& text,
                                        std::int64_t unix_ns, const MailContext& context);

}  // namespace alibi::daemon
