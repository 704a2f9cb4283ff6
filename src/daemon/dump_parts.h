// SPDX-License-Identifier: Apache-2.0
// The parts of keepalived.data, a file each, and what they are written with. Internal to dump*.cc.
#pragma once

#include <string>
#include <utility>

#include "daemon/dump.h"

namespace alibi::daemon {

/// A text that grows by lines.
class Page {
 public:
  void add(const std::string& line) { (text_ += line) += '\n'; }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

void global_part(const View& view, Page& page);
/// `interfaces`: of the host, now. `macs`: of the whole configuration.
void instance_part(const View& view, const InstanceView& instance,
                   const std::vector<os::InterfaceFacts>& interfaces,
                   const std::vector<VirtualMacPlan>& macs, Page& page);
void group_part(const GroupView& group, const View& view, Page& page);
void tracker_part(const View& view, Page& page);
void interface_part(const View& view, const std::vector<os::InterfaceFacts>& interfaces,
                    Page& page);

std::string_view truth(bool value);  ///< true, false
std::int64_t whole_seconds(Duration d);
double seconds(Duration d);
/// "1795601412.905505 (Wed Nov 25 10:10:12.905505 2026)", local time.
std::string moment(std::int64_t unix_ns);
/// "0:0": as keepalived shows whom a script runs as, from the names as configured.
std::string user_text(const config::Command& command);

}  // namespace alibi::daemon
