// SPDX-License-Identifier: Apache-2.0
// The LVS half has no settings: its values are only checked in form, so that a file that keepalived
// would complain about is complained about here as well.
#pragma once

#include "config/fields.h"

namespace alibi::config {

bool check_virtual_server(Context&, const Statement&);
bool check_server_address(Context&, const Statement&);  ///< real_server, sorry_server
bool check_server_group(Context&, const Statement&);
bool check_protocol(Context&, const Statement&);
bool check_scheduler(Context&, const Statement&);
bool check_method(Context&, const Statement&);
bool check_family(Context&, const Statement&);
bool check_host(Context&, const Statement&);  ///< connect_ip, bindto
bool check_granularity(Context&, const Statement&);
bool check_status_codes(Context&, const Statement&);
bool check_yes_or_no(Context&, const Statement&);

template <int Least, int Most>
bool check_number(Context& context, const Statement& statement) {
  if (statement.size() > 1) whole(context, statement, 1, Least, Most, kIgnored);
  return true;
}

template <long LeastMs, long MostMs>
bool check_seconds(Context& context, const Statement& statement) {
  if (statement.size() > 1) {
    seconds(context, statement, 1, std::chrono::milliseconds(LeastMs),
            std::chrono::milliseconds(MostMs), kIgnored);
  }
  return true;
}

}  // namespace alibi::config
