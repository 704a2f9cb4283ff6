// SPDX-License-Identifier: Apache-2.0
// rtnetlink in each namespace; what one namespace calls another (its nsid) is asked for with every
// namespace that is known, since links say no more than that number.
#include "os/link_facts.h"

#include <linux/neighbour.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "hops/open_vswitch.h"
#include "os/link_facts_parse.h"
#include "os/namespaces.h"
#include "os/netlink.h"
#include "os/netlink_message.h"
#include "os/ovsdb.h"
#include "os/proc_fs.h"
#include "os/proc_fs_fds.h"

namespace alibi::os {
namespace {

constexpr const char* kNamed = "/run/netns";

struct Opened {
  std::string name;
  std::uint64_t inode = 0;
  Fd fd;
};

class Collector {
 public:
  Collector(hops::Host& host, std::string ovsdb) : host_(host), ovsdb_(std::move(ovsdb)) {}

  Result<void> run();

 private:
  void open_namespaces();
  void open(const std::string& spec, const std::string& what);
  Result<void> read(const Opened& netns);
  Result<void> read_links(Netlink& netlink, const Opened& netns);
  Result<void> read_addresses(Netlink& netlink, std::size_t first);
  void read_forwarding(Netlink& netlink, std::size_t first);
  std::map<int, std::uint64_t> name_neighbours(Netlink& netlink, const std::set<int>& wanted);
  void name_holders();
  void ask_switch();
  std::uint64_t namespace_of_switch() const;

