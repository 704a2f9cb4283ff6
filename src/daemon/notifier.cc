// SPDX-License-Identifier: Apache-2.0
// Notify scripts: as whom, and in what order.
#include "daemon/notifier.h"

#include <utility>

#include "daemon/script_user.h"

namespace alibi::daemon {

Notifier::Notifier(const config::Settings& settings) : settings_(settings) {}

std::string Notifier::take(const Announcement& announcement) {
  auto commands = notify_commands(settings_, announcement);
  if (commands.empty()) return "";
  const std::size_t base = announcement.group ? settings_.instances.size() : 0;
  const auto place = lines_.try_emplace(base + announcement.index).first;
  Line& line = place->second;
  for (auto& command : commands) {
    if (line.waiting.size() >= kQueue) {
      ++dropped_;
      return "notify script " + command.command.words.front() +
             " not run: " + std::to_string(kQueue) + " are waiting already for " +
             line.running.command.words.front() + " to end";
    }
    line.waiting.push_back(std::move(command));
  }
  if (line.pid != 0) return "";
  std::string said = start_next(line);
  if (line.pid == 0) lines_.erase(place);
  return said;
}

std::string Notifier::start_next(Line& line) {
  std::string said;
  while (line.pid == 0 && !line.waiting.empty()) {
    line.running = std::move(line.waiting.front());
    line.waiting.pop_front();
    const NotifyCommand& run = line.running;
    auto user = runner_of(settings_, run.command);
    if (user && !user->warning.empty() && !std::exchange(warned_, true)) said = user->warning;
    const auto pid =
        user ? os::spawn({run.command.words, std::move(user->identity), {}, run.environment})
             : Result<pid_t>(tl::unexpected(user.error()));
    if (pid) {
      line.pid = *pid;
      ++started_;
    } else {
      ++dropped_;
      said = "notify script " + run.command.words.front() + " not run: " + pid.error().message;
    }
  }
  return said;
}

std::string Notifier::ended(const os::Exited& exited) {
  for (auto at = lines_.begin(); at != lines_.end(); ++at) {
    Line& line = at->second;
    if (line.pid != exited.pid) continue;
    line.pid = 0;
    std::string said;
    if (exited.status != 0) {
      said = "notify script " + line.running.command.words.front() + " " +
             os::exit_text(exited.status);
    }
    const std::string next = start_next(line);
    if (!next.empty()) said += (said.empty() ? "" : "; ") + next;
    if (line.pid == 0) lines_.erase(at);
    return said;
  }
  return "";
}

}  // namespace alibi::daemon
