// SPDX-License-Identifier: Apache-2.0
// The client: one connection every 100 ms, interruptions as JSON lines.
#include "lab/client_probe.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "lab/command.h"
#include "os/event_loop.h"
#include "os/fd.h"

namespace alibi::lab {
namespace {

constexpr Duration kEvery = 100ms;
constexpr Duration kLimit = 300ms;

bool ready(int fd, short what, Instant end) {
  const Duration left = end - os::monotonic_now();
  if (left <= 0ns) return false;
  pollfd p{fd, what, 0};
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(left).count();
  return ::poll(&p, 1, static_cast<int>(ms)) == 1;
}

struct Totals {
  std::uint64_t fetches = 0, failures = 0, interruptions = 0;
  Duration down{0}, longest{0};
};

void write_totals(const std::string& log, const Totals& t) {
  const nlohmann::json j{{"fetches", t.fetches},
                         {"failures", t.failures},
                         {"interruptions", t.interruptions},
                         {"down_s", std::chrono::duration<double>(t.down).count()},
                         {"longest_s", std::chrono::duration<double>(t.longest).count()}};
  std::ofstream(log + ".totals.tmp") << j.dump() << "\n";
  std::error_code error;
  std::filesystem::rename(log + ".totals.tmp", log + ".totals", error);
}

}  // namespace

bool fetch(const std::string& address, std::uint16_t port, Duration limit) {
  const Instant end = os::monotonic_now() + limit;
  const os::Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  if (!fd.valid() || ::inet_pton(AF_INET, address.c_str(), &to.sin_addr) != 1) return false;
  (void)::connect(fd.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to);
  if (!ready(fd.get(), POLLOUT, end)) return false;
  constexpr std::string_view kRequest = "GET / HTTP/1.0\r\nHost: www\r\n\r\n";
  if (::send(fd.get(), kRequest.data(), kRequest.size(), MSG_NOSIGNAL) < 0) return false;
  if (!ready(fd.get(), POLLIN, end)) return false;
  std::array<char, 16> answer{};  // "HTTP/1.0 200"
  const ssize_t n = ::recv(fd.get(), answer.data(), answer.size(), 0);
  return n >= 12 && std::memcmp(answer.data(), "HTTP/1.", 7) == 0 &&
         std::memcmp(answer.data() + 8, " 200", 4) == 0;
}

int client_probe(const ProbeOptions& options) {
  catch_interrupts();
  std::ofstream log(options.log, std::ios::app);
  Totals totals;
  bool down = false;
  Instant since{};
  std::int64_t since_unix_ns = 0;
  Instant next = os::monotonic_now();
  Instant told{};
  while (!interrupted()) {
    const Instant begin = os::monotonic_now();
    const std::int64_t begin_unix_ns = os::realtime_now_ns();
    const bool answered = fetch(options.address, options.port, kLimit);
    ++totals.fetches;
    if (!answered) {
      ++totals.failures;
      if (!down) since = begin, since_unix_ns = begin_unix_ns;
      down = true;
    } else if (down) {
      const Duration length = os::monotonic_now() - since;
      log << nlohmann::json{{"start_unix_ns", since_unix_ns},
                            {"start", time_of_day_text(since_unix_ns)},
                            {"length_s", std::chrono::duration<double>(length).count()}}
                 .dump()
          << std::endl;
      ++totals.interruptions;
      totals.down += length;
      totals.longest = std::max(totals.longest, length);
      down = false;
    }
    if (os::monotonic_now() - told >= 1s) {
      write_totals(options.log, totals);
      told = os::monotonic_now();
    }
    next = std::max(next + kEvery, os::monotonic_now());
    hold(next - os::monotonic_now());
  }
  write_totals(options.log, totals);
  return 0;
}

}  // namespace alibi::lab
