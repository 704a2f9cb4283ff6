// SPDX-License-Identifier: Apache-2.0
// Interfaces and addresses over rtnetlink: what there is, changing it, and hearing of changes.
// Requests are answered by the kernel within the call; nothing here waits for another process.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/strong.h"
#include "os/fd.h"
#include "wire/address.h"

namespace alibi::os {

struct Interface {
  IfIndex index{0};
  std::string name;
  wire::MacAddress mac;
  bool up = false;       ///< IFF_UP and IFF_RUNNING, what keepalived calls up
  bool deleted = false;  ///< in notifications only
};

struct InterfaceAddress {
  IfIndex index{0};
  wire::IpAddress address;
  int prefix_length = 0;
  std::uint8_t scope = 0;  ///< RT_SCOPE_*
  bool deleted = false;    ///< in notifications only
};

/// One address to add or remove, all that `ip address add` would be told.
struct AddressSpec {
  IfIndex index{0};
  wire::IpAddress address;
  int prefix_length = 32;
  std::uint8_t scope = 0;
  std::string label;
  std::optional<wire::IpAddress> broadcast;
};

/// "global", "link", "host", "site", "nowhere" or a number; nothing else.
std::optional<std::uint8_t> parse_scope(const std::string& text);

/// The RTM_NEWADDR / RTM_DELADDR message for `spec`, as sent (for tests to look into). IPv6
/// addresses are added without duplicate address detection, and /128 ones deprecated, so that the
/// host never picks them as a source (both as keepalived does).
std::vector<std::uint8_t> address_message(const AddressSpec& spec, bool add,
                                          std::uint32_t sequence);

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

 private:
  explicit Netlink(Fd fd) : fd_(std::move(fd)) {}
  Result<void> send(const void* message, std::size_t size);
  Result<void> change(const AddressSpec& spec, bool add, int harmless_errno);

  Fd fd_;
  std::uint32_t sequence_ = 0;
};

struct Overrun {};  ///< notifications were lost: look at everything anew
using LinkNews = std::variant<Interface, InterfaceAddress, Overrun>;

/// Notifications about links and addresses. Non-blocking.
class NetlinkMonitor {
 public:
  static Result<NetlinkMonitor> open();
  int fd() const { return fd_.get(); }
  /// Calls `heard` for each notification that is waiting.
  void drain(const std::function<void(const LinkNews&)>& heard);

 private:
  explicit NetlinkMonitor(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

}  // namespace alibi::os
