// SPDX-License-Identifier: Apache-2.0
// Making the channels, and speaking into them.
#include "daemon/channels.h"

namespace alibi::daemon {

Result<Channels> Channels::create(const config::Settings& settings) {
  auto page = SharedPage::create(settings.instances.size(), settings.scripts.size());
  if (!page) return tl::unexpected(page.error());
  auto keeper = os::MessageQueue::create();
  if (!keeper) return tl::unexpected(keeper.error());
  auto tracker = os::MessageQueue::create();
  if (!tracker) return tl::unexpected(tracker.error());
  auto supervisor = os::MessageQueue::create();
  if (!supervisor) return tl::unexpected(supervisor.error());
  auto recorder = os::MessageQueue::create();
  if (!recorder) return tl::unexpected(recorder.error());
  auto results = os::MessageQueue::create();
  if (!results) return tl::unexpected(results.error());
  return Channels{std::move(*page),       std::move(*keeper),   std::move(*tracker),
                  std::move(*supervisor), std::move(*recorder), std::move(*results)};
}

void Voice::say(const Tell& tell) const {
  if (!queue_.send_struct(tell)) dropped_.fetch_add(1);
}

void Voice::say_daemon(std::string_view text, std::uint8_t severity) const {
  Tell tell = make_tell(Tell::Kind::Daemon);
  tell.severity = severity;
  tell.text = text;
  say(tell);
}

}  // namespace alibi::daemon
