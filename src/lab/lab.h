// SPDX-License-Identifier: Apache-2.0
// A lab as a whole: up, down, status.
#pragma once

#include <string>

#include "base/result.h"
#include "lab/state.h"

namespace alibi::lab {

struct UpOptions {
  std::string topology = "story";
  std::string name = "story";
  Keeper keeper = Keeper::Keepalived;
  LogMode log = LogMode::Syslog;
  std::string dir;  ///< empty: /var/lib/alibi-lab; the lab makes its own folder in it
  int vm_cpu = 1;
  bool foreground = false;
  bool keep = false;  ///< leave a lab that failed standing, to look into it
};

/// Builds the lab and returns when it is healthy. What was built is taken down again on failure.
Result<Lab> up(const UpOptions& options);

/// Takes down everything of the lab `name`, recorded or found by the naming convention; no such
/// lab is no error. An error says what is still there.
Result<void> down(const std::string& name);

/// Names of labs of which anything exists: state files, namespaces, groups, loop devices.
std::vector<std::string> traces_of_labs();

}  // namespace alibi::lab
