// SPDX-License-Identifier: Apache-2.0
// The way of a frame between two interfaces, through the links that hosts told of: the points where
// it can be captured, in order.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "hops/links.h"

namespace alibi::hops {

/// An interface on one of several hosts.
struct Place {
  std::size_t host = 0;  ///< index
  std::size_t link = 0;  ///< index into its links
  auto operator<=>(const Place&) const = default;
};

/// One point of the path.
struct Hop {
  Place place;
  /// What leads here from the hop before: "veth pair", "bridge qbr01", "vxlan 7 inside", ...
  std::string by;
  bool inside = false;  ///< frames pass here inside a tunnel's packets
};

struct Path {
  std::vector<Hop> hops;            ///< first to last, both ends among them
  std::vector<std::string> doubts;  ///< what nobody saw, and what is in the way
};

/// What a person means by a word: an address, INTERFACE, NETNS/INTERFACE, either after "HOST:"; the
/// prefix "netns:" may be there, too. An error says what there is, or which of several to choose.
Result<Place> find_place(const std::vector<Host>& hosts, const std::string& word);

/// The shortest path; the error says how far the search came.
Result<Path> find_path(const std::vector<Host>& hosts, Place from, Place to);

/// "eth0 in lb1 on node01": for messages.
std::string place_text(const std::vector<Host>& hosts, Place place);
/// Name of a namespace of a host; its inode in brackets when it has none.
std::string namespace_text(const Host& host, std::uint64_t inode);

}  // namespace alibi::hops
