// SPDX-License-Identifier: Apache-2.0
// The grammar table of the LVS half: names only. alibi balances no connections, so these blocks are
// passed over with one notice, but a word that keepalived does not know is still named.
#include "config/grammar.h"

namespace alibi::config {
namespace {

using enum Form;
using enum Status;

constexpr Keyword kVirtualServer[] = {
    {"real_server", Named, Later, "", "", nullptr, Block::RealServer},
    {"lb_algo", One, Later, "", ""},
    {"lvs_sched", One, Later, "", ""},
    {"lb_kind", Any, Later, "", ""},
    {"lvs_method", Any, Later, "", ""},
    {"protocol", One, Later, "TCP", ""},
    {"delay_loop", One, Later, "60", ""},
    {"weight", One, Later, "1", ""},
    {"persistence_timeout", Any, Later, "360", ""},
    {"persistence_engine", One, Later, "", ""},
    {"persistence_granularity", One, Later, "", ""},
    {"quorum", One, Later, "1", ""},
    {"hysteresis", One, Later, "0", ""},
    {"quorum_up", One, Later, "", ""},
    {"quorum_down", One, Later, "", ""},
    {"alpha", Flag, Later, "off", ""},
    {"omega", Flag, Later, "off", ""},
    {"sorry_server", Any, Later, "", ""},
    {"sorry_server_inhibit", Flag, Later, "off", ""},
    {"sorry_server_lvs_method", Any, Later, "", ""},
    {"inhibit_on_failure", Flag, Later, "off", ""},
    {"ha_suspend", Flag, Later, "off", ""},
    {"smtp_alert", Bool, Later, "", ""},
    {"uthreshold", One, Later, "", ""},
    {"lthreshold", One, Later, "", ""},
    {"virtualhost", One, Later, "", ""},
    {"snmp_name", One, Later, "", ""},
    {"ip_family", One, Later, "", ""},
    {"hashed", Flag, Later, "", ""},
    {"ops", Flag, Later, "off", ""},
    {"flag-1", Flag, Later, "off", ""},
    {"flag-2", Flag, Later, "off", ""},
    {"flag-3", Flag, Later, "off", ""},
    {"sh-port", Flag, Later, "off", ""},
    {"sh-fallback", Flag, Later, "off", ""},
    {"mh-port", Flag, Later, "off", ""},
    {"mh-fallback", Flag, Later, "off", ""},
    {"retry", One, Later, "1", ""},
    {"delay_before_retry", One, Later, "1", ""},
    {"warmup", One, Later, "delay_loop", ""},
    {"connect_timeout", One, Later, "5", ""},
    {"log_all_failures", Bool, Later, "off", ""},
};

constexpr Keyword kRealServer[] = {
    {"weight", One, Later, "1", ""},
    {"lvs_method", Any, Later, "", ""},
    {"inhibit_on_failure", Flag, Later, "off", ""},
    {"notify_up", One, Later, "", ""},
    {"notify_down", One, Later, "", ""},
    {"uthreshold", One, Later, "", ""},
    {"lthreshold", One, Later, "", ""},
    {"smtp_alert", Bool, Later, "", ""},
    {"virtualhost", One, Later, "", ""},
    {"snmp_name", One, Later, "", ""},
    {"alpha", Bool, Later, "off", ""},
    {"retry", One, Later, "1", ""},
    {"delay_before_retry", One, Later, "1", ""},
    {"warmup", One, Later, "delay_loop", ""},
    {"delay_loop", One, Later, "", ""},
    {"connect_timeout", One, Later, "5", ""},
    {"log_all_failures", Bool, Later, "off", ""},
    {"TCP_CHECK", Section, Later, "", "", nullptr, Block::Checker},
    {"HTTP_GET", Section, Later, "", "", nullptr, Block::Checker},
    {"SSL_GET", Section, Later, "", "", nullptr, Block::Checker},
    {"SMTP_CHECK", Section, Later, "", "", nullptr, Block::Checker},
    {"DNS_CHECK", Section, Later, "", "", nullptr, Block::Checker},
    {"MISC_CHECK", Section, Later, "", "", nullptr, Block::Checker},
    {"BFD_CHECK", Section, Later, "", "", nullptr, Block::Checker},
    {"UDP_CHECK", Section, Later, "", "", nullptr, Block::Checker},
    {"PING_CHECK", Section, Later, "", "", nullptr, Block::Checker},
    {"FILE_CHECK", Section, Later, "", "", nullptr, Block::Checker},
};

constexpr Keyword kChecker[] = {
    {"connect_ip", One, Later, "", ""},
    {"connect_port", One, Later, "", ""},
    {"bindto", One, Later, "", ""},
    {"bind_port", One, Later, "", ""},
    {"bind_if", One, Later, "", ""},
    {"connect_timeout", One, Later, "5", ""},
    {"fwmark", One, Later, "", ""},
    {"retry", One, Later, "1", ""},
    {"nb_get_retry", One, Later, "1", ""},
    {"delay_before_retry", One, Later, "1", ""},
    {"warmup", One, Later, "delay_loop", ""},
    {"delay_loop", One, Later, "", ""},
    {"alpha", Bool, Later, "off", ""},
    {"log_all_failures", Bool, Later, "off", ""},
    {"url", Section, Later, "", "", nullptr, Block::Url},
    {"http_protocol", One, Later, "", ""},
    {"virtualhost", One, Later, "", ""},
    {"enable_sni", Flag, Later, "off", ""},
    {"sni_name", One, Later, "", ""},
    {"fast_recovery", Bool, Later, "off", ""},
    {"tls_compliant", Bool, Later, "off", ""},
    {"helo_name", One, Later, "", ""},
    {"host", Section, Later, "", "", nullptr, Block::Host},
    {"type", One, Later, "SOA", ""},
    {"name", One, Later, "", ""},
    {"misc_path", One, Later, "", ""},
    {"misc_timeout", One, Later, "", ""},
    {"misc_dynamic", Flag, Later, "off", ""},
    {"user", One, Later, "", ""},
    {"payload", One, Later, "", ""},
    {"require_reply", Any, Later, "", ""},
    {"min_reply_length", One, Later, "", ""},
    {"max_reply_length", One, Later, "", ""},
    {"track_file", One, Later, "", ""},
    {"weight", One, Later, "", ""},
};

constexpr Keyword kUrl[] = {
    {"path", One, Later, "/", ""},
    {"digest", One, Later, "", ""},
    {"status_code", Any, Later, "200", ""},
    {"virtualhost", One, Later, "", ""},
    {"regex", One, Later, "", ""},
    {"regex_no_match", Flag, Later, "off", ""},
    {"regex_options", Any, Later, "", ""},
    {"regex_stack", Any, Later, "", ""},
    {"regex_min_offset", One, Later, "0", ""},
    {"regex_max_offset", One, Later, "", ""},
    {"tls_compliant", Bool, Later, "off", ""},
    {"enable_sni", Bool, Later, "off", ""},
    {"sni_name", One, Later, "", ""},
};

constexpr Keyword kHost[] = {
    {"connect_ip", One, Later, "", ""}, {"connect_port", One, Later, "", ""},
    {"bindto", One, Later, "", ""},     {"bind_port", One, Later, "", ""},
    {"bind_if", One, Later, "", ""},    {"connect_timeout", One, Later, "5", ""},
    {"fwmark", One, Later, "", ""},
};

constexpr Keyword kSsl[] = {
    {"password", One, Later, "", ""},
    {"ca", One, Later, "", ""},
    {"certificate", One, Later, "", ""},
    {"key", One, Later, "", ""},
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
