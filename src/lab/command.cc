// SPDX-License-Identifier: Apache-2.0
// Tools run with their output caught, bounded waiting, small files.
#include "lab/command.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "os/event_loop.h"
#include "os/fd.h"
#include "os/process.h"
#include "os/signals.h"

namespace alibi::lab {
namespace {

volatile sig_atomic_t g_interrupted = 0;

struct Pipe {
  os::Fd read, write;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> fds{};
  if (::pipe2(fds.data(), O_CLOEXEC) != 0) return fail_errno("cannot make a pipe");
  return Pipe{os::Fd(fds[0]), os::Fd(fds[1])};
}

std::string joined(const std::vector<std::string>& argv) {
  std::string text;
  for (const auto& word : argv) text += (text.empty() ? "" : " ") + word;
  return text;
}

// Feeds stdin and drains stdout and stderr together: none of the three may fill up and block.
void converse(Pipe& in, const std::string& input, Pipe& out, std::string& printed, Pipe& err,
              std::string& complaint) {
  std::size_t fed = 0;
  if (input.empty()) in.write.reset();
  ::fcntl(in.write.get(), F_SETFL, O_NONBLOCK);
  while (out.read.valid() || err.read.valid()) {
    std::array<pollfd, 3> polls{pollfd{out.read.get(), POLLIN, 0},
                                pollfd{err.read.get(), POLLIN, 0},
                                pollfd{in.write.get(), POLLOUT, 0}};
    if (::poll(polls.data(), polls.size(), -1) < 0 && errno != EINTR) return;
    std::array<char, 4096> buffer{};
    const auto drain = [&](os::Fd& fd, std::string& text) {
      const ssize_t n = ::read(fd.get(), buffer.data(), buffer.size());
      if (n > 0) text.append(buffer.data(), static_cast<std::size_t>(n));
      if (n == 0 || (n < 0 && errno != EINTR)) fd.reset();
    };
    if (polls[0].revents != 0) drain(out.read, printed);
    if (polls[1].revents != 0) drain(err.read, complaint);
    if (polls[2].revents != 0) {
      const ssize_t n = ::write(in.write.get(), input.data() + fed, input.size() - fed);
      if (n > 0) fed += static_cast<std::size_t>(n);
      if (fed == input.size() || (n < 0 && errno != EAGAIN)) in.write.reset();
    }
  }
}

}  // namespace

Result<std::string> run_command(const std::vector<std::string>& argv, const std::string& input) {
  auto in = make_pipe();
  auto out = make_pipe();
  auto err = make_pipe();
  if (!in || !out || !err) return fail("cannot make pipes to run " + argv[0], EMFILE);
  std::vector<char*> words;
  for (const auto& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid < 0) return fail_errno("cannot fork to run " + argv[0]);
  if (pid == 0) {
    os::restore_default_signals();
    ::dup2(in->read.get(), 0);
    ::dup2(out->write.get(), 1);
    ::dup2(err->write.get(), 2);
    ::execvp(words[0], words.data());
    ::_exit(errno == ENOENT ? 127 : 126);
  }
  in->read.reset();
  out->write.reset();
  err->write.reset();
  std::string printed, complaint;
  converse(*in, input, *out, printed, *err, complaint);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (status == 0) return printed;
  if (WIFEXITED(status) && WEXITSTATUS(status) == 127) {
    return fail("the program '" + argv[0] + "' is not installed: run scripts/setup.sh");
  }
  return fail("'" + joined(argv) + "' " + os::exit_text(status) + ": " + complaint);
}

bool hold(Duration time) {
  const Instant end = os::monotonic_now() + time;
  while (g_interrupted == 0) {
    const timespec until{.tv_sec = end.ns / 1'000'000'000, .tv_nsec = end.ns % 1'000'000'000};
    if (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) == 0) return true;
  }
  return false;
}

bool await_regardless(Duration limit, const std::function<bool()>& condition) {
  const Instant end = os::monotonic_now() + limit;
  while (!condition()) {
    if (os::monotonic_now() >= end) return false;
    const timespec pause{.tv_sec = 0, .tv_nsec = 20'000'000};
    ::nanosleep(&pause, nullptr);
  }
  return true;
}

bool await(Duration limit, const std::function<bool()>& condition) {
  const Instant end = os::monotonic_now() + limit;
  while (!condition()) {
    if (os::monotonic_now() >= end || !hold(20ms)) return false;
  }
  return true;
}

void catch_interrupts() {
  struct sigaction action {};
  action.sa_handler = [](int) { g_interrupted = 1; };
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaction(signal, &action, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
}

bool interrupted() { return g_interrupted != 0; }

Result<void> make_directories(const std::string& path) {
  std::error_code error;
  for (int attempt = 0; attempt < 10; ++attempt) {
    std::filesystem::create_directories(path, error);
    if (!error) return {};
    if (error != std::errc::no_such_file_or_directory) break;
  }
  return fail("cannot make " + path + ": " + error.message(), error.value());
}

std::string read_small_file(const std::string& path) {
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

Result<void> write_file(const std::string& path, const std::string& text) {
  const os::Fd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd.valid()) return fail_errno("cannot open " + path);
  if (::write(fd.get(), text.data(), text.size()) < 0) {
    return fail_errno("cannot write '" + text + "' to " + path);
  }
  return {};
}

Result<void> put_file(const std::string& path, const std::string& text) {
  std::ofstream out(path, std::ios::trunc);
  out << text;
  out.close();
  if (!out) return fail_errno("cannot write " + path);
  return {};
}

}  // namespace alibi::lab
