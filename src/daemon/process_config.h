// SPDX-License-Identifier: Apache-2.0
// The configuration of a daemon that runs, read as it sees its files.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "evidence/event_config.h"

namespace alibi::daemon {

/// What a command line says about the configuration.
struct ConfigArguments {
  std::string file = "/etc/keepalived/keepalived.conf";
  std::string config_id;  ///< empty: the host's name
};
/// keepalived's options, which alibi's are, too; `words` with the program's name.
ConfigArguments config_arguments(const std::vector<std::string>& words);

struct ProcessConfig {
  std::string file;
  std::string unknown;  ///< why it is not known what the daemon read; else empty
  std::vector<evidence::ConfiguredRouter> routers;  ///< `settings` is left 0
  std::vector<std::uint64_t> settings;  ///< of each router: equal settings, equal hashes
};

/// What the daemon `pid` has read: what its files hold, if none was changed after `until_unix_ns`.
/// Call it in a thread that ends afterwards: files may hang, and the thread changes its root.
ProcessConfig read_process_config(std::int32_t pid, std::int64_t until_unix_ns);

}  // namespace alibi::daemon
