// SPDX-License-Identifier: Apache-2.0
#include "cmd/path_interfaces.h"

#include <algorithm>

#include "hops/find.h"
#include "os/link_facts.h"
#include "os/ovsdb.h"

namespace alibi::cmd {

Result<std::vector<std::string>> path_interfaces(const std::string& from, const std::string& to) {
  auto host = os::link_facts("", os::kOvsdbSocket);
  if (!host) return tl::unexpected(host.error());
  const std::vector<hops::Host> hosts = {std::move(*host)};
  const auto first = hops::find_place(hosts, from);
  if (!first) return tl::unexpected(first.error());
  const auto last = hops::find_place(hosts, to);
  if (!last) return tl::unexpected(last.error());
  const auto path = hops::find_path(hosts, *first, *last);
  if (!path) return tl::unexpected(path.error());
  std::vector<std::string> found;
  for (const hops::Hop& hop : path->hops) {
    const hops::Link& link = hosts[0].links[hop.place.link];
    if (link.id.index < 0) continue;  // Open vSwitch's own: nothing can be captured there
    const std::string netns = hops::namespace_text(hosts[0], link.id.netns);
    const std::string word = netns.empty() ? link.name : "netns:" + netns + "/" + link.name;
    if (std::find(found.begin(), found.end(), word) == found.end()) found.push_back(word);
  }
  return found;
}

}  // namespace alibi::cmd
