// SPDX-License-Identifier: Apache-2.0
// Interfaces and addresses over rtnetlink: what there is, and changing it. Requests are answered by
// the kernel within the call; nothing here waits for another process.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <vector>

#include "base/instant.h"
#include "base/result.h"
#include "base/strong.h"
#include "os/fd.h"
#include "os/netlink_address.h"
#include "wire/address.h"

struct nlmsghdr;

namespace alibi::os {

class NetlinkMessage;

struct Interface {
  IfIndex index{0};
  std::string name;
  wire::MacAddress mac;
  std::string kind;      ///< "macvlan", "veth", ...; empty for hardware
  IfIndex base{0};       ///< the interface below a macvlan or VLAN; a veth's peer
  unsigned mtu = 0;
  bool up = false;       ///< IFF_UP and IFF_RUNNING, what keepalived calls up
  bool deleted = false;  ///< in notifications only
};

struct InterfaceAddress {
  IfIndex index{0};
  wire::IpAddress address;
  int prefix_length = 0;
  std::uint8_t scope = 0;  ///< RT_SCOPE_*
  bool usable = true;      ///< duplicate address detection has ended, and well
  bool deleted = false;    ///< in notifications only
};

/// A request socket. One thread.
class Netlink {
 public:
  static Result<Netlink> open();

  Result<std::vector<Interface>> interfaces();
  Result<std::vector<InterfaceAddress>> addresses();

  /// Adding one that is there, and removing one that is not, is success.
  Result<void> add(const AddressSpec& spec);
  Result<void> remove(const AddressSpec& spec);
  /// True when the address is on that interface.
  Result<bool> has(const AddressSpec& spec);

  /// Sends a request that asks for an acknowledgement and waits for the kernel's: an errno among
  /// `harmless` is success, any other a failure that begins with `what`.
  Result<void> change(NetlinkMessage& message, std::initializer_list<int> harmless,
                      const std::string& what);
  /// Every message of the answer to a dump (or one object asked for). After an answer that was
  /// given up at its deadline (ETIME) the socket is of no more use.
  Result<void> each(NetlinkMessage& request, const std::function<void(const nlmsghdr*)>& each,
                    Instant deadline = kNever);
  /// From now on the kernel filters dumps by what the request names (NETLINK_GET_STRICT_CHK);
  /// before Linux 4.20 it gives everything all the same.
  void filter_dumps();

 private:
  explicit Netlink(Fd fd) : fd_(std::move(fd)) {}
  Result<void> send(NetlinkMessage& message);

  Fd fd_;
  std::uint32_t sequence_ = 0;
};

}  // namespace alibi::os
