// SPDX-License-Identifier: Apache-2.0
#include "os/doctor_facts.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>

#include "doctor/ruleset.h"
#include "os/doctor_read.h"
#include "os/link_facts.h"
#include "os/namespaces.h"
#include "os/ovsdb.h"
#include "os/proc_fs.h"
#include "os/ruleset_list.h"

namespace alibi::os {
namespace {

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
      list_ruleset().and_then([](const std::string& text) { return doctor::dropping_rules(text); });
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
