// SPDX-License-Identifier: Apache-2.0
// pcap-filter(7) expressions over packets of a capture, by libpcap's compiler and interpreter.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>

#include "base/result.h"
#include "wire/frame.h"

namespace alibi::evidence {

/// One expression, compiled for each link type that it meets.
class PacketFilter {
 public:
  /// Fails with libpcap's complaint if the expression says nothing over Ethernet.
  static Result<PacketFilter> compile(const std::string& expression);
  PacketFilter(PacketFilter&&) noexcept;
  PacketFilter& operator=(PacketFilter&&) = delete;
  ~PacketFilter();

  /// False also for a link type over which the expression cannot be compiled.
  bool matches(std::span<const std::uint8_t> bytes, std::uint32_t original_length,
               wire::LinkType link_type);

 private:
  struct Program;
  explicit PacketFilter(std::string expression);
  Result<Program*> program_of(wire::LinkType link_type);

  std::string expression_;
  std::map<wire::LinkType, std::unique_ptr<Program>> programs_;
};

}  // namespace alibi::evidence
