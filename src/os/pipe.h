// SPDX-License-Identifier: Apache-2.0
// A pipe for what programs print: a reader that never waits, a writer to be inherited.
#pragma once

#include <string>

#include "base/result.h"
#include "os/fd.h"

namespace alibi::os {

class OutputPipe {
 public:
  static Result<OutputPipe> create();

  int write_fd() const { return writer_.get(); }
  int read_fd() const { return reader_.get(); }
  /// Appends to `text` what was printed, up to `limit` octets in all; the rest is thrown away.
  void drain(std::string& text, std::size_t limit) const;

 private:
  OutputPipe(Fd reader, Fd writer) : reader_(std::move(reader)), writer_(std::move(writer)) {}
  Fd reader_;
  Fd writer_;
};

}  // namespace alibi::os
