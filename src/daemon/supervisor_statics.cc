// SPDX-License-Identifier: Apache-2.0
// Static addresses, routes and rules that somebody else takes away are put back here, where a look
// into a full routing table delays nobody.
#include "daemon/supervisor_process.h"

namespace alibi::daemon {

/// For the generation in force. What was lost while nobody listened is put back, too.
void Supervisor::watch_statics() {
  ignore_statics();
  const NetworkSetup& network = *current_->network;
  if (!network.restores()) return;
  auto monitor = os::NetlinkMonitor::open(network.restores_policy());
  auto watched = monitor ? loop_.add(monitor->fd(), [this] { hear_network(); })
                         : Result<void>(tl::unexpected(monitor.error()));
  if (!watched) {
    return voice().say_daemon("static items will not be put back: " + watched.error().message, 2);
  }
  monitor_ = std::move(*monitor);
  restore_statics();
}

void Supervisor::ignore_statics() {
  if (monitor_) loop_.remove(monitor_->fd());
  monitor_.reset();
}

void Supervisor::hear_network() {
  bool lost = false;
  monitor_->drain([&](const os::LinkNews& news) { lost |= current_->network->may_lose(news); });
  if (lost) restore_statics();
}

void Supervisor::restore_statics() {
  for (const auto& line : current_->network->restore()) voice().say_daemon(line);
}

}  // namespace alibi::daemon
