// SPDX-License-Identifier: Apache-2.0
// Names, rotation, and what happens when the disk is full.
#include "cmd/capture_sequence.h"

#include <fmt/format.h>

#include <cstdio>
#include <ctime>
#include <utility>

#include "os/background.h"

namespace alibi::cmd {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::size_t kLongestName = 4096;

}  // namespace

CaptureSequence::CaptureSequence(const CaptureOptions& options, evidence::CaptureFormat format,
                                 std::function<void(evidence::CaptureWriter&)> at_end)
    : options_(options), format_(std::move(format)), at_end_(std::move(at_end)) {}

std::string CaptureSequence::name(std::int64_t unix_ns) const {
  std::string base = options_.write_file;
  if (options_.rotate_seconds != 0) {
    char text[kLongestName] = {};
    const std::time_t second = unix_ns / kSecond;
    std::tm local{};
    localtime_r(&second, &local);
    if (std::strftime(text, sizeof text, base.c_str(), &local) != 0) base = text;
  }
  // The number goes behind all of the name, a compressed file's ending included: then the ending
  // is put behind once more, or the file would not be compressed.
  std::string ending;
  for (const char* known : {".gz", ".zst"})
    if (base.ends_with(known)) ending = known;
  const bool circle = options_.rotate_size != 0 && options_.file_count != 0;
  if (size_number_ == 0 && !circle) return base;
  const std::size_t digits = circle ? std::to_string(options_.file_count - 1).size() : 0;
  return fmt::format("{}{:0{}}{}", base, size_number_, digits, ending);
}

Result<void> CaptureSequence::open(std::int64_t unix_ns) {
  if (options_.rotate_size == 0 || size_number_ == 0) opened_ns_ = unix_ns;
  last_name_ = name(unix_ns);
  auto writer = evidence::CaptureWriter::create(last_name_, format_);
  if (!writer) return tl::unexpected(writer.error());
  writer_ = std::move(*writer);
  return {};
}

void CaptureSequence::note(const Result<void>& done) {
  if (done || !trouble_.empty()) return;
  trouble_ = done.error().message;
  if (done.error().os_errno == EPIPE) {  // nobody reads any more: there is nothing to count for
    finished_ = true;
    std::fprintf(stderr, "alibi: %s\n", trouble_.c_str());
    return;
  }
  std::fprintf(stderr, "alibi: %s; nothing more is written, packets are still counted\n",
               trouble_.c_str());
}

void CaptureSequence::close() {
  if (!writer_) return;
  at_end_(*writer_);
  note(writer_->close());
  closed_written_ += writer_->frames() - writer_->lost();
  lost_ += writer_->lost();
  writer_.reset();
}

/// -z, on the file that was just closed; nobody waits for it.
void CaptureSequence::run_command() const {
  if (options_.rotate_command.empty()) return;
  if (auto done = os::run_in_background({options_.rotate_command, last_name_}); !done)
    std::fprintf(stderr, "alibi: %s\n", done.error().message.c_str());
}

void CaptureSequence::rotate(std::int64_t unix_ns) {
  close();
  run_command();
  if (finished_ || !trouble_.empty()) return;
  note(open(unix_ns));
}

void CaptureSequence::look(std::int64_t unix_ns) {
  if (options_.rotate_seconds == 0 || finished_) return;
  if (unix_ns - opened_ns_ < std::int64_t{options_.rotate_seconds} * kSecond) return;
  ++time_number_;
  if (options_.file_count != 0 && options_.rotate_size == 0 &&
      time_number_ >= options_.file_count) {
    std::fprintf(stderr, "Maximum file limit reached: %u\n", options_.file_count);
    finished_ = true;
  }
  size_number_ = 0;
  opened_ns_ = unix_ns;
  rotate(unix_ns);
}

void CaptureSequence::write(const evidence::CapturedFrame& frame, std::string_view comment) {
  look(frame.unix_ns);
  if (writer_ && options_.rotate_size != 0 && writer_->size() > options_.rotate_size) {
    ++size_number_;
    if (options_.file_count != 0 && size_number_ >= options_.file_count) size_number_ = 0;
    rotate(frame.unix_ns);
  }
  if (!writer_ || !trouble_.empty()) {
    ++refused_;
    return;
  }
  const auto done = writer_->write(frame, comment);
  if (!done) ++refused_;
  note(done);
}

void CaptureSequence::flush() {
  if (writer_) note(writer_->flush());
}

std::uint64_t CaptureSequence::written() const {
  return closed_written_ + (writer_ ? writer_->frames() - writer_->lost() : 0);
}

std::uint64_t CaptureSequence::not_written() const {
  return refused_ + lost_ + (writer_ ? writer_->lost() : 0);
}

}  // namespace alibi::cmd