  hops::Host& host_;
  std::string ovsdb_;
  std::vector<Opened> namespaces_;
};

void Collector::open(const std::string& spec, const std::string& what) {
  auto fd = open_network_namespace(spec);
  const auto inode = fd ? namespace_inode(*fd) : Result<std::uint64_t>(0);
  if (!fd || !inode) {
    host_.unseen.push_back(what + ": " + (fd ? inode.error() : fd.error()).message);
    return;
  }
  const bool known = std::any_of(namespaces_.begin(), namespaces_.end(),
                                 [&](const Opened& o) { return o.inode == *inode; });
  if (!known) namespaces_.push_back({spec, *inode, std::move(*fd)});
}

void Collector::open_namespaces() {
  open("", "the own namespace");
  std::error_code error;
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(kNamed, error)) {
    names.push_back(entry.path().filename());
  }
  std::sort(names.begin(), names.end());
  for (const std::string& name : names) open(name, "namespace " + name);
  std::set<std::uint64_t> tried;
  std::size_t hidden = 0;
  for (const std::int32_t pid : list_processes()) {
    const std::uint64_t inode = namespace_of(pid, "net");
    if (inode == 0) {
      const auto stat = read_stat(pid);
      hidden += stat && stat->state != 'Z' ? 1 : 0;  // one that has ended is in none
    }
    if (inode == 0 || !tried.insert(inode).second) continue;
    const bool known = std::any_of(namespaces_.begin(), namespaces_.end(),
                                   [&](const Opened& o) { return o.inode == inode; });
    const std::string spec = "pid:" + std::to_string(pid);
    if (!known) open(spec, "namespace of process " + std::to_string(pid));
  }
  if (hidden != 0) {
    host_.unseen.push_back("namespaces of " + std::to_string(hidden) +
                           " processes, which may not be looked at");
  }
}

Result<void> Collector::run() {
  open_namespaces();
  for (const Opened& netns : namespaces_) {
    const auto done = inside_network_namespace(netns.fd, [&] { return read(netns); });
    if (done) {
      host_.namespaces.push_back({netns.inode, netns.name});
    } else if (netns.name.empty()) {
      return done;
    } else {
      host_.unseen.push_back(netns.name + ": " + done.error().message);
    }
  }
  name_holders();
  ask_switch();
  return {};
}

Result<void> Collector::read(const Opened& netns) {
  auto netlink = Netlink::open();
  if (!netlink) return tl::unexpected(netlink.error());
  const std::size_t first = host_.links.size();
  if (auto links = read_links(*netlink, netns); !links) return links;
  if (auto addresses = read_addresses(*netlink, first); !addresses) return addresses;
  read_forwarding(*netlink, first);
  return {};
}

Result<void> Collector::read_links(Netlink& netlink, const Opened& netns) {
  NetlinkMessage request(RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP);
  request.body<ifinfomsg>();
  std::vector<RawLink> found;
  const auto asked = netlink.each(request, [&](const nlmsghdr* h) {
    if (auto raw = parse_link_facts(h)) found.push_back(std::move(*raw));
  });
  if (!asked) return asked;
  std::set<int> wanted;
  for (const RawLink& raw : found) {
    if (raw.other_nsid >= 0) wanted.insert(raw.other_nsid);
  }
  const auto neighbours = name_neighbours(netlink, wanted);
  for (RawLink& raw : found) {
    hops::Link& link = raw.link;
    link.id.netns = netns.inode;
    link.other.netns = netns.inode;
    if (raw.other_nsid >= 0) {
      const auto it = neighbours.find(raw.other_nsid);
      link.other.netns = it == neighbours.end() ? 0 : it->second;
    }
    if (link.tunnel) {
      link.tunnel->under.netns = link.other.netns;
      if (link.tunnel->under.index == 0) link.tunnel->under.index = link.other.index;
    }
    if (link.tunnel || link.other.netns == 0) link.other = {};
    host_.links.push_back(std::move(link));
  }
  return {};
}

/// Of the namespaces that this one has numbers for, those in `wanted`.
std::map<int, std::uint64_t> Collector::name_neighbours(Netlink& netlink,
                                                        const std::set<int>& wanted) {
  std::map<int, std::uint64_t> named;
  for (const Opened& other : namespaces_) {
    if (named.size() == wanted.size()) break;
    NetlinkMessage request(RTM_GETNSID, NLM_F_REQUEST | NLM_F_ACK);
    request.body<rtgenmsg>();
    request.put_u32(NETNSA_FD, static_cast<std::uint32_t>(other.fd.get()));
    std::optional<int> nsid;
    const auto asked = netlink.each(request, [&](const nlmsghdr* h) { nsid = parse_nsid(h); });
    if (asked && nsid && wanted.count(*nsid) != 0) named[*nsid] = other.inode;
  }
  return named;
}

Result<void> Collector::read_addresses(Netlink& netlink, std::size_t first) {
  const auto addresses = netlink.addresses();
  if (!addresses) return tl::unexpected(addresses.error());
  for (const InterfaceAddress& a : *addresses) {
    for (std::size_t i = first; i < host_.links.size(); ++i) {
      if (host_.links[i].id.index != a.index.value) continue;
      host_.links[i].addresses.push_back(a.address);
    }
  }
  return {};
}

/// Absent where there is no bridge module: then there are no such entries either.
void Collector::read_forwarding(Netlink& netlink, std::size_t first) {
  NetlinkMessage request(RTM_GETNEIGH, NLM_F_REQUEST | NLM_F_DUMP);
  request.body<ndmsg>().ndm_family = AF_BRIDGE;
  static_cast<void>(netlink.each(request, [&](const nlmsghdr* h) {
    const auto entry = parse_forwarding(h);
    if (!entry) return;
    for (std::size_t i = first; i < host_.links.size(); ++i) {
      hops::Link& link = host_.links[i];
      if (link.id.index != entry->index) continue;
      if (entry->remote && link.tunnel) {
        auto& remotes = link.tunnel->remotes;
        if (std::find(remotes.begin(), remotes.end(), *entry->remote) == remotes.end()) {
          remotes.push_back(*entry->remote);
        }
      } else if (!entry->own && link.master != 0) {
        link.behind.push_back(entry->mac);
      }
    }
  }));
}

/// The "iff:" line of a descriptor of /dev/net/tun names the interface (drivers/net/tun.c).
void Collector::name_holders() {
  const bool any = std::any_of(host_.links.begin(), host_.links.end(),
                               [](const hops::Link& link) { return link.kind == "tun"; });
  if (!any) return;
  for (const std::int32_t pid : list_processes()) {
    for (const OpenDescriptor& open : descriptors_of(pid)) {
      if (open.target != "/dev/net/tun") continue;
      const std::string info =
          read_text("/proc/" + std::to_string(pid) + "/fdinfo/" + std::to_string(open.fd));
      const std::size_t at = info.find("iff:\t");
      if (at == std::string::npos) continue;
      const std::string name = info.substr(at + 5, info.find('\n', at) - at - 5);
      for (hops::Link& link : host_.links) {
        if (link.kind != "tun" || link.name != name || !link.holder.empty()) continue;
        link.holder = comm_of(pid) + " (pid " + std::to_string(pid) + ")";
      }
    }
  }
}

/// Of the daemon that works with this database; ours when there is none.
std::uint64_t Collector::namespace_of_switch() const {
  for (const std::int32_t pid : list_processes()) {
    if (comm_of(pid) != "ovs-vswitchd") continue;
    const std::string arguments = command_line(pid);
    const bool another = arguments.find("unix:") != std::string::npos &&
                         arguments.find(ovsdb_) == std::string::npos && ovsdb_ != kOvsdbSocket;
    const std::uint64_t netns = namespace_of(pid, "net");
    if (!another && netns != 0) return netns;
  }
  return namespaces_.front().inode;
}

void Collector::ask_switch() {
  std::error_code error;
  const bool there = std::filesystem::exists(ovsdb_, error);
  const bool needed = std::any_of(host_.links.begin(), host_.links.end(),
                                  [](const auto& link) { return link.kind == "openvswitch"; });
  if (!there && !needed) return;
  const auto told =
      ask_ovsdb(ovsdb_, hops::open_vswitch_question()).and_then([&](const std::string& answer) {
        return hops::add_open_vswitch(host_, namespace_of_switch(), answer);
      });
  if (!told) host_.unseen.push_back("bridges of Open vSwitch: " + told.error().message);
}

}  // namespace

Result<hops::Host> link_facts(const std::string& host_name, const std::string& ovsdb) {
  hops::Host host;
  host.name = host_name;
  if (auto done = Collector(host, ovsdb).run(); !done) return tl::unexpected(done.error());
  return host;
}

}  // namespace alibi::os
