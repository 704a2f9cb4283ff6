// SPDX-License-Identifier: Apache-2.0
// stat(2) along a path.
#include "daemon/script_security.h"

#include <sys/stat.h>
#include <unistd.h>

#include <climits>
#include <cstdlib>
#include <memory>
#include <string_view>

namespace alibi::daemon {
namespace {

constexpr const char* kDefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Where execvp(3) would find it; empty: nowhere.
std::string find_program(const std::string& command) {
  if (command.find('/') != std::string::npos) return command;
  const char* path = std::getenv("PATH");
  std::string_view rest = path != nullptr ? path : kDefaultPath;
  while (!rest.empty()) {
    const std::string_view folder = rest.substr(0, rest.find(':'));
    rest.remove_prefix(std::min(folder.size() + 1, rest.size()));
    std::string file = std::string(folder) + "/" + command;
    if (!folder.empty() && ::access(file.c_str(), X_OK) == 0) return file;
  }
  return "";
}

/// Who but root may replace or change `path`; empty: nobody.
std::string writer_of(const std::string& path) {
  struct stat info{};
  if (::lstat(path.c_str(), &info) != 0) return "";
  if (info.st_uid != 0) return "belongs to user " + std::to_string(info.st_uid);
  if (S_ISLNK(info.st_mode)) return "";  // its folder says who may replace it
  // In a sticky folder nobody but root removes what belongs to root.
  if (S_ISDIR(info.st_mode) && (info.st_mode & S_ISVTX) != 0) return "";
  if ((info.st_mode & S_IWOTH) != 0) return "may be written by everybody";
  if ((info.st_mode & S_IWGRP) != 0 && info.st_gid != 0) {
    return "may be written by group " + std::to_string(info.st_gid);
  }
  return "";
}

Result<void> check_parts(const std::string& path) {
  for (std::size_t slash = 0; slash != std::string::npos;) {
    slash = path.find('/', slash + 1);
    const std::string part = path.substr(0, slash);
    if (const auto writer = writer_of(part); !writer.empty()) {
      return fail(part + " " + writer + ", and root would run it (enable_script_security)");
    }
  }
  return writer_of("/").empty() ? Result<void>() : fail("/ " + writer_of("/"));
}

}  // namespace

Result<void> check_script_security(const std::string& command) {
  const std::string path = find_program(command);
  if (path.empty()) return {};  // it cannot run, and says so when it is to
  if (path.front() != '/') return fail(path + " is not an absolute path (enable_script_security)");
  const std::unique_ptr<char, void (*)(void*)> real(::realpath(path.c_str(), nullptr), std::free);
  if (!real) return {};
  const auto checked = check_parts(path);
  return checked ? check_parts(real.get()) : checked;
}

}  // namespace alibi::daemon
