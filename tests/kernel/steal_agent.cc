// SPDX-License-Identifier: Apache-2.0
// steal_agent SERIAL_PORT STAT FILE: keeps FILE a copy of STAT, to which it adds the stolen time
// that the harness tells on the serial port: for each "?" a line of nanoseconds, "CPU0 CPU1 ...",
// cumulative. FILE is to be mounted over /proc/stat of a guest whose emulator counts none.
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <sstream>
#include <string>
#include <vector>

namespace {

constexpr int kRefreshMs = 50;
constexpr std::uint64_t kTickNs = 10'000'000;  // USER_HZ is 100 (proc(5))
constexpr std::size_t kSteal = 8;              // the column of a cpu line, its name being 0

/// A line of nanoseconds for each CPU; empty where it is not one.
std::vector<std::uint64_t> parse(const std::string& line) {
  std::istringstream in(line);
  std::vector<std::uint64_t> ns;
  for (std::uint64_t value = 0; in >> value;) ns.push_back(value);
  return in.eof() ? ns : std::vector<std::uint64_t>{};
}

/// `line` of /proc/stat with `ticks` more stolen.
std::string with_stolen(const std::string& line, std::uint64_t ticks) {
  std::istringstream in(line);
  std::string out, word;
  for (std::size_t i = 0; in >> word; ++i) {
    if (i == kSteal) word = std::to_string(std::stoull(word) + ticks);
    out += (i == 0 ? "" : " ") + word;
  }
  return out;
}

std::string copy_of(const std::string& stat, const std::vector<std::uint64_t>& stolen_ns) {
  std::uint64_t all = 0;
  for (const std::uint64_t ns : stolen_ns) all += ns / kTickNs;
  std::istringstream in(stat);
  std::string out;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("cpu ")) {
      line = with_stolen(line, all);
    } else if (line.starts_with("cpu")) {
      const std::size_t cpu = std::stoul(line.substr(3));
      if (cpu < stolen_ns.size()) line = with_stolen(line, stolen_ns[cpu] / kTickNs);
    }
    out += line + '\n';
  }
  return out;
}

/// Asks the harness, which answers with a line at once; empty: it did not.
std::vector<std::uint64_t> ask(int port) {
  constexpr int kPatienceMs = 1000;
  tcflush(port, TCIFLUSH);
  if (write(port, "?", 1) != 1) return {};
  std::string line;
  pollfd ready{port, POLLIN, 0};
  while (poll(&ready, 1, kPatienceMs) > 0) {
    char c = 0;
    while (read(port, &c, 1) == 1) {
      if (c == '\n') return parse(line);
      line += c;
    }
  }
  return {};
}

std::string read_whole(int file) {
  std::array<char, 16384> buffer{};
  const ssize_t size = pread(file, buffer.data(), buffer.size(), 0);
  return {buffer.data(), static_cast<std::size_t>(size > 0 ? size : 0)};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const int port = open(argv[1], O_RDWR | O_NOCTTY | O_NONBLOCK);
  const int stat = open(argv[2], O_RDONLY);
  const int copy = open(argv[3], O_RDWR | O_CREAT | O_TRUNC, 0444);
  termios raw{};
  if (port < 0 || stat < 0 || copy < 0 || tcgetattr(port, &raw) != 0) {
    perror("steal_agent");
    return 1;
  }
  cfmakeraw(&raw);
  tcsetattr(port, TCSANOW, &raw);
  const sched_param priority{50};  // a counter of the kernel's waits for nobody
  sched_setscheduler(0, SCHED_FIFO, &priority);
  std::vector<std::uint64_t> stolen_ns;
  std::size_t written = 0;
  for (;;) {
    if (auto told = ask(port); !told.empty()) stolen_ns = std::move(told);
    std::string text = copy_of(read_whole(stat), stolen_ns);
    if (text.size() < written) text.append(written - text.size(), '\n');
    written = text.size();
    if (pwrite(copy, text.data(), text.size(), 0) < 0) perror("steal_agent: write");
    poll(nullptr, 0, kRefreshMs);
  }
}
