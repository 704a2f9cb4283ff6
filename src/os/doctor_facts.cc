// SPDX-License-Identifier: Apache-2.0
#include "os/doctor_facts.h"

#include <poll.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>

#include "doctor/ruleset.h"
#include "os/doctor_read.h"
#include "os/link_facts.h"
#include "os/namespaces.h"
#include "os/ovsdb.h"
#include "os/pipe.h"
#include "os/proc_fs.h"
#include "os/process.h"

namespace alibi::os {
namespace {

constexpr std::size_t kRulesetLimit = 16U << 20;
constexpr int kNftWaitMs = 5000;

/// What nft(8) prints in the namespace of this thread. The error: it is not there, may not look, or
/// does not end.
Result<std::string> ruleset() {
  auto pipe = OutputPipe::create();
  if (!pipe) return tl::unexpected(pipe.error());
  const bool sbin = ::access("/usr/sbin/nft", X_OK) == 0;
  Program nft{{sbin ? "/usr/sbin/nft" : "nft", "-j", "list", "ruleset"}, current_identity(), {}};
  nft.output = pipe->write_fd();
  const auto pid = spawn(nft);
  if (!pid) return tl::unexpected(pid.error());
  const Fd ended = watch_process(*pid);
  std::string text;
  for (int waited = 0; !has_ended(ended); waited += 100) {
    if (waited >= kNftWaitMs) ::kill(*pid, SIGKILL);
    std::array<pollfd, 2> wait = {{{pipe->read_fd(), POLLIN, 0}, {ended.get(), POLLIN, 0}}};
    ::poll(wait.data(), wait.size(), 100);
    pipe->drain(text, kRulesetLimit);
  }
  int status = 0;
  ::waitpid(*pid, &status, 0);
  pipe->drain(text, kRulesetLimit);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return text;
  return fail("nft -j list ruleset: " + exit_text(status) + " (" + text.substr(0, text.find('\n')) +
              ")");
}

/// Only where it matters: keepers, and bridges that forward for others.
bool wants_firewall(const doctor::Facts& facts, std::uint64_t netns) {
  return std::any_of(facts.keepers.begin(), facts.keepers.end(),
                     [&](const auto& k) { return k.netns == netns; }) ||
         std::any_of(facts.settings.begin(), facts.settings.end(),
                     [&](const auto& s) { return s.netns == netns && s.bridge; });
}

void read_namespace(const hops::Namespace& netns, doctor::Facts& facts) {
  const auto fd = open_network_namespace(netns.name);
  const auto done = fd ? inside_network_namespace(*fd,
                                                  [&]() -> Result<void> {
                                                    const auto read =
                                                        read_link_settings(netns.inode, facts);
                                                    if (!read) return read;
                                                    read_keepers(netns.inode, netns.name, facts);
                                                    if (wants_firewall(facts, netns.inode)) {
                                                      read_firewall(netns.inode, netns.name, facts);
                                                    }
                                                    return {};
                                                  })
                       : Result<void>(tl::unexpected(fd.error()));
  if (!done) facts.unread.push_back({"settings in namespace " + netns.name, done.error().message});
}

void read_managers(doctor::Facts& facts) {
  const auto runs = [&](std::string_view comm) {
    return std::any_of(facts.programs.begin(), facts.programs.end(),
                       [&](const auto& p) { return p.comm == comm; });
  };
  const bool networkd = runs("systemd-network");  // the kernel cuts names to 15 octets
  const bool network_manager = runs("NetworkManager");
  // Both manage the namespace of the initial process; so are the numbers of their state files.
  const std::uint64_t initial = namespace_of(1, "net");
  for (doctor::LinkSettings& s : facts.settings) {
    const bool theirs =
        initial == 0 ? s.netns == namespace_of(::getpid(), "net") : s.netns == initial;
    if (theirs) read_manager("", networkd, network_manager, s);
  }
}

}  // namespace

void read_firewall(std::uint64_t netns, const std::string& name, doctor::Facts& facts) {
  auto rules =
      ruleset().and_then([](const std::string& text) { return doctor::dropping_rules(text); });
  if (!rules) {
    facts.unread.push_back(
        {"firewall rules" + (name.empty() ? "" : " in namespace " + name), rules.error().message});
    return;
  }
  for (doctor::NamespaceSettings& n : facts.namespaces) {
    if (n.netns == netns) n.dropping = std::move(*rules);
  }
  // What iptables-legacy has loaded is not in nft's ruleset.
  if (!read_text("/proc/thread-self/net/ip_tables_names").empty()) {
    facts.unread.push_back({"rules of iptables-legacy" + (name.empty() ? "" : " in " + name),
                            "tables are loaded; look with iptables-legacy -S"});
  }
}

Result<doctor::Facts> doctor_facts(const std::string& host_name, std::chrono::milliseconds sample) {
  doctor::Facts facts;
  facts.host = host_name;
  utsname kernel{};
  if (::uname(&kernel) == 0) facts.kernel = kernel.release;
  auto links = link_facts(host_name, kOvsdbSocket);
  if (!links) return tl::unexpected(links.error());
  facts.links = std::move(*links);
  for (const std::string& what : facts.links.unseen) {
    facts.unread.push_back({"interfaces", what});
  }
  for (const hops::Namespace& netns : facts.links.namespaces) read_namespace(netns, facts);
  read_guests(facts);
  read_log_readers(facts);
  read_programs(facts);
  read_managers(facts);
  read_machine(facts, sample);
  return facts;
}

}  // namespace alibi::os
