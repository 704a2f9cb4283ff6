// SPDX-License-Identifier: Apache-2.0
// lstat(2) along the way to a program.
#include "daemon/script_security.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstdlib>
#include <string_view>
#include <vector>

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

constexpr int kMostLinks = 40;  // as the kernel

/// Others than root may make or change what is in a folder, or the content of a file.
std::string writers(const struct stat& info) {
  if ((info.st_mode & S_IWOTH) != 0) return "everybody";
  if ((info.st_mode & S_IWGRP) != 0 && info.st_gid != 0) {
    return "group " + std::to_string(info.st_gid);
  }
  return "";
}

/// Who but root may replace or change it; empty: nobody.
std::string writer_of(const struct stat& info) {
  if (info.st_uid != 0) return "belongs to user " + std::to_string(info.st_uid);
  if (S_ISLNK(info.st_mode)) return "";  // its folder says who may replace it
  // In a sticky folder nobody but root removes what belongs to root.
  if (S_ISDIR(info.st_mode) && (info.st_mode & S_ISVTX) != 0) return "";
  const std::string who = writers(info);
  return who.empty() ? "" : "may be written by " + who;
}

std::string target_of(const std::string& link) {
  std::array<char, PATH_MAX> target;
  const ssize_t got = ::readlink(link.c_str(), target.data(), target.size());
  return std::string(target.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
}

/// The names in `path`, the first of them last.
void push_names(std::vector<std::string>& names, std::string_view path) {
  std::vector<std::string> found;
  while (!path.empty()) {
    const std::string_view name = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(name.size() + 1, path.size()));
    if (!name.empty() && name != ".") found.emplace_back(name);
  }
  names.insert(names.end(), found.rbegin(), found.rend());
}

Result<void> unsafe(const std::string& path, const std::string& why) {
  return fail((path.empty() ? "/" : path) + " " + why +
              ", and root would run it (enable_script_security)");
}

/// Goes as the kernel would, through every folder and every link: one link in the middle that
/// others may turn elsewhere is enough for them.
Result<void> check_way(const std::string& path) {
  std::vector<std::string> names;
  push_names(names, path);
  std::string at;  // "" is the root
  int links = 0;
  struct stat folder {};
  if (::stat("/", &folder) != 0) return {};
  while (true) {
    if (const auto writer = writer_of(folder); !writer.empty()) return unsafe(at, writer);
    if (names.empty()) return {};
    const std::string name = std::move(names.back());
    names.pop_back();
    const std::string next = name == ".." ? at.substr(0, std::min(at.rfind('/'), at.size()))
                                          : at + "/" + name;
    struct stat info {};
    if (::lstat(next.empty() ? "/" : next.c_str(), &info) != 0) {
      // It cannot run, and says so when it is to; unless somebody puts it there until then.
      const std::string who = writers(folder);
      return who.empty() ? Result<void>() : unsafe(next, "is missing and may be made by " + who);
    }
    if (!S_ISLNK(info.st_mode)) {
      at = next;
      folder = info;
      continue;
    }
    if (const auto writer = writer_of(info); !writer.empty()) return unsafe(next, writer);
    if (++links > kMostLinks) return {};  // nor would it run
    const std::string target = target_of(next);
    push_names(names, target);
    if (target.starts_with('/')) at.clear();
    if (::lstat(at.empty() ? "/" : at.c_str(), &folder) != 0) return {};
  }
}

}  // namespace

Result<void> check_script_security(const std::string& command) {
  const std::string path = find_program(command);
  if (path.empty()) return {};  // it cannot run, and says so when it is to
  if (path.front() != '/') return fail(path + " is not an absolute path (enable_script_security)");
  return check_way(path);
}

}  // namespace alibi::daemon
