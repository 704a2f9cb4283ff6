// SPDX-License-Identifier: Apache-2.0
// Notify scripts: which, with what arguments, in what order.
#include "daemon/notifier.h"

#include <algorithm>

#include "daemon/script_user.h"

namespace alibi::daemon {
namespace {

const config::Command& script_for(const config::Instance& instance, vrrp::State to) {
  switch (to) {
    case vrrp::State::Master:
      return instance.notify_master;
    case vrrp::State::Backup:
      return instance.notify_backup;
    case vrrp::State::Fault:
      return instance.notify_fault;
    case vrrp::State::Init:
      break;
  }
  return instance.notify_stop;
}

}  // namespace

std::vector<std::vector<std::string>> notify_commands(const config::Settings& settings,
                                                      const Tell& tell) {
  const auto index = static_cast<std::size_t>(tell.instance);
  if (tell.kind != Tell::Kind::Transition || tell.instance < 0) return {};
  if (index >= settings.instances.size()) return {};
  const auto& instance = settings.instances[index];
  std::vector<std::vector<std::string>> commands;
  if (const auto& words = script_for(instance, tell.to).words; !words.empty()) {
    commands.push_back(words);
  }
  if (auto words = instance.notify.words; !words.empty()) {
    const auto state = tell.to == vrrp::State::Init ? "STOP" : vrrp::text(tell.to);
    for (const std::string& argument : {std::string("INSTANCE"), instance.vrrp.name,
                                        std::string(state), std::to_string(tell.priority)}) {
      words.push_back(argument);
    }
    commands.push_back(std::move(words));
  }
  return commands;
}

Notifier::Notifier(const config::Settings& settings)
    : settings_(settings), lines_(settings.instances.size()) {}

std::string Notifier::tell(const Tell& tell) {
  auto commands = notify_commands(settings_, tell);
  if (commands.empty()) return "";
  Line& line = lines_[static_cast<std::size_t>(tell.instance)];
  for (auto& command : commands) {
    if (line.waiting.size() >= kQueue) {
      ++dropped_;
      return "notify script " + command.front() + " not run: " + std::to_string(kQueue) +
             " are waiting already for " + line.running.front() + " to end";
    }
    line.waiting.push_back(std::move(command));
  }
  return line.pid == 0 ? start_next(line) : "";
}

std::string Notifier::start_next(Line& line) {
  std::string said;
  while (line.pid == 0 && !line.waiting.empty()) {
    line.running = std::move(line.waiting.front());
    line.waiting.pop_front();
    auto user = script_user(settings_, "", "");
    if (user && !user->warning.empty() && !std::exchange(warned_, true)) said = user->warning;
    const auto pid = user ? os::spawn({line.running, std::move(user->identity), {}})
                          : Result<pid_t>(tl::unexpected(user.error()));
    if (pid) {
      line.pid = *pid;
    } else {
      said = "notify script " + line.running.front() + " not run: " + pid.error().message;
    }
  }
  return said;
}

std::string Notifier::ended(const os::Exited& exited) {
  for (Line& line : lines_) {
    if (line.pid != exited.pid) continue;
    line.pid = 0;
    std::string said;
    if (exited.status != 0) {
      said = "notify script " + line.running.front() + " " + os::exit_text(exited.status);
    }
    const std::string next = start_next(line);
    if (!next.empty()) said += (said.empty() ? "" : "; ") + next;
    return said;
  }
  return "";
}

bool Notifier::idle() const {
  return std::all_of(lines_.begin(), lines_.end(), [](const Line& line) { return line.pid == 0; });
}

}  // namespace alibi::daemon
