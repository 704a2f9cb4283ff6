// SPDX-License-Identifier: Apache-2.0
// The server keeps the connection and puts nothing between its messages: where one ends, its own
// brackets tell.
#include "os/ovsdb.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <array>
#include <cstring>

#include "os/event_loop.h"
#include "os/fd.h"

namespace alibi::os {
namespace {

constexpr std::size_t kMostOctets = std::size_t{16} << 20U;
constexpr Duration kPatience = std::chrono::seconds(2);

Result<Fd> connect_to(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return fail(path + " is too long for a socket");
  std::memcpy(address.sun_path, path.data(), path.size());
  Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval patience{2, 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return fail_errno("cannot ask " + path);
  }
  return fd;
}

}  // namespace

std::size_t json_length(std::string_view text) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      in_string = c != '"';
      continue;
    }
    in_string = c == '"';
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && --depth == 0) return i + 1;
  }
  return 0;
}

Result<std::string> ask_ovsdb(const std::string& socket, std::string_view question) {
  const auto fd = connect_to(socket);
  if (!fd) return tl::unexpected(fd.error());
  if (::send(fd->get(), question.data(), question.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(question.size())) {
    return fail_errno("cannot ask " + socket);
  }
  const Instant until = monotonic_now() + kPatience;
  std::string answer;
  std::array<char, 16384> buffer{};
  while (monotonic_now() < until && answer.size() < kMostOctets) {
    const ssize_t got = ::recv(fd->get(), buffer.data(), buffer.size(), 0);
    if (got <= 0) return got == 0 ? fail(socket + " ended the talk") : fail_errno(socket);
    answer.append(buffer.data(), static_cast<std::size_t>(got));
    const std::size_t length = json_length(answer);
    if (length != 0) return answer.substr(0, length);
  }
  return fail(socket + ": no complete answer in two seconds and 16 MiB");
}

}  // namespace alibi::os
