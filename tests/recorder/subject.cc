// SPDX-License-Identifier: Apache-2.0
// PR_SET_PDEATHSIG ties every process to the test that made it.
#include "recorder/subject.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <iterator>
#include <span>
#include <utility>
#include <vector>

#include "base/check.h"
#include "os/fd.h"
#include "os/namespaces.h"
#include "os/process.h"
#include "wire/frame.h"

namespace alibi::testing {
namespace {

bool enter(pid_t netns_of) {
  const std::string path = "/proc/" + std::to_string(netns_of) + "/ns/net";
  const os::Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  return fd.valid() && setns(fd.get(), CLONE_NEWNET) == 0;
}

/// Forks; the child reports with one byte that `prepare` succeeded, then runs `body`.
pid_t launch(const std::function<bool()>& prepare, const std::function<void()>& body) {
  int ready[2];
  CHECK(pipe2(ready, O_CLOEXEC) == 0);
  const pid_t parent = getpid();
  const pid_t child = fork();
  CHECK(child >= 0);
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent || !prepare()) _exit(99);
    CHECK(write(ready[1], "y", 1) == 1);
    body();
    _exit(0);
  }
  close(ready[1]);
  char byte = 0;
  const bool up = read(ready[0], &byte, 1) == 1;
  close(ready[0]);
  CHECK(up);
  return child;
}

}  // namespace

Subject Subject::start(pid_t netns_of, const std::function<void()>& body) {
  return Subject(launch([netns_of] { return netns_of == 0 || enter(netns_of); }, body));
}

Subject Subject::start_heartbeat(pid_t netns_of, const std::function<void()>& body) {
  const auto prepare = [netns_of] {
    return enter(netns_of) && socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, 112) >= 0;
  };
  return Subject(launch(prepare, body));
}

Subject::Subject(Subject&& other) noexcept : pid_(std::exchange(other.pid_, 0)) {}
Subject::~Subject() { end(); }

void Subject::kill(int signal) const { ::kill(pid_, signal); }

void Subject::end() {
  if (pid_ == 0) return;
  ::kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

namespace {

/// A process in a namespace of its own, once the interfaces in it are there.
Subject start_holder() {
  Subject holder = Subject::start(0, [] {
    if (unshare(CLONE_NEWNET) != 0) _exit(98);
    if (!run_program({"ip", "link", "add", "tap0", "type", "veth", "peer", "name", "tap1"}) ||
        !run_program({"ip", "link", "set", "tap0", "up"}) ||
        !run_program({"ip", "link", "set", "tap1", "up"}))
      _exit(97);
    raise(SIGSTOP);  // tells that all is there
    while (true) pause();
  });
  int status = 0;
  CHECK(waitpid(holder.pid(), &status, WUNTRACED) == holder.pid() && WIFSTOPPED(status));
  holder.kill(SIGCONT);
  return holder;
}

}  // namespace

SmallNetwork::SmallNetwork() : holder_(start_holder()) {}

bool SmallNetwork::run(std::vector<std::string> program) const {
  program.insert(program.begin(), {"nsenter", "--net=/proc/" + std::to_string(pid()) + "/ns/net"});
  return run_program(std::move(program));
}

void SmallNetwork::send_advert(const std::string& interface, unsigned ip_id) const {
  const auto source = wire::IpAddress::v4(0x0A4D0001), group = wire::vrrp_group(wire::Family::V4);
  wire::Advertisement advert;
  advert.vrid = Vrid{77};
  advert.addresses = {wire::IpAddress::v4(0x0A4D0007)};
  const auto message = wire::encode_vrrp(advert, source, group);
  auto ip = wire::encode_ipv4_header(source, group, 255, message.size());
  ip[4] = static_cast<std::uint8_t>(ip_id >> 8);
  ip[5] = static_cast<std::uint8_t>(ip_id);
  const std::array<std::uint8_t, 14> ethernet = {0x01, 0x00, 0x5e, 0x00, 0x00, 0x12, 0x00,
                                                 0x00, 0x5e, 0x00, 0x01, 0x4d, 0x08, 0x00};
  std::vector<std::uint8_t> frame;
  for (const std::span<const std::uint8_t> part :
       {std::span<const std::uint8_t>(ethernet), {ip}, {message}})
    std::copy(part.begin(), part.end(), std::back_inserter(frame));
  const auto netns = os::open_network_namespace(spec());
  CHECK(netns);
  const auto sent = os::inside_network_namespace(*netns, [&]() -> Result<void> {
    const os::Fd fd(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
    sockaddr_ll to{};
    to.sll_family = AF_PACKET;
    to.sll_protocol = htons(ETHERTYPE_IP);
    to.sll_ifindex = static_cast<int>(if_nametoindex(interface.c_str()));
    to.sll_halen = 6;
    if (sendto(fd.get(), frame.data(), frame.size(), 0, reinterpret_cast<const sockaddr*>(&to),
               sizeof to) < 0)
      return fail_errno("sendto");
    return {};
  });
  CHECK(sent);
}

bool run_program(std::vector<std::string> program) {
  const auto child = os::spawn({std::move(program), os::current_identity(), {}});
  int status = 0;
  return child && waitpid(*child, &status, 0) == *child && status == 0;
}

bool write_file(const std::string& path, const std::string& text) {
  const os::Fd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  return fd.valid() &&
         ::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

std::string unable() { return geteuid() == 0 ? "" : "not root: taps and probes need it"; }

}  // namespace alibi::testing
