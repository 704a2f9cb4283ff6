// SPDX-License-Identifier: Apache-2.0
// Which capture files are pieces of one capture (rotation by size or time, a ring of files), and
// which are taps of their own. Told by what they hold; names only decide between equals.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "evidence/capture_file.h"

namespace alibi::evidence {

/// What can be known of a file without reading it whole.
struct CaptureHead {
  std::string path;
  struct Interface {
    std::string name;
    wire::LinkType link_type = wire::LinkType::Ethernet;
    auto operator<=>(const Interface&) const = default;
  };
  std::vector<Interface> interfaces;
  std::optional<std::int64_t> first_ns;  ///< Unix time of the first packet
  std::optional<std::int64_t>
      clock_offset;  ///< of its first interface, as `alibi capture` notes it
  /// VRID, version and family of the adverts seen, and which way each source's went.
  std::set<std::uint32_t> routers;
  std::map<wire::IpAddress, Direction> ways;

  void hear(const wire::VrrpPacket& packet, Direction direction);
};

/// Of the first 256 KiB; nothing where they cannot be read as a capture.
std::optional<CaptureHead> read_head(const std::string& path);

/// Which way the frame went, also by the cooked headers of the `any` device.
Direction direction_of(const CapturedFrame& frame);
/// LINKTYPE_LINUX_SLL2: the index of the interface that saw the frame; 0: it does not say.
std::uint32_t port_of(const CapturedFrame& frame);

/// Pieces that were read, one after the other in time.
struct PieceChain {
  CaptureHead all;  ///< interfaces, routers and ways of all; path of the last
  std::int64_t first_ns = 0, last_ns = 0;  ///< of the last piece, by the clock of the first
  std::uint64_t frames = 0;                ///< of the last piece
};

/// How a file goes on where others ended.
struct Continuation {
  std::optional<std::size_t> chain;
  std::vector<std::size_t> rivals;  ///< it may go on with any of these: nothing shows which
  std::int64_t clock_set_ns = 0;    ///< how much its clock is ahead of the chain's
  std::int64_t between_ns = 0;      ///< from the chain's end to its first packet
  bool unseen_between = false;  ///< longer than packets there are apart: it may have stood still
};

/// A file is a piece of a chain when it begins after the chain's end, has the same interfaces, and
/// holds adverts of a router that the chain holds, or either has none; not when a source whose
/// adverts came in at the one went out at the other. If longer than twenty packets' time lies
/// between, interfaces or files must be of one name as well.
Continuation find_chain(std::span<const PieceChain> chains, const CaptureHead& head);

}  // namespace alibi::evidence
