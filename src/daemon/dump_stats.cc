// SPDX-License-Identifier: Apache-2.0
// keepalived.stats: keepalived 2.2.7's counters, line by line, since they were last cleared.
#include <fmt/format.h>

#include "daemon/dump.h"

namespace alibi::daemon {
namespace {

std::uint64_t at(const Counters& c, vrrp::RejectCode code) {
  return c.rejected[static_cast<std::size_t>(code)];
}

std::uint64_t at(const Counters& c, wire::VrrpDefect defect) {
  return c.defects[static_cast<std::size_t>(defect)];
}

}  // namespace

KeepalivedStats keepalived_stats(const Counters& c) {
  using vrrp::RejectCode;
  using wire::VrrpDefect;
  KeepalivedStats s;
  s.received = c.received;
  s.sent = c.sent;
  s.became_master = c.became_master;
  s.released_master = c.released_master;
  s.length = at(c, VrrpDefect::Truncated) + at(c, RejectCode::Defect);
  s.ttl = at(c, RejectCode::Ttl);
  s.invalid_type = at(c, VrrpDefect::Type);
  s.interval = at(c, RejectCode::Interval) + at(c, VrrpDefect::IntervalZero);
  s.address_list = at(c, RejectCode::AddressList);
  s.invalid_authentication = at(c, VrrpDefect::AuthType);
  s.authentication_mismatch = at(c, RejectCode::AuthType);
  s.authentication_failure = at(c, RejectCode::AuthData);
  s.zero_received = c.zero_received;
  s.zero_sent = c.zero_sent;
  return s;
}

std::string stats_text(const View& view) {
  std::string out;
  for (const InstanceView& instance : view.instances) {
    const KeepalivedStats s = keepalived_stats(instance.since_cleared);
    out += fmt::format(
        "VRRP Instance: {}\n"
        "  Advertisements:\n    Received: {}\n    Sent: {}\n"
        "  Became master: {}\n  Released master: {}\n"
        "  Packet Errors:\n    Length: {}\n    TTL: {}\n    Invalid Type: {}\n"
        "    Advertisement Interval: {}\n    Address List: {}\n"
        "  Authentication Errors:\n    Invalid Type: {}\n    Type Mismatch: {}\n    Failure: {}\n"
        "  Priority Zero:\n    Received: {}\n    Sent: {}\n",
        instance.name, s.received, s.sent, s.became_master, s.released_master, s.length, s.ttl,
        s.invalid_type, s.interval, s.address_list, s.invalid_authentication,
        s.authentication_mismatch, s.authentication_failure, s.zero_received, s.zero_sent);
  }
  return out;
}

}  // namespace alibi::daemon
