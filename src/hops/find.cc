// SPDX-License-Identifier: Apache-2.0
// Dijkstra's search over interfaces. A state is an interface, or the inside of a bridge, together
// with the tunnels that the frame is inside of.
#include "hops/find.h"

#include <algorithm>
#include <limits>
#include <map>
#include <queue>
#include <set>

#include "hops/doubts.h"

namespace alibi::hops {
namespace {

constexpr unsigned kStep = 1;
constexpr unsigned kUnseen = 1000;  // a network that nobody told of: only where nothing else is
constexpr std::size_t kMostTunnels = 2;  // one inside the other

struct State {
  Place at;
  bool in_bridge = false;      ///< `at` is a bridge, the frame between its ports
  int vlan = 0;                ///< in a bridge: the access VLAN it came from; 0: not known
  std::vector<Place> tunnels;  ///< entered and not left, outermost last
  auto operator<=>(const State&) const = default;
};

struct Edge {
  State to;
  std::string by;
  unsigned cost = kStep;
};

/// "openvswitch": the kernel's part of all bridges of a switch whose database was not read.
bool is_bridge(const Link& link) {
  return link.kind == "bridge" || link.kind == "ovs-bridge" || link.kind == "openvswitch";
}
bool is_bond(const Link& link) { return link.kind == "bond" || link.kind == "team"; }
bool is_hardware(const Link& link) { return link.kind.empty() && link.name != "lo"; }

bool has(const std::vector<wire::IpAddress>& all, const wire::IpAddress& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

/// Whether packets of the tunnel may go to `address`: it was given, or a group was.
bool sends_to(const Tunnel& tunnel, const wire::IpAddress& address) {
  return std::any_of(tunnel.remotes.begin(), tunnel.remotes.end(), [&](const auto& remote) {
    return remote == address || remote.is_multicast();
  });
}

class Search {
 public:
  Search(const std::vector<Host>& hosts) : hosts_(hosts) {
    for (std::size_t h = 0; h < hosts.size(); ++h) {
      for (std::size_t l = 0; l < hosts[h].links.size(); ++l) index(h, l);
    }
  }

  Result<Path> run(Place from, Place to);

 private:
  using Key = std::pair<std::size_t, LinkId>;  // host and interface

  struct Reached {
    unsigned cost = std::numeric_limits<unsigned>::max();
    State before;
    std::string by;
    bool tied = false;  ///< another way here costs the same
  };

  void index(std::size_t host, std::size_t link);
  const Link& link(Place p) const { return hosts_[p.host].links[p.link]; }
  const Place* find(std::size_t host, const LinkId& id) const {
    const auto it = places_.find({host, id});
    return it == places_.end() ? nullptr : &it->second;
  }

  std::vector<Edge> edges(const State& s) const;
  void cables(const State& s, std::vector<Edge>& out) const;
  void masters(const State& s, std::vector<Edge>& out) const;
  void enter_tunnel(const State& s, std::vector<Edge>& out) const;
  void leave_tunnel(const State& s, std::vector<Edge>& out) const;
  void machines(const State& s, std::vector<Edge>& out) const;
  void unseen_network(const State& s, std::vector<Edge>& out) const;
  void inside_bridge(const State& s, std::vector<Edge>& out) const;
  std::vector<Place> ways_out(std::size_t host, const Link& tunnel) const;
  bool answers(const Link& tunnel, const Link& entered, Place arrival) const;
  bool arrives(const Tunnel& tunnel, Place at) const;

  bool passed(const State& before, const State& next) const;
  Path retrace(const State& goal) const;
  std::string how_far(Place from, Place to) const;

  const std::vector<Host>& hosts_;
  std::map<Key, Place> places_;
  std::map<Key, std::vector<Place>> ports_;   // of a bridge or bond
  std::map<Key, std::vector<Place>> uppers_;  // VLANs and their like, ends of veths: by `other`
  std::map<State, Reached> reached_;
};

void Search::index(std::size_t host, std::size_t l) {
  const Link& link = hosts_[host].links[l];
  const Place place{host, l};
  places_.emplace(Key{host, link.id}, place);
  if (link.master != 0) ports_[{host, {link.id.netns, link.master}}].push_back(place);
  if (link.other.index != 0) uppers_[{host, link.other}].push_back(place);
}

std::vector<Edge> Search::edges(const State& s) const {
  std::vector<Edge> out;
  if (s.in_bridge) {
    inside_bridge(s, out);
    return out;
  }
  cables(s, out);
  masters(s, out);
  enter_tunnel(s, out);
  leave_tunnel(s, out);
  machines(s, out);
  unseen_network(s, out);
  return out;
}

void Search::inside_bridge(const State& s, std::vector<Edge>& out) const {
  const std::string by = "bridge " + link(s.at).name;
  out.push_back({{s.at, false, 0, s.tunnels}, by});  // as the host's own interface
  const auto it = ports_.find({s.at.host, link(s.at).id});
  if (it == ports_.end()) return;
  for (const Place port : it->second) {
    const int vlan = link(port).vlan;
    if (vlan == 0 || s.vlan == 0 || vlan == s.vlan)
      out.push_back({{port, false, 0, s.tunnels}, by});
  }
}

/// Both ways between the ends of a veth, and between a VLAN and what is below it.
void Search::cables(const State& s, std::vector<Edge>& out) const {
  const Link& here = link(s.at);
  const auto join = [&](Place to, const Link& upper) {
    const std::string by = upper.kind == "veth"        ? "veth pair"
                           : upper.kind == "ovs-patch" ? "patch ports"
                                                       : upper.kind + " " + upper.name;
    out.push_back({{to, false, 0, s.tunnels}, by});
  };
  if (!here.tunnel) {
    if (const Place* to = find(s.at.host, here.other)) join(*to, here);
  }
  const auto it = uppers_.find({s.at.host, here.id});
  if (it == uppers_.end()) return;
  for (const Place upper : it->second) {
    if (!link(upper).tunnel) join(upper, link(upper));
  }
}

void Search::masters(const State& s, std::vector<Edge>& out) const {
  const Link& here = link(s.at);
  if (is_bridge(here)) out.push_back({{s.at, true, 0, s.tunnels}, ""});
  if (is_bond(here)) {
    const auto it = ports_.find({s.at.host, here.id});
    if (it == ports_.end()) return;
    for (const Place port : it->second) {
      out.push_back({{port, false, 0, s.tunnels}, here.kind + " " + here.name});
    }
  }
  const Place* master = find(s.at.host, {here.id.netns, here.master});
  if (master == nullptr) return;
  if (is_bridge(link(*master))) {
    out.push_back({{*master, true, here.vlan, s.tunnels}, ""});
  }
  if (is_bond(link(*master))) {
    out.push_back({{*master, false, 0, s.tunnels}, link(*master).kind + " " + link(*master).name});
  }
}

/// Interfaces by which a tunnel's packets may leave: the one it was given, the one with its local
/// address, else any with an address of the family.
std::vector<Place> Search::ways_out(std::size_t host, const Link& tunnel) const {
  const Tunnel& t = *tunnel.tunnel;
  if (const Place* under = find(host, t.under)) return {*under};
  std::vector<Place> local, any;
  for (std::size_t l = 0; l < hosts_[host].links.size(); ++l) {
    const Link& other = hosts_[host].links[l];
    if (other.id.netns != t.under.netns || other.name == "lo" || other.id == tunnel.id) continue;
    if (t.local && has(other.addresses, *t.local)) local.push_back({host, l});
    if (!other.addresses.empty()) any.push_back({host, l});
  }
  return local.empty() ? any : local;
}

void Search::enter_tunnel(const State& s, std::vector<Edge>& out) const {
  const Link& here = link(s.at);
  if (!here.tunnel || s.tunnels.size() >= kMostTunnels) return;
  State to = s;
  to.tunnels.push_back(s.at);
  for (const Place under : ways_out(s.at.host, here)) {
    to.at = under;
    out.push_back({to, "into " + here.kind + " " + std::to_string(here.tunnel->id)});
  }
}

/// Whether a packet of the tunnel that comes in at an interface is for that namespace.
bool Search::arrives(const Tunnel& tunnel, Place at) const {
  const auto& links = hosts_[at.host].links;
  return std::any_of(links.begin(), links.end(), [&](const Link& l) {
    return l.id.netns == link(at).id.netns &&
           std::any_of(l.addresses.begin(), l.addresses.end(),
                       [&](const auto& address) { return sends_to(tunnel, address); });
  });
}

/// Whether `tunnel`, in the namespace of `arrival`, takes out what went into `entered`.
bool Search::answers(const Link& tunnel, const Link& entered, Place arrival) const {
  if (!tunnel.tunnel || tunnel.kind != entered.kind) return false;
  const Tunnel& there = *tunnel.tunnel;
  const Tunnel& mine = *entered.tunnel;
  const bool same = there.id == mine.id || there.any_id || mine.any_id;
  if (!same || there.under.netns != link(arrival).id.netns) return false;
  if (there.local && !sends_to(mine, *there.local)) return false;
  return !mine.local || there.remotes.empty() || sends_to(there, *mine.local);
}

void Search::leave_tunnel(const State& s, std::vector<Edge>& out) const {
  const Link& here = link(s.at);
  if (s.tunnels.empty() || here.addresses.empty()) return;
  const Place entered = s.tunnels.back();
  if (!arrives(*link(entered).tunnel, s.at)) return;
  State to = s;
  to.tunnels.pop_back();
  for (std::size_t l = 0; l < hosts_[s.at.host].links.size(); ++l) {
    const Link& tunnel = hosts_[s.at.host].links[l];
    if (!answers(tunnel, link(entered), s.at)) continue;
    to.at = {s.at.host, l};
    if (to.at == entered) continue;
    out.push_back({to, "out of " + tunnel.kind + " " + std::to_string(tunnel.tunnel->id)});
  }
}

/// A virtual machine's interface and its tap: the machine's address was learned there, or the tap
/// has it with the first octet of libvirt's taps.
bool same_cable(const Link& tap, const Link& nic) {
  if (tap.kind != "tun" || !is_hardware(nic)) return false;
  if (std::find(tap.behind.begin(), tap.behind.end(), nic.mac) != tap.behind.end()) return true;
  return tap.mac.bytes[0] == 0xfe &&
         std::equal(tap.mac.bytes.begin() + 1, tap.mac.bytes.end(), nic.mac.bytes.begin() + 1);
}

void Search::machines(const State& s, std::vector<Edge>& out) const {
  const Link& here = link(s.at);
  if (here.kind != "tun" && !is_hardware(here)) return;
  for (std::size_t h = 0; h < hosts_.size(); ++h) {
    if (h == s.at.host) continue;
    for (std::size_t l = 0; l < hosts_[h].links.size(); ++l) {
      const Link& there = hosts_[h].links[l];
      if (same_cable(here, there) || same_cable(there, here)) {
        out.push_back({{{h, l}, false, 0, s.tunnels}, "virtual machine"});
      }
    }
  }
}

void Search::unseen_network(const State& s, std::vector<Edge>& out) const {
  if (!is_hardware(link(s.at))) return;
  for (std::size_t h = 0; h < hosts_.size(); ++h) {
    if (h == s.at.host) continue;
    for (std::size_t l = 0; l < hosts_[h].links.size(); ++l) {
      const Link& there = hosts_[h].links[l];
      if (!is_hardware(there) || !there.up) continue;
      out.push_back({{{h, l}, false, 0, s.tunnels}, std::string(kUnseenNetwork), kUnseen});
    }
  }
}

/// A frame does not come back to where it was: not by the cable it came, nor into a bridge it left.
bool Search::passed(const State& before, const State& next) const {
  for (State s = before;;) {
    if (s.at == next.at && s.in_bridge == next.in_bridge && s.tunnels == next.tunnels) return true;
    const Reached& r = reached_.at(s);
    if (r.cost == 0) return false;
    s = r.before;
  }
}

Path Search::retrace(const State& goal) const {
  Path path;
  bool tied = false;
  for (State s = goal;;) {
    const Reached& r = reached_.at(s);
    tied = tied || r.tied;
    if (!s.in_bridge) path.hops.push_back({s.at, r.by, !s.tunnels.empty()});
    if (r.cost == 0) break;
    s = r.before;
  }
  std::reverse(path.hops.begin(), path.hops.end());
  path.doubts = doubts(hosts_, path.hops);
  if (tied) path.doubts.emplace_back("there is another way of the same length");
  return path;
}

std::string Search::how_far(Place from, Place to) const {
  std::set<Place> seen;
  for (const auto& [state, reached] : reached_) seen.insert(state.at);
  std::string text = "no way from " + place_text(hosts_, from) + " to " + place_text(hosts_, to) +
                     " was seen; what can be reached:";
  std::size_t listed = 0;
  for (const Place p : seen) {
    if (++listed > 20) break;
    text += (listed > 1 ? ", " : " ") + place_text(hosts_, p);
  }
  if (seen.size() > 20) text += ", and " + std::to_string(seen.size() - 20) + " more";
  for (const Host& host : hosts_) {
    for (const std::string& what : host.unseen) text += "; not seen: " + what;
  }
  return text;
}

Result<Path> Search::run(Place from, Place to) {
  using Entry = std::pair<unsigned, State>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> queue;
  const State start{from, false, 0, {}};
  reached_[start].cost = 0;
  queue.emplace(0, start);
  while (!queue.empty()) {
    const auto [cost, state] = queue.top();
    queue.pop();
    if (state.at == to && !state.in_bridge && state.tunnels.empty()) return retrace(state);
    if (cost > reached_[state].cost) continue;
    for (Edge& edge : edges(state)) {
      if (passed(state, edge.to)) continue;
      Reached& there = reached_[edge.to];
      const unsigned total = cost + edge.cost;
      if (total == there.cost && !(there.before == state)) there.tied = true;
      if (total >= there.cost) continue;
      there = {total, state, std::move(edge.by), false};
      queue.emplace(total, std::move(edge.to));
    }
  }
  return fail(how_far(from, to));
}

}  // namespace

Result<Path> find_path(const std::vector<Host>& hosts, Place from, Place to) {
  return Search(hosts).run(from, to);
}

}  // namespace alibi::hops
