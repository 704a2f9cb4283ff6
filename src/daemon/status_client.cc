// SPDX-License-Identifier: Apache-2.0
// connect(2), one line out, the document in.
#include "daemon/status_client.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "os/fd.h"

namespace alibi::daemon {

Result<std::string> ask_status(const std::string& path, const std::string& get) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return fail(path + " is too long for a socket");
  std::memcpy(address.sun_path, path.data(), path.size());
  const os::Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval patience{2, 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    const bool absent = errno == ENOENT || errno == ECONNREFUSED;
    return fail_errno("cannot ask " + path +
                      (absent            ? " (is alibi running? another --run-folder is given with "
                                           "--run-folder here, too)"
                       : errno == EACCES ? " (only root may)"
                                         : ""));
  }
  const std::string request = R"({"version":1,"get":")" + get + "\"}\n";
  if (::send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0) {
    return fail_errno("cannot ask " + path);
  }
  std::string answer;
  std::array<char, 16384> buffer{};
  for (;;) {
    const ssize_t got = ::recv(fd.get(), buffer.data(), buffer.size(), 0);
    if (got < 0) return fail_errno("no answer from " + path);
    if (got == 0) break;
    answer.append(buffer.data(), static_cast<std::size_t>(got));
  }
  if (answer.empty()) return fail("no answer from " + path);
  return answer;
}

}  // namespace alibi::daemon
