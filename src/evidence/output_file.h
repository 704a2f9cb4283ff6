// SPDX-License-Identifier: Apache-2.0
// A capture file being written: whole records through one large buffer, compressed when its name
// says so. What a full disk did not take is counted, and the file ends with a whole record.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace alibi::evidence {

class OutputFile {
 public:
  /// "-" is standard output; names that end in .gz or .zst are compressed so.
  static Result<OutputFile> create(const std::string& path);
  OutputFile(OutputFile&&) noexcept;
  OutputFile& operator=(OutputFile&&) noexcept;
  ~OutputFile();

  /// Room for a record of `size` octets, to be filled in before the next call. After an error
  /// nothing more is written.
  Result<std::uint8_t*> record(std::size_t size);
  /// A header, or whatever else is not counted as a record.
  Result<void> put(std::span<const std::uint8_t> bytes);
  Result<void> flush();
  /// flush(), the end of the compressed stream, close.
  Result<void> close();

  /// Octets of records so far, before compression.
  std::uint64_t size() const { return size_; }
  /// Records that were put and then could not be written.
  std::uint64_t lost_records() const { return lost_; }
  const std::string& path() const { return path_; }

 private:
  class Compressor;
  class Gzip;
  class Zstd;
  OutputFile();
  struct End {
    std::size_t at;  ///< in the buffer
    bool record;
  };
  Result<std::uint8_t*> room(std::size_t size, bool record);
  /// `done` grows by what the file has taken.
  Result<void> write_out(std::span<const std::uint8_t> bytes, std::size_t& done);
  void give_up(std::size_t done);

  std::string path_;
  int fd_ = -1;
  std::unique_ptr<Compressor> compressor_;
  std::vector<std::uint8_t> buffer_;
  std::size_t used_ = 0;
  std::vector<End> ends_;  ///< of what is in the buffer
  std::uint64_t size_ = 0;
  std::uint64_t written_ = 0;  ///< octets that the file has
  std::uint64_t lost_ = 0;
  bool failed_ = false;
};

}  // namespace alibi::evidence
