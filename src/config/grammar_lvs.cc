// SPDX-License-Identifier: Apache-2.0
// The grammar table of the LVS half. alibi balances no connections, so these blocks are named once
// and keep nothing, but words that keepalived does not know and values that it would not take are
// said.
#include <climits>

#include "config/grammar.h"
#include "config/handlers.h"
#include "config/lvs_checks.h"

namespace alibi::config {
namespace {

using enum Form;
using enum Status;

constexpr Keyword kVirtualServer[] = {
    {"real_server", Named, Later, "", "", check_server_address, Block::RealServer},
    {"lb_algo", One, Later, "", "", check_scheduler},
    {"lvs_sched", One, Later, "", "", check_scheduler},
    {"lb_kind", Any, Later, "", "", check_method},
    {"lvs_method", Any, Later, "", "", check_method},
    {"protocol", One, Later, "TCP", "", check_protocol},
    {"delay_loop", One, Later, "60", "", check_seconds<1, 4294967>},
    {"weight", One, Later, "1", "", check_number<0, INT_MAX>},
    {"persistence_timeout", Any, Later, "360", "", check_number<1, INT_MAX>},
    {"persistence_engine", One, Later, "", "", take},
    {"persistence_granularity", One, Later, "", "", check_granularity},
    {"quorum", One, Later, "1", "", check_number<1, INT_MAX>},
    {"hysteresis", One, Later, "0", "", check_number<0, INT_MAX>},
    {"quorum_up", One, Later, "", "", take},
    {"quorum_down", One, Later, "", "", take},
    {"alpha", Flag, Later, "off", "", take},
    {"omega", Flag, Later, "off", "", take},
    {"sorry_server", Any, Later, "", "", check_server_address},
    {"sorry_server_inhibit", Flag, Later, "off", "", take},
    {"sorry_server_lvs_method", Any, Later, "", "", check_method},
    {"inhibit_on_failure", Flag, Later, "off", "", take},
    {"ha_suspend", Flag, Later, "off", "", take},
    {"smtp_alert", Bool, Later, "", "", check_yes_or_no},
    {"uthreshold", One, Later, "", "", check_number<1, INT_MAX>},
    {"lthreshold", One, Later, "", "", check_number<1, INT_MAX>},
    {"virtualhost", One, Later, "", "", take},
    {"snmp_name", One, Later, "", "", take},
    {"ip_family", One, Later, "", "", check_family},
    {"hashed", Flag, Later, "", "", take},
    {"ops", Flag, Later, "off", "", take},
    {"flag-1", Flag, Later, "off", "", take},
    {"flag-2", Flag, Later, "off", "", take},
    {"flag-3", Flag, Later, "off", "", take},
    {"sh-port", Flag, Later, "off", "", take},
    {"sh-fallback", Flag, Later, "off", "", take},
    {"mh-port", Flag, Later, "off", "", take},
    {"mh-fallback", Flag, Later, "off", "", take},
    {"retry", One, Later, "1", "", check_number<1, INT_MAX>},
    {"delay_before_retry", One, Later, "1", "", check_seconds<0, 4294967>},
    {"warmup", One, Later, "delay_loop", "", check_seconds<0, 4294967>},
    {"connect_timeout", One, Later, "5", "", check_seconds<1, 4294967>},
    {"log_all_failures", Bool, Later, "off", "", check_yes_or_no},
};

constexpr Keyword kRealServer[] = {
    {"weight", One, Later, "1", "", check_number<0, INT_MAX>},
    {"lvs_method", Any, Later, "", "", check_method},
    {"inhibit_on_failure", Flag, Later, "off", "", take},
    {"notify_up", One, Later, "", "", take},
    {"notify_down", One, Later, "", "", take},
    {"uthreshold", One, Later, "", "", check_number<1, INT_MAX>},
    {"lthreshold", One, Later, "", "", check_number<1, INT_MAX>},
    {"smtp_alert", Bool, Later, "", "", check_yes_or_no},
    {"virtualhost", One, Later, "", "", take},
    {"snmp_name", One, Later, "", "", take},
    {"alpha", Bool, Later, "off", "", take},
    {"retry", One, Later, "1", "", check_number<1, INT_MAX>},
    {"delay_before_retry", One, Later, "1", "", check_seconds<0, 4294967>},
    {"warmup", One, Later, "delay_loop", "", check_seconds<0, 4294967>},
    {"delay_loop", One, Later, "", "", check_seconds<1, 4294967>},
    {"connect_timeout", One, Later, "5", "", check_seconds<1, 4294967>},
    {"log_all_failures", Bool, Later, "off", "", check_yes_or_no},
    {"TCP_CHECK", Section, Later, "", "", take, Block::Checker},
    {"HTTP_GET", Section, Later, "", "", take, Block::Checker},
    {"SSL_GET", Section, Later, "", "", take, Block::Checker},
    {"SMTP_CHECK", Section, Later, "", "", take, Block::Checker},
    {"DNS_CHECK", Section, Later, "", "", take, Block::Checker},
    {"MISC_CHECK", Section, Later, "", "", take, Block::Checker},
    {"BFD_CHECK", Section, Later, "", "", take, Block::Checker},
    {"UDP_CHECK", Section, Later, "", "", take, Block::Checker},
    {"PING_CHECK", Section, Later, "", "", take, Block::Checker},
    {"FILE_CHECK", Section, Later, "", "", take, Block::Checker},
};

constexpr Keyword kChecker[] = {
    {"connect_ip", One, Later, "", "", check_host},
    {"connect_port", One, Later, "", "", check_number<1, 65535>},
    {"bindto", One, Later, "", "", check_host},
    {"bind_port", One, Later, "", "", check_number<1, 65535>},
    {"bind_if", One, Later, "", "", take},
    {"connect_timeout", One, Later, "5", "", check_seconds<1, 4294967>},
    {"fwmark", One, Later, "", "", check_number<0, INT_MAX>},
    {"retry", One, Later, "1", "", check_number<1, INT_MAX>},
    {"nb_get_retry", One, Later, "1", "", check_number<1, INT_MAX>},
    {"delay_before_retry", One, Later, "1", "", check_seconds<0, 4294967>},
    {"warmup", One, Later, "delay_loop", "", check_seconds<0, 4294967>},
    {"delay_loop", One, Later, "", "", check_seconds<1, 4294967>},
    {"alpha", Bool, Later, "off", "", take},
    {"log_all_failures", Bool, Later, "off", "", check_yes_or_no},
    {"url", Section, Later, "", "", take, Block::Url},
    {"http_protocol", One, Later, "", "", take},
    {"virtualhost", One, Later, "", "", take},
    {"enable_sni", Flag, Later, "off", "", take},
    {"sni_name", One, Later, "", "", take},
    {"fast_recovery", Bool, Later, "off", "", check_yes_or_no},
    {"tls_compliant", Bool, Later, "off", "", take},
    {"helo_name", One, Later, "", "", take},
    {"host", Section, Later, "", "", take, Block::Host},
    {"type", One, Later, "SOA", "", take},
    {"name", One, Later, "", "", take},
    {"misc_path", One, Later, "", "", take},
    {"misc_timeout", One, Later, "", "", check_number<0, INT_MAX>},
    {"misc_dynamic", Flag, Later, "off", "", take},
    {"user", One, Later, "", "", take},
    {"payload", One, Later, "", "", take},
    {"require_reply", Any, Later, "", "", take},
    {"min_reply_length", One, Later, "", "", check_number<0, 65535>},
    {"max_reply_length", One, Later, "", "", check_number<0, 65535>},
    {"track_file", One, Later, "", "", take},
    {"weight", One, Later, "", "", check_number<-254, 254>},
};

constexpr Keyword kUrl[] = {
    {"path", One, Later, "/", "", take},
    {"digest", One, Later, "", "", take},
    {"status_code", Any, Later, "200", "", check_status_codes},
    {"virtualhost", One, Later, "", "", take},
    {"regex", One, Later, "", "", take},
    {"regex_no_match", Flag, Later, "off", "", take},
    {"regex_options", Any, Later, "", "", take},
    {"regex_stack", Any, Later, "", "", take},
    {"regex_min_offset", One, Later, "0", "", check_number<0, INT_MAX>},
    {"regex_max_offset", One, Later, "", "", check_number<1, INT_MAX>},
    {"tls_compliant", Bool, Later, "off", "", take},
    {"enable_sni", Bool, Later, "off", "", take},
    {"sni_name", One, Later, "", "", take},
};

constexpr Keyword kHost[] = {
    {"connect_ip", One, Later, "", "", check_host},
    {"connect_port", One, Later, "", "", check_number<1, 65535>},
    {"bindto", One, Later, "", "", check_host},
    {"bind_port", One, Later, "", "", check_number<1, 65535>},
    {"bind_if", One, Later, "", "", take},
    {"connect_timeout", One, Later, "5", "", check_seconds<1, 4294967>},
    {"fwmark", One, Later, "", "", check_number<0, INT_MAX>},
};

constexpr Keyword kSsl[] = {
    {"password", One, Later, "", "", take},
    {"ca", One, Later, "", "", take},
    {"certificate", One, Later, "", "", take},
    {"key", One, Later, "", "", take},
};

}  // namespace

std::span<const Keyword> lvs_keywords(Block block) {
  switch (block) {
    case Block::VirtualServer:
      return kVirtualServer;
    case Block::RealServer:
      return kRealServer;
    case Block::Checker:
      return kChecker;
    case Block::Url:
      return kUrl;
    case Block::Host:
      return kHost;
    case Block::Ssl:
      return kSsl;
    default:
      return {};
  }
}

}  // namespace alibi::config
