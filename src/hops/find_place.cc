// SPDX-License-Identifier: Apache-2.0
// Words for interfaces.
#include <algorithm>

#include "hops/find.h"

namespace alibi::hops {
namespace {

struct Wanted {
  std::optional<std::size_t> host;
  std::optional<wire::IpAddress> address;
  std::optional<std::string> netns;
  std::string interface;
};

Wanted read_word(const std::vector<Host>& hosts, std::string_view word) {
  Wanted wanted;
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    const std::string& name = hosts[i].name;
    if (!word.starts_with(name + ":")) continue;
    wanted.host = i;
    word.remove_prefix(name.size() + 1);
    break;
  }
  if (word.starts_with("netns:")) word.remove_prefix(6);
  wanted.address = wire::IpAddress::parse(word);
  const std::size_t slash = word.rfind('/');
  if (slash != std::string_view::npos) wanted.netns = word.substr(0, slash);
  wanted.interface = word.substr(slash == std::string_view::npos ? 0 : slash + 1);
  return wanted;
}

bool in_namespace(const Host& host, const Link& link, const std::string& name) {
  if (name == std::to_string(link.id.netns)) return true;
  return std::any_of(host.namespaces.begin(), host.namespaces.end(), [&](const Namespace& n) {
    return n.inode == link.id.netns && n.name == name;
  });
}

bool fits(const Host& host, const Link& link, const Wanted& wanted) {
  if (wanted.address) {
    return std::count(link.addresses.begin(), link.addresses.end(), *wanted.address) != 0;
  }
  return link.name == wanted.interface &&
         (!wanted.netns || in_namespace(host, link, *wanted.netns));
}

std::vector<Place> all_that_fit(const std::vector<Host>& hosts, const Wanted& wanted) {
  std::vector<Place> found;
  for (std::size_t h = 0; h < hosts.size(); ++h) {
    if (wanted.host && *wanted.host != h) continue;
    for (std::size_t l = 0; l < hosts[h].links.size(); ++l) {
      if (fits(hosts[h], hosts[h].links[l], wanted)) found.push_back({h, l});
    }
  }
  return found;
}

}  // namespace

std::string namespace_text(const Host& host, std::uint64_t inode) {
  for (const Namespace& n : host.namespaces) {
    if (n.inode == inode) return n.name;
  }
  return "[" + std::to_string(inode) + "]";
}

std::string place_text(const std::vector<Host>& hosts, Place place) {
  const Host& host = hosts[place.host];
  const Link& link = host.links[place.link];
  const std::string netns = namespace_text(host, link.id.netns);
  return link.name + (netns.empty() ? "" : " in " + netns) +
         (hosts.size() > 1 ? " on " + host.name : "");
}

Result<Place> find_place(const std::vector<Host>& hosts, const std::string& word) {
  const Wanted wanted = read_word(hosts, word);
  std::vector<Place> found = all_that_fit(hosts, wanted);
  if (found.size() > 1 && !wanted.address && !wanted.netns) {
    // A bare name is meant as everybody means it: here.
    std::vector<Place> own;
    std::copy_if(found.begin(), found.end(), std::back_inserter(own), [&](Place p) {
      const Host& host = hosts[p.host];
      return namespace_text(host, host.links[p.link].id.netns).empty();
    });
    if (!own.empty()) found = own;
  }
  if (found.size() == 1) return found.front();
  if (found.empty()) {
    return fail("'" + word +
                "' is no interface and no address that was seen here; write INTERFACE, "
                "NETNS/INTERFACE or an address");
  }
  std::string list;
  for (const Place place : found) {
    list += (list.empty() ? "" : ", ") + place_text(hosts, place);
  }
  return fail("'" + word + "' may be any of " + std::to_string(found.size()) + ": " + list);
}

}  // namespace alibi::hops
