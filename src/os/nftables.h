// SPDX-License-Identifier: Apache-2.0
// One nftables table that drops what is sent to given addresses of this host, and what is sent from
// them; neighbour discovery passes. nfnetlink messages by hand (ADR 0013): a change of an element
// is one system call, answered within it; nothing is parsed, forked or cached.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/strong.h"
#include "os/fd.h"
#include "wire/address.h"

namespace alibi::os {

struct FirewallOptions {
  std::string table = "alibi";
  std::int32_t priority = -1;  ///< of its chains at the input and output hooks
  bool counters = false;
  bool operator==(const FirewallOptions&) const = default;
};

/// An address to be silent at; link-local ones count on their interface only.
struct BlockedAddress {
  wire::IpAddress address;
  IfIndex index{0};
  bool operator==(const BlockedAddress& other) const;
};

class Firewall {
 public:
  static Result<Firewall> open(FirewallOptions options);

  const FirewallOptions& options() const { return options_; }

  /// Makes the table, empty; one of the same name is replaced. One transaction.
  Result<void> make_table();
  /// A table that is not there is deleted already.
  Result<void> delete_table();

  /// All of them in one transaction; again is no error, either way.
  Result<void> block(std::span<const BlockedAddress> addresses);
  Result<void> unblock(std::span<const BlockedAddress> addresses);
  /// Nothing is blocked any more.
  Result<void> unblock_all();

 private:
  using Bytes = std::vector<std::uint8_t>;

  Firewall(Fd fd, FirewallOptions options) : fd_(std::move(fd)), options_(std::move(options)) {}
  void begin();
  void put_table(int type, int flags);
  void put_set(const char* name, std::uint32_t key_type, std::uint32_t key_bytes);
  void put_chain(const char* name, std::uint32_t hook);
  void put_rules(const char* chain, bool input);
  void put_flush(const char* set);
  void put_elements(int type, int flags, std::span<const BlockedAddress> addresses);
  /// Sends the transaction; the first errno of its answer, 0 when all was done.
  Result<int> commit();
  Result<void> done(Result<int> error, int harmless, const char* what);

  Fd fd_;
  FirewallOptions options_;
  Bytes batch_;
  std::vector<BlockedAddress> closed_;  ///< by this object: after a flush of the ruleset, again
  std::uint32_t sequence_ = 0;
};

}  // namespace alibi::os
