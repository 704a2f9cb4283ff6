// SPDX-License-Identifier: Apache-2.0
// What happens to the interfaces and addresses of one network namespace, over rtnetlink. Unlike
// NetlinkMonitor it tells administrative state and carrier apart, and keeps the names.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
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

class LinkMonitor {
 public:
  using Heard = std::function<void(const std::variant<LinkState, AddressState>&)>;

  /// Knows the present links when it returns; only changes are told.
  static Result<LinkMonitor> open(const Fd& netns);

  int fd() const { return fd_.get(); }
  /// Tells every change that waits. A message that changes nothing told here is not told.
  void drain(const Heard& heard);
  /// Times that the kernel had no room for a message.
  std::uint64_t overruns() const { return overruns_; }

 private:
  explicit LinkMonitor(Fd fd) : fd_(std::move(fd)) {}
  /// Messages of one datagram; `quiet` only remembers. True when the answer to a dump ended.
  bool take(const char* bytes, std::size_t size, bool quiet, const Heard& heard);
  void take_link(const void* message, std::size_t size, bool deleted, bool quiet,
                 const Heard& heard);
  void take_address(const void* message, std::size_t size, bool added, const Heard& heard);

  Fd fd_;
  std::map<int, LinkState> links_;
  std::uint64_t overruns_ = 0;
};

}  // namespace alibi::os
