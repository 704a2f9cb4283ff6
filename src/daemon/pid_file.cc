// SPDX-License-Identifier: Apache-2.0
// Written whole, read with distrust.
#include "daemon/pid_file.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string_view>
#include <utility>

#include "daemon/dump_writer.h"

namespace alibi::daemon {
namespace {

pid_t read_pid(const std::string& path) {
  std::ifstream file(path);
  pid_t pid = 0;
  return file >> pid ? pid : 0;
}

/// The file a process was started from; one that was replaced meanwhile, by its name.
std::string program_of(const std::string& process) {
  constexpr std::string_view kReplaced = " (deleted)";
  std::error_code error;
  std::string path = std::filesystem::read_symlink("/proc/" + process + "/exe", error);
  if (path.ends_with(kReplaced)) path.resize(path.size() - kReplaced.size());
  return error ? std::string() : path;
}

/// Another program may have been given the pid since. Ours may go by any name.
bool is_alibi(pid_t pid) {
  const std::string process = std::to_string(pid);
  std::ifstream file("/proc/" + process + "/comm");
  std::string name;
  if (std::getline(file, name) && name.starts_with("alibi")) return true;
  const std::string program = program_of(process);
  return !program.empty() && program == program_of("self");
}

bool in_our_network(pid_t pid) {
  std::error_code error;
  const auto theirs = std::filesystem::read_symlink("/proc/" + std::to_string(pid) + "/ns/net",
                                                    error);
  return !error && theirs == std::filesystem::read_symlink("/proc/self/ns/net", error);
}

}  // namespace

pid_t PidFile::rival(const std::string& path) {
  const pid_t there = read_pid(path);
  const bool runs = there > 0 && there != ::getpid() && is_alibi(there) && in_our_network(there);
  return runs ? there : 0;
}

Result<PidFile> PidFile::create(const std::string& path, pid_t pid) {
  const pid_t there = read_pid(path);
  if (there > 0 && there != pid && is_alibi(there)) {
    return fail(path + " names process " + std::to_string(there) +
                ", another alibi that runs: end "
                "it, or give each a file of its own");
  }
  PidFile file;
  file.path_ = path;
  return file.set(pid).map([&] { return std::move(file); });
}

Result<void> PidFile::set(pid_t pid) {
  if (path_.empty()) return {};
  pid_ = pid;
  if (pid != 0) return write_whole(path_, std::to_string(pid) + "\n", 0644);
  ::unlink(path_.c_str());
  return {};
}

PidFile::PidFile(PidFile&& other) noexcept
    : path_(std::exchange(other.path_, {})), pid_(std::exchange(other.pid_, 0)) {}

PidFile& PidFile::operator=(PidFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(pid_, other.pid_);
  return *this;
}

PidFile::~PidFile() {
  if (pid_ != 0 && read_pid(path_) == pid_) ::unlink(path_.c_str());
}

}  // namespace alibi::daemon
