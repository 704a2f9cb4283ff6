// SPDX-License-Identifier: Apache-2.0
// What the recorder tests watch: a network namespace with two joined interfaces, and processes in
// it that look like heartbeat daemons. Everything ends with the test, also when it crashes.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

namespace alibi::testing {

/// A process that is killed and reaped by its owner, and dies with the test.
class Subject {
 public:
  /// `netns_of`: run inside that process's network namespace; 0: in the test's.
  static Subject start(pid_t netns_of, const std::function<void()>& body);
  /// The same, but holding a raw socket for protocol 112, as keepalived does.
  static Subject start_heartbeat(pid_t netns_of, const std::function<void()>& body);
  Subject(Subject&& other) noexcept;
  Subject& operator=(Subject&&) = delete;
  ~Subject();

  pid_t pid() const { return pid_; }
  void kill(int signal) const;
  /// Kills and waits.
  void end();

 private:
  explicit Subject(pid_t pid) : pid_(pid) {}
  pid_t pid_ = 0;
};

/// A network namespace with a veth pair "tap0" - "tap1", both up. Gone with its process.
class SmallNetwork {
 public:
  SmallNetwork();
  pid_t pid() const { return holder_.pid(); }
  std::string spec() const { return "pid:" + std::to_string(pid()); }
  /// Runs a program inside; true when it succeeded.
  bool run(std::vector<std::string> program) const;
  /// Sends an advertisement out of `interface`, identified by `ip_id`.
  void send_advert(const std::string& interface, unsigned ip_id) const;

 private:
  Subject holder_;
};

/// Runs a program, found in PATH, and waits for it; true when it ended with status 0.
bool run_program(std::vector<std::string> program);

/// Writes `text` to `path`; false when it cannot.
bool write_file(const std::string& path, const std::string& text);

/// Why these tests cannot run here ("not root"); empty when they can.
std::string unable();

}  // namespace alibi::testing
