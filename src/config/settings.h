// SPDX-License-Identifier: Apache-2.0
// What a keepalived.conf says, typed. Filled by the parser, read by daemon/ and cmd/.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/instant.h"
#include "vrrp/instance.h"

namespace alibi::config {

struct Place {
  std::string file;
  int line = 0;    ///< from 1
  int column = 0;  ///< from 1, in octets
};

/// Error: keepalived would not run with it (`fatal`) or drops the block. Warning: carried on, but
/// not as written. Notice: keepalived takes it, alibi does not serve it yet, or it has no effect.
enum class Severity : std::uint8_t { Error, Warning, Notice };

struct Diagnostic {
  Severity severity;
  Place place;
  std::string message;      ///< reason in one sentence
  std::string source_line;  ///< the line as it stands
  std::string suggestion;   ///< nearest known word, or empty
  bool fatal = false;       ///< an Error that forbids to start
};

struct Mail {
  std::vector<std::string> to;
  std::string from;
  std::string server_host;
  int server_port = 25;
  Duration connect_timeout = 30s;
  std::string helo_name;  ///< empty: host name
};

/// One address line of virtual_ipaddress.
struct VirtualAddress {
  wire::IpAddress address;
  int prefix_length = 32;   ///< keepalived's default: /32, /128
  std::string interface;    ///< `dev`, empty: the instance's
  std::string label;
  std::string scope;
  std::optional<wire::IpAddress> broadcast;
  Place place;
};

struct Script {
  std::string name;
  std::vector<std::string> command;  ///< argv
  std::string command_text;          ///< as written
  Duration interval = 1s;
  Duration timeout{};                ///< default: interval
  int weight = 0;
  bool reverse = false;
  int rise = 1;
  int fall = 1;
  bool init_fail = false;
  std::string user;                  ///< empty: script_user / default rule
  std::string group;
  Place place;
};

struct TrackScript {
  std::string name;
  std::optional<int> weight;  ///< overrides the script's
  bool reverse = false;
  Place place;
};

struct Instance {
  vrrp::Parameters vrrp;   ///< addresses filled from `addresses`
  std::string interface;
  std::vector<VirtualAddress> addresses;
  std::vector<VirtualAddress> excluded_addresses;
  std::vector<TrackScript> track_scripts;
  bool smtp_alert = false;
  std::optional<wire::IpAddress> source;        ///< mcast_src_ip / unicast_src_ip
  std::vector<wire::IpAddress> unicast_peers;
  std::string notify_master, notify_backup, notify_fault, notify_stop, notify;
  Place place;
};

struct Settings {
  std::string router_id;  ///< empty: host name
  Mail mail;
  std::string script_user, script_group;
  bool enable_script_security = false;
  std::vector<Script> scripts;
  std::vector<Instance> instances;
};

struct Parsed {
  Settings settings;
  std::vector<Diagnostic> diagnostics;
  /// keepalived -t's exit codes: 0 clean, 4 cannot run, 5 configuration errors or warnings.
  int exit_code() const;
  bool runnable() const;  ///< no Error that keepalived would stop for
};

/// Reads FILE (and, when it includes others, those). Never throws; unreadable file is an Error
/// diagnostic at FILE:0:0. `config_id` is what `@id` lines are compared with (keepalived's -i);
/// empty: the host name up to its first dot.
Parsed load(const std::string& path, const std::string& config_id = {});
/// The same for text in memory, for tests and fuzzing; includes are reported, not followed.
Parsed parse(std::string_view text, const std::string& file_name);

/// "FILE:LINE:COLUMN: error: message" + the line + a caret + the suggestion.
std::string render(const Diagnostic& diagnostic);

}  // namespace alibi::config
