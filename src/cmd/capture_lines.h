// SPDX-License-Identifier: Apache-2.0
// What alibi capture shows: a line a packet, or, with --count, none.
#pragma once

#include <map>
#include <string>

#include "cmd/capture_printer.h"
#include "cmd/capture_view.h"

namespace alibi::cmd {

class CaptureLines : public CaptureView {
 public:
  explicit CaptureLines(const CaptureOptions& options)
      : options_(options),
        printer_(options, [this](std::uint32_t index) { return interface_name(index); }) {}

  void open(CaptureTaps& taps) override { taps_ = &taps; }
  bool take(const evidence::CapturedFrame& frame) override;
  bool caught_up(Instant now, bool idle) override;
  void close(bool interrupted, Instant now) override;

 private:
  std::string interface_name(std::uint32_t index);

  const CaptureOptions& options_;
  const CaptureTaps* taps_ = nullptr;
  std::map<std::uint32_t, std::string> names_;  ///< by index, of the first cooked tap
  CapturePrinter printer_;
  bool unflushed_ = false;
};

}  // namespace alibi::cmd
