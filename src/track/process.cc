// SPDX-License-Identifier: Apache-2.0
// Comparing command lines, counting processes.
#include "track/process.h"

#include <algorithm>
#include <string_view>

namespace alibi::track {
namespace {

constexpr std::size_t kCommLength = 15;  // the kernel's TASK_COMM_LEN less the terminator

bool has_path(const ProcessPattern& pattern) {
  return pattern.process.find('/') != std::string::npos;
}

bool name_matches(const ProcessPattern& pattern, const ProcessFacts& facts) {
  if (!needs_path(pattern)) return facts.comm == pattern.process.substr(0, kCommLength);
  if (facts.arguments.empty()) return false;  // a kernel thread
  const std::string_view command = facts.arguments.front();
  if (command == pattern.process) return true;
  if (has_path(pattern)) return facts.executable == pattern.process;
  const auto slash = command.rfind('/');
  return slash != std::string_view::npos && command.substr(slash + 1) == pattern.process;
}

bool parameters_match(const ProcessPattern& pattern, const ProcessFacts& facts) {
  const auto& wanted = pattern.parameters;
  const std::size_t given = facts.arguments.size() - 1;
  if (wanted.empty() || pattern.match == ProcessPattern::Match::Exact) {
    return given == wanted.size() &&
           std::equal(wanted.begin(), wanted.end(), facts.arguments.begin() + 1);
  }
  if (given < wanted.size()) return false;
  const auto last = wanted.end() - (pattern.match == ProcessPattern::Match::Initial ? 1 : 0);
  if (!std::equal(wanted.begin(), last, facts.arguments.begin() + 1)) return false;
  return last == wanted.end() || facts.arguments[wanted.size()].starts_with(wanted.back());
}

}  // namespace

bool needs_arguments(const ProcessPattern& pattern) {
  return pattern.full_command || !pattern.parameters.empty() ||
         pattern.match != ProcessPattern::Match::Exact;
}

bool needs_path(const ProcessPattern& pattern) {
  return needs_arguments(pattern) || has_path(pattern);
}

bool matches(const ProcessPattern& pattern, const ProcessFacts& facts) {
  if (!name_matches(pattern, facts)) return false;
  return !needs_arguments(pattern) || parameters_match(pattern, facts);
}

bool Quorum::count(int processes, Instant now) {
  const bool grew = processes > processes_;
  processes_ = processes;
  if (!known_) {
    known_ = true;
    up_ = enough();
    return true;
  }
  if (enough() == up_) {
    change_at_ = kNever;
  } else if (change_at_ == kNever) {
    change_at_ = now + (grew ? fork_delay_ : terminate_delay_);
  }
  return step(now);
}

bool Quorum::step(Instant now) {
  if (now < change_at_) return false;
  change_at_ = kNever;
  up_ = !up_;
  return true;
}

}  // namespace alibi::track
