// SPDX-License-Identifier: Apache-2.0
// A capture as a file while it goes on: pcap as tcpdump writes it, or pcapng, where losses stand in
// front of the packet that came after them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "evidence/capture_file.h"
#include "evidence/output_file.h"
#include "evidence/pcapng_encode.h"

namespace alibi::evidence {

struct CaptureFormat {
  bool pcapng = false;
  bool nanoseconds = false;  ///< pcap: the magic number with nanosecond stamps; pcapng always has
  std::uint32_t snap_length = 262144;
  std::vector<CaptureInterface> interfaces;  ///< pcap: the first one's link type
  std::string filter;                        ///< pcapng: told with each interface
  std::string comment;                       ///< pcapng: the same
};

class CaptureWriter {
 public:
  static Result<CaptureWriter> create(const std::string& path, const CaptureFormat& format);

  /// Cut to the snap length. After an error the frame counts as not written.
  Result<void> write(const CapturedFrame& frame, std::string_view comment = {});
  /// What an interface had received and dropped at that time. Nothing in pcap.
  Result<void> statistics(std::uint32_t interface, std::int64_t unix_ns, std::uint64_t received,
                          std::uint64_t dropped, std::string_view comment = {});
  Result<void> flush() { return file_.flush(); }
  Result<void> close() { return file_.close(); }

  std::uint64_t size() const { return file_.size(); }
  /// Frames taken; those of them that a failed flush lost are in lost().
  std::uint64_t frames() const { return frames_; }
  std::uint64_t lost() const { return file_.lost_records(); }

 private:
  CaptureWriter(OutputFile file, const CaptureFormat& format);
  Result<void> header();

  OutputFile file_;
  CaptureFormat format_;
  PcapngEncoder encode_;
  std::uint64_t frames_ = 0;
};

}  // namespace alibi::evidence
