// SPDX-License-Identifier: Apache-2.0
// What happens to the interfaces, addresses, bridge ports and neighbours of one network namespace,
// over rtnetlink. Unlike NetlinkMonitor it tells administrative state and carrier apart, and keeps
// the names.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <variant>

#include "base/result.h"
#include "os/fd.h"
#include "wire/address.h"

namespace alibi::os {

struct LinkState {
  int index = 0;
  std::string name;
  bool admin_up = false;   ///< IFF_UP
  bool carrier = false;    ///< IFF_LOWER_UP
  bool deleted = false;
  wire::MacAddress mac{};  ///< zero where a link has none of six octets
  bool was_usable = false;  ///< told with a change: up and with a carrier before it
  bool operator==(const LinkState&) const = default;
};

struct AddressState {
  int index = 0;
  std::string interface;
  wire::IpAddress address;
  bool added = false;
};

struct PortState {
  int index = 0;
  std::string interface;
  int bridge = 0;
  std::uint8_t state = 0;  ///< BR_STATE_* (linux/if_bridge.h)
  bool removed = false;
  bool operator==(const PortState&) const = default;
};

struct NeighbourState {
  int index = 0;
  std::string interface;
  wire::IpAddress address;
  wire::MacAddress mac{};  ///< zero while it is not known
  bool failed = false;     ///< NUD_FAILED
  bool operator==(const NeighbourState&) const = default;
};

using LinkEvent = std::variant<LinkState, AddressState, PortState, NeighbourState>;

class LinkMonitor {
 public:
  using Heard = std::function<void(const LinkEvent&)>;

  /// Knows the present links and ports when it returns; only changes are told, of neighbours those
  /// of their MAC address and of giving up.
  static Result<LinkMonitor> open(const Fd& netns);

  int fd() const { return fd_.get(); }
  /// Tells every change that waits. A message that changes nothing told here is not told.
  void drain(const Heard& heard);
  /// Times that the kernel had no room for a message.
  std::uint64_t overruns() const { return overruns_; }
  /// Neighbours that there was no room to remember, whose changes are not told.
  std::uint64_t unfollowed() const { return unfollowed_; }

 private:
  explicit LinkMonitor(Fd fd) : fd_(std::move(fd)) {}
  Result<void> take_list();
  /// Messages of one datagram; `quiet` only remembers. True when the answer to a dump ended.
  bool take(const char* bytes, std::size_t size, bool quiet, const Heard& heard);
  void take_link(const void* message, std::size_t size, bool deleted, bool quiet,
                 const Heard& heard);
  void take_address(const void* message, std::size_t size, bool added, const Heard& heard);

  void take_port(const void* message, std::size_t size, bool deleted, bool quiet,
                 const Heard& heard);
  void take_neighbour(const void* message, std::size_t size, const Heard& heard);
  void forget_neighbour(const void* message, std::size_t size);
  std::string name_of(int index) const;

  Fd fd_;
  std::map<int, LinkState> links_;
  std::map<int, PortState> ports_;
  std::map<std::pair<int, wire::IpAddress>, NeighbourState> neighbours_;
  std::uint64_t overruns_ = 0;
  std::uint64_t unfollowed_ = 0;
  std::size_t strangers_ = 0;  ///< told of that never answered
};

}  // namespace alibi::os
