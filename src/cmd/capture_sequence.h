// SPDX-License-Identifier: Apache-2.0
// The files of -w: one, or many by size (-C), by time (-G) and in a circle (-W), named as tcpdump
// names them. A file that cannot be written any more ends the writing, not the counting.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/instant.h"
#include "cmd/capture_options.h"
#include "evidence/capture_writer.h"

namespace alibi::cmd {

class CaptureSequence {
 public:
  /// `at_end` is called before a file is closed, for what stands at its end.
  CaptureSequence(const CaptureOptions& options, evidence::CaptureFormat format,
                  std::function<void(evidence::CaptureWriter&)> at_end);

  Result<void> open(std::int64_t unix_ns);
  /// A frame, into the next file if it is time for that.
  void write(const evidence::CapturedFrame& frame, std::string_view comment);
  /// Rotates when the time is up, traffic or not.
  void look(std::int64_t unix_ns);
  /// The comment at the interfaces of the files from the next one on.
  void describe(std::string comment) { format_.comment = std::move(comment); }
  void flush();
  void close();
  /// The -W files of -G are full, or the reader of a pipe has gone: the capture ends.
  bool finished() const { return finished_; }
  evidence::CaptureWriter* current() { return writer_ ? &*writer_ : nullptr; }

  const std::string& current_name() const { return last_name_; }

  std::uint64_t written() const;
  std::uint64_t not_written() const;
  const std::string& trouble() const {
    return trouble_;
  }  ///< why writing stopped; empty: it did not

 private:
  std::string name(std::int64_t unix_ns) const;
  void rotate(std::int64_t unix_ns);
  void note(const Result<void>& done);
  void run_command() const;

  const CaptureOptions& options_;
  evidence::CaptureFormat format_;
  std::function<void(evidence::CaptureWriter&)> at_end_;
  std::optional<evidence::CaptureWriter> writer_;
  std::int64_t opened_ns_ = 0;
  unsigned size_number_ = 0;  ///< of -C, within a -G period
  unsigned time_number_ = 0;  ///< files of -G so far
  std::string last_name_;
  std::uint64_t closed_written_ = 0, refused_ = 0, lost_ = 0;
  std::string trouble_;
  bool finished_ = false;
};

}  // namespace alibi::cmd
