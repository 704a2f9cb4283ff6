// SPDX-License-Identifier: Apache-2.0
// What libpcap can say without capturing: devices, link types, and filters over captured frames.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/result.h"

namespace alibi::os {

/// "1.eth0 [Up, Running, Connected]", a line a device.
Result<std::string> capture_devices_text();
/// The one that is captured on when none is named.
Result<std::string> first_capture_device();
/// A number as in capture_devices_text() becomes the name that stands there, unless an interface is
/// named so; all else stays as it is.
Result<std::string> capture_device_named(const std::string& text);
/// "libpcap version 1.10.3 (with TPACKET_V3)".
std::string capture_library_version();
/// The DLT_ of a name such as "EN10MB".
Result<int> link_type_named(const std::string& name);
/// What -L says of a link type: its name and description, "EN10MB (Ethernet)".
std::string link_type_text(int dlt);
/// DLT_ and LINKTYPE_ numbers differ for raw IP alone, of those that are captured here.
int linktype_of_dlt(int dlt);
int dlt_of_linktype(int linktype);

/// A filter in user space.
class OfflineFilter {
 public:
  /// `linktype` as in a capture file. An empty expression passes everything.
  static Result<OfflineFilter> compile(const std::string& expression, int linktype,
                                       bool optimize = true);
  OfflineFilter(OfflineFilter&&) noexcept;
  OfflineFilter& operator=(OfflineFilter&&) noexcept;
  ~OfflineFilter();
  bool passes(std::span<const std::uint8_t> bytes, std::uint32_t original_length) const;
  /// The program on standard output: level 1 as text, 2 as C, 3 as numbers.
  void dump(int level) const;

 private:
  struct Program;
  explicit OfflineFilter(std::unique_ptr<Program> program);
  std::unique_ptr<Program> program_;
};

/// Snapshot length of a capture file for "reading from file"; 0 when libpcap cannot tell.
int snapshot_length_of(const std::string& path);

/// To another user for good, groups included: what needs root was done before.
Result<void> become_user(const std::string& name);
/// The file becomes the user's, and of his group.
Result<void> give_file(const std::string& path, const std::string& name);

}  // namespace alibi::os
