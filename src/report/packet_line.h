// SPDX-License-Identifier: Apache-2.0
// One line for one packet, in tcpdump's words. Bytes in, text out: names of hosts and services come
// from the caller, who may ask whom he likes.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "wire/address.h"
#include "wire/frame.h"

namespace alibi::report {

/// Names in the place of numbers; an empty function or answer leaves the number.
struct PacketNames {
  std::function<std::string(const wire::IpAddress&)> host;
  std::function<std::string(std::uint16_t port, bool tcp)> service;
  std::function<std::string(std::uint8_t number)> protocol;     ///< of IP
  std::function<std::string(std::uint32_t ifindex)> interface;  ///< of a cooked header
  bool vendors = false;  ///< "Broadcast", and behind a MAC address whose it is, as far as known
};

struct PacketLineOptions {
  int verbosity = 0;          ///< -v: how often
  bool link_header = false;   ///< -e
  bool quiet = false;         ///< -q
  bool no_checksums = false;  ///< -K: those of IP, TCP and UDP are not looked at
  bool no_octets = false;     ///< what has no line of its own is not shown as octets
  PacketNames names;
};

struct PacketLine {
  std::string text;
  bool cut = false;  ///< not all that is told of was captured
};

/// Without time stamp and end of line; with -v it may have more lines. What was not captured is
/// told as "[|PROTOCOL]". Any bytes will do.
PacketLine packet_line(std::span<const std::uint8_t> bytes, std::uint32_t original_length,
                       wire::LinkType link_type, const PacketLineOptions& options);

/// Octets in front of the network header: -x and -A leave them out.
std::size_t link_header_size(std::span<const std::uint8_t> bytes, wire::LinkType link_type);

}  // namespace alibi::report
