// SPDX-License-Identifier: Apache-2.0
// Pitfalls of scripts: how often they run, as whom, and what is written where no shell reads it.
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>

#include "config/lint_rules.h"

namespace alibi::config {
namespace {

// What only a shell understands, outside of quotation marks.
std::string_view shell_syntax(const std::vector<std::string>& words) {
  constexpr std::array<std::string_view, 11> kAlone = {"|",  "||", "&",  "&&",   ";", ">",
                                                       ">>", "<",  "2>", "2>&1", "&>"};
  for (const std::string& word : words) {
    for (const std::string_view token : kAlone) {
      if (word == token) return token;
    }
    if (word.starts_with(">") || word.starts_with("2>")) return ">";
    if (word.find("$(") != std::string::npos) return "$(";
    if (word.find('`') != std::string::npos) return "`";
    if (word.size() > 1 && word.ends_with(";")) return ";";
  }
  return {};
}

bool is_shell(const std::string& program) {
  const auto base =
      program.substr(program.rfind('/') == std::string::npos ? 0 : program.rfind('/') + 1);
  return base == "sh" || base == "bash" || base == "dash" || base == "ash" || base == "zsh";
}

class ScriptLint {
 public:
  ScriptLint(const LintInput& input, Findings& findings) : input_(input), findings_(findings) {}

  /// `missing`: what it means when the program is not there.
  void command(const std::vector<std::string>& words, const std::string& user, const Place& at,
               const std::string& what, std::string_view missing) {
    if (words.empty()) return;
    const auto token = is_shell(words.front()) ? std::string_view() : shell_syntax(words);
    if (!token.empty()) {
      findings_.add_at("shell-syntax", at,
                       fmt::format("'{}' in the command of {} is for a shell, but commands run "
                                   "without one: it is handed over as an argument",
                                   token, what));
    }
    const Global& global = input_.settings.global;
    const std::string& runs_as = user.empty() ? global.script_user : user;
    if (runs_as.empty() && !global.enable_script_security && !root_told_) {
      root_told_ = true;
      findings_.add_at("script-as-root", at,
                       fmt::format("{} runs as root wherever there is no user keepalived_script: "
                                   "no script_user is named",
                                   what));
    } else if (runs_as == "root") {
      findings_.add_at("script-as-root", at, fmt::format("{} runs as root", what));
    }
    if (input_.ask_files) file(words.front(), at, what, missing);
  }

 private:
  // The file as it is on this host: it must exist, and root alone may change it.
  void file(const std::string& path, const Place& at, const std::string& what,
            std::string_view missing) {
    if (path.empty() || path.front() != '/' || !asked_.insert(path).second) return;
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0 || (status.st_mode & 0111U) == 0) {
      findings_.add_at("script-missing", at,
                       fmt::format("{} of {} is not there or cannot be executed on this host: {}",
                                   path, what, missing));
      return;
    }
    std::filesystem::path part(path);
    for (; part.has_relative_path(); part = part.parent_path()) {
      struct stat one {};
      if (::stat(part.c_str(), &one) != 0) return;
      const bool sticky = S_ISDIR(one.st_mode) && (one.st_mode & S_ISVTX) != 0;
      if (one.st_uid != 0 || ((one.st_mode & 022U) != 0 && !sticky)) {
        findings_.add_at("script-writable", at,
                         fmt::format("{} can be changed by others than root: whoever may, decides "
                                     "what runs for {}",
                                     part.string(), what));
        return;
      }
    }
  }

  const LintInput& input_;
  Findings& findings_;
  std::set<std::string> asked_;
  bool root_told_ = false;
};

void lint_times(const TextBlock& block, const Script& script, Findings& findings) {
  const Piece* timeout = block.find("timeout");
  if (timeout != nullptr && script.timeout > script.interval) {
    findings.add("timeout-over-interval", timeout->at,
                 fmt::format("{} may hang for longer ({}) than the time to its next run ({}): runs "
                             "are missed, and a failure is noticed late",
                             script.name, seconds_text(script.timeout, 1),
                             seconds_text(script.interval, 1)));
  }
  const Piece* interval = block.find("interval");
  if (interval != nullptr && interval->words.size() > 1 && interval->words[1].text == "0") {
    findings.add("interval-zero", interval->at, "an interval of 0 is taken as 1 second");
  }
}

bool tracked(const Settings& settings, const std::string& name) {
  const auto has = [&](const Tracks& tracks) {
    return std::any_of(tracks.scripts.begin(), tracks.scripts.end(),
                       [&](const Track& t) { return t.name == name; });
  };
  return std::any_of(settings.instances.begin(), settings.instances.end(),
                     [&](const Instance& i) { return has(i.tracks); }) ||
         std::any_of(settings.groups.begin(), settings.groups.end(),
                     [&](const SyncGroup& g) { return has(g.tracks); });
}

}  // namespace

void lint_scripts(const LintInput& input, Findings& findings) {
  ScriptLint lint(input, findings);
  std::set<std::string_view> seen;
  for (const TextBlock& block : input.blocks) {
    if (block.keyword != "vrrp_script" || !seen.insert(block.name).second) continue;
    const auto& scripts = input.settings.scripts;
    const auto script = std::find_if(scripts.begin(), scripts.end(),
                                     [&](const Script& s) { return s.name == block.name; });
    if (script == scripts.end()) continue;
    lint_times(block, *script, findings);
    lint.command(script->command, script->user, script->place, "vrrp_script " + script->name,
                 "the check would fail always");
    if (!tracked(input.settings, script->name)) {
      findings.add_at(
          "script-unused", script->place,
          fmt::format("no instance tracks vrrp_script {}: it decides nothing", script->name));
    }
  }
  const auto notify = [&](const auto& owner, const std::string& of) {
    for (const Command* command : {&*owner.notify_master, &*owner.notify_backup,
                                   &*owner.notify_fault, &*owner.notify_stop, &*owner.notify}) {
      lint.command(command->words, command->user, owner.place, "a notify script of " + of,
                   "nobody would hear of it");
    }
  };
  for (const Instance& instance : input.settings.instances) notify(instance, instance.vrrp.name);
  for (const SyncGroup& group : input.settings.groups) notify(group, group.name);
}

}  // namespace alibi::config
