// SPDX-License-Identifier: Apache-2.0
// Arguments, files, and whether they are still those that the daemon read.
#include "daemon/process_config.h"

#include <array>
#include <filesystem>
#include <functional>
#include <string_view>

#include "config/read.h"
#include "daemon/configured_routers.h"
#include "os/proc_fs.h"
#include "os/process_files.h"

namespace alibi::daemon {
namespace {

/// Options with an argument, short and long: keepalived(8), alibi(8).
struct Option {
  char letter;
  std::string_view name;
};
constexpr std::array<Option, 10> kWithArgument = {{{'f', "use-file"},
                                                   {'i', "config-id"},
                                                   {'S', "log-facility"},
                                                   {'u', "umask"},
                                                   {'p', "pid"},
                                                   {'r', "vrrp_pid"},
                                                   {'c', "checkers_pid"},
                                                   {'b', "bfd_pid"},
                                                   {'A', "snmp-agent-socket"},
                                                   {'s', "namespace"}}};

char letter_of(std::string_view name) {
  for (const Option& option : kWithArgument)
    if (option.name == name) return option.letter;
  return 0;
}

bool takes_argument(char letter) {
  for (const Option& option : kWithArgument)
    if (option.letter == letter) return true;
  return false;
}

/// A program that was replaced on disk goes on under its name.
std::string program_of(std::int32_t pid) {
  constexpr std::string_view kDeleted = " (deleted)";
  std::string path = os::executable_of(pid);
  if (path.ends_with(kDeleted)) path.resize(path.size() - kDeleted.size());
  return std::filesystem::path(path).filename().string();
}

std::string value_of(const std::vector<std::string>& environment, const std::string& name) {
  for (const std::string& word : environment)
    if (word.starts_with(name + "=")) return word.substr(name.size() + 1);
  return {};
}

/// The files and directories whose change is a change of what was read.
struct Read {
  std::vector<std::string> paths;
  bool random = false;
};

config::ReadInput watched(config::ReadInput input, const std::vector<std::string>& environment,
                          Read& read) {
  read.paths.push_back(input.file.name);
  read.random = input.file.text.find("_RANDOM") != std::string::npos;
  input.options.seed = 1;  // else two readings of one file differ
  input.options.environment = [&environment](const std::string& name) {
    return value_of(environment, name);
  };
  input.options.include = [&read, find = std::move(input.options.include)](
                              const std::string& pattern, const std::string& from) {
    config::Included found = find(pattern, from);
    // A file more or less is a change of its directory.
    if (pattern.find_first_of("*?[{") != std::string::npos)
      read.paths.push_back(
          (std::filesystem::path(from).parent_path() / pattern).parent_path().string());
    for (const config::File& file : found.files) {
      read.paths.push_back(file.name);
      read.random |= file.text.find("_RANDOM") != std::string::npos;
    }
    return found;
  };
  return input;
}

}  // namespace

ConfigArguments config_arguments(const std::vector<std::string>& words) {
  ConfigArguments out;
  const auto take = [&out](char letter, const std::string& value) {
    if (letter == 'f') out.file = value;
    if (letter == 'i') out.config_id = value;
  };
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "--") break;
    if (word.starts_with("--")) {
      const std::size_t equals = std::min(word.find('='), word.size());
      const char letter = letter_of(std::string_view(word).substr(2, equals - 2));
      if (letter == 0) continue;
      if (equals < word.size())
        take(letter, word.substr(equals + 1));
      else if (++i < words.size())
        take(letter, words[i]);
      continue;
    }
    if (!word.starts_with("-")) continue;
    for (std::size_t at = 1; at < word.size(); ++at) {
      if (word[at] == 'M' || word[at] == 't') break;  // the rest, if any, is its argument
      if (!takes_argument(word[at])) continue;
      if (at + 1 < word.size())
        take(word[at], word.substr(at + 1));
      else if (++i < words.size())
        take(word[at], words[i]);
      break;
    }
  }
  return out;
}

ProcessConfig read_process_config(std::int32_t pid, std::int64_t until_unix_ns) {
  ProcessConfig out;
  const std::string program = program_of(pid);
  if (program != "keepalived" && program != "alibi") {
    out.unknown = program.empty() ? "the process is gone, or may not be looked into"
                                  : program + " has no configuration file that is read here";
    return out;
  }
  const ConfigArguments arguments = config_arguments(os::arguments_of(pid));
  const std::vector<std::string> environment = os::environment_of(pid);
  out.file = arguments.file;
  if (auto seen = os::see_files_of(pid); !seen) {
    out.unknown = seen.error().message;
    return out;
  }
  auto input = config::read_input(arguments.file, arguments.config_id);
  if (!input) {
    out.unknown = input.error().message;
    return out;
  }
  Read read;
  const config::Parsed parsed = config::parse(watched(std::move(*input), environment, read));
  for (const std::string& path : read.paths) {
    if (os::changed_unix_ns(path) <= until_unix_ns) continue;
    out.unknown = path + " was changed after it had been read";
    return out;
  }
  if (!parsed.runnable())
    out.unknown = arguments.file + " cannot be run with";
  else if (read.random)
    out.unknown = arguments.file + " holds random numbers";
  if (!out.unknown.empty()) return out;
  ConfiguredRouters configured = configured_routers(parsed.settings);
  out.routers = std::move(configured.routers);
  for (const std::string& text : configured.settings)
    out.settings.push_back(std::hash<std::string>{}(text));
  return out;
}

}  // namespace alibi::daemon
