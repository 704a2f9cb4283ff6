// SPDX-License-Identifier: Apache-2.0
// Packets as lines on standard output: time stamp, packet_line(), octets.
#pragma once

#include <ctime>
#include <map>
#include <string>

#include "cmd/capture_options.h"
#include "evidence/capture_file.h"
#include "report/packet_line.h"

namespace alibi::cmd {

class CapturePrinter {
 public:
  /// `interface`: names of cooked headers' interfaces.
  CapturePrinter(const CaptureOptions& options,
                 std::function<std::string(std::uint32_t)> interface);

  /// `tap` stands in front of the packet when there are several.
  void print(const evidence::CapturedFrame& frame, const std::string& tap = {});
  /// False once standard output takes no more.
  bool flush();

 private:
  std::string stamp_text(std::int64_t unix_ns);
  std::string clock_text(std::int64_t unix_ns, bool with_date);
  std::string fraction(std::int64_t nanoseconds) const;
  std::string octets(const evidence::CapturedFrame& frame, bool whole) const;

  const CaptureOptions& options_;
  report::PacketLineOptions line_;
  std::uint64_t number_ = 0;
  std::int64_t first_ns_ = 0, previous_ns_ = 0;
  std::time_t second_ = -1;  ///< the one that `local_` is
  std::tm local_{};
  std::map<wire::IpAddress, std::string> hosts_;
};

}  // namespace alibi::cmd
