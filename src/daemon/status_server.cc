// SPDX-License-Identifier: Apache-2.0
// accept(2), one line in, one document out.
#include "daemon/status_server.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>

#include "daemon/status.h"
#include "os/event_loop.h"

namespace alibi::daemon {
namespace {

constexpr std::size_t kLongestRequest = 4096;
constexpr int kBacklog = 16;

Result<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return fail(path + " is too long for a socket");
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

/// Whether process `pid` is a child of our own parent: the teller of the configuration before, that
/// a reload is about to end.
bool is_sibling(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  std::getline(file, line);
  const auto after_name = line.rfind(')');
  if (after_name == std::string::npos || after_name + 4 >= line.size()) return false;
  return std::atoi(line.c_str() + after_name + 4) == ::getppid();  // ") S PPID"
}

/// Whether somebody else accepts connections at `path`.
bool answers(const sockaddr_un& address) {
  const os::Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const auto* to = reinterpret_cast<const sockaddr*>(&address);
  if (::connect(fd.get(), to, sizeof address) != 0) return errno == EAGAIN;
  ucred peer{};
  socklen_t size = sizeof peer;
  const bool known = ::getsockopt(fd.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0;
  return !(known && is_sibling(peer.pid));
}

Result<os::Fd> listen_at(const std::string& path) {
  const auto address = address_of(path);
  if (!address) return tl::unexpected(address.error());
  if (answers(*address)) {
    return fail(path +
                " is served by another alibi: its status is shown there, ours is not; give "
                "each a --run-folder of its own");
  }
  ::unlink(path.c_str());
  os::Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  // The mode counts from the first moment: the socket is made unreachable, then opened to root.
  const mode_t before = ::umask(0177);
  const int bound = ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address);
  const int bind_errno = errno;
  ::umask(before);
  errno = bind_errno;
  if (bound != 0 || ::listen(fd.get(), kBacklog) != 0) {
    return fail_errno("cannot make the status socket " + path);
  }
  return fd;
}

std::string read_line(int fd) {
  std::string line;
  std::array<char, 512> buffer{};
  while (line.size() < kLongestRequest && line.find('\n') == std::string::npos) {
    const ssize_t got = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (got <= 0) break;
    line.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return line.substr(0, line.find('\n'));
}

bool send_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

}  // namespace

std::string status_socket_path(const std::string& run_folder) { return run_folder + "/alibi.sock"; }

Result<StatusServer> StatusServer::create(const config::Settings& settings,
                                          const RunOptions& options, const Channels& channels) {
  StatusServer server;
  server.path_ = status_socket_path(options.run_folder);
  auto listener = listen_at(server.path_);
  if (!listener) return tl::unexpected(listener.error());
  struct stat about {};
  if (::stat(server.path_.c_str(), &about) == 0) server.inode_ = about.st_ino;
  server.stop_ = os::Fd(::eventfd(0, EFD_CLOEXEC));
  server.thread_ =
      std::thread([&settings, &options, &channels,
                   fd = std::make_shared<os::Fd>(std::move(*listener)),
                   stop = server.stop_.get()] {
        serve(fd->get(), stop, settings, options, channels);
      });
  return server;
}

StatusServer::~StatusServer() {
  if (!thread_.joinable()) return;
  const std::uint64_t one = 1;
  static_cast<void>(::write(stop_.get(), &one, sizeof one));
  thread_.join();
  struct stat about {};
  if (::stat(path_.c_str(), &about) == 0 && about.st_ino == inode_) ::unlink(path_.c_str());
}

void StatusServer::serve(int listener, int stop, const config::Settings& settings,
                         const RunOptions& options, const Channels& channels) {
  for (;;) {
    std::array<pollfd, 2> wait{pollfd{listener, POLLIN, 0}, pollfd{stop, POLLIN, 0}};
    if (::poll(wait.data(), wait.size(), -1) < 0 && errno != EINTR) return;
    if ((wait[1].revents & POLLIN) != 0) return;
    const os::Fd client(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
    if (!client.valid()) continue;
    const timeval second{1, 0};
    ::setsockopt(client.get(), SOL_SOCKET, SO_RCVTIMEO, &second, sizeof second);
    ::setsockopt(client.get(), SOL_SOCKET, SO_SNDTIMEO, &second, sizeof second);
    const std::string request = read_line(client.get());
    if (request.empty()) continue;
    View view =
        look(settings, options, channels.page, os::monotonic_now(), os::realtime_now_ns());
    look_at_fence(channels.fence, view);
    const bool sent = send_all(client.get(), answer(view, request) + "\n");
    auto& household = channels.page.household();
    auto& count = sent ? household.outlet_done : household.outlet_drops;
    count[static_cast<std::size_t>(WayOut::Status)].fetch_add(1);
  }
}

}  // namespace alibi::daemon
