// SPDX-License-Identifier: Apache-2.0
// Writes pcapng in little-endian byte order: one section, its interfaces, enhanced packet blocks,
// and the statistics of each interface at the end.
#include <algorithm>
#include <cstdio>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "evidence/capture_file.h"
#include "evidence/pcapng_blocks.h"

namespace alibi::evidence {
namespace {

using namespace pcapng;

constexpr std::size_t kFileBuffer = std::size_t{256} << 10U;
constexpr std::size_t kMaxOption = 65532;  // the largest 16-bit length that is a multiple of 4
constexpr std::uint8_t kNanoseconds = 9;

// One block under construction; the buffer is used again and again.
class Block {
 public:
  void begin(std::uint32_t type) {
    bytes_.clear();
    number(type, 4);
    number(0, 4);  // length, known at the end
  }
  void number(std::uint64_t value, unsigned octets) {
    for (unsigned i = 0; i < octets; ++i) {
      bytes_.push_back(static_cast<std::uint8_t>(value >> (8 * i) & 0xffU));
    }
  }
  void data(std::span<const std::uint8_t> value) {
    bytes_.insert(bytes_.end(), value.begin(), value.end());
    bytes_.resize(padded(bytes_.size()), 0);
  }
  void option(std::uint16_t code, std::uint64_t value, unsigned octets) {
    number(code, 2);
    number(octets, 2);
    number(value, octets);
    bytes_.resize(padded(bytes_.size()), 0);
  }
  void text_option(std::uint16_t code, std::string_view value) {
    if (value.empty()) return;
    value = value.substr(0, kMaxOption);
    number(code, 2);
    number(value.size(), 2);
    data({reinterpret_cast<const std::uint8_t*>(value.data()), value.size()});
  }
  void end_options() { number(0, 4); }
  std::span<const std::uint8_t> finish() {
    const std::size_t length = bytes_.size() + 4;
    number(length, 4);
    for (unsigned i = 0; i < 4; ++i) bytes_[4 + i] = bytes_[bytes_.size() - 4 + i];
    return bytes_;
  }

 private:
  std::vector<std::uint8_t> bytes_;
};

// The time fields of packet and statistics blocks: the upper half first.
void put_time(Block& block, std::int64_t unix_ns) {
  const auto ticks = static_cast<std::uint64_t>(std::max<std::int64_t>(unix_ns, 0));
  block.number(ticks >> 32U, 4);
  block.number(ticks & 0xffffffffU, 4);
}

}  // namespace

struct PcapngWriter::File {
  std::FILE* stream = nullptr;
  std::string path;
  std::size_t interfaces = 0;
  std::uint32_t snap_length = 0;
  std::int64_t last_ns = 0;
  Block block;

  ~File() {
    if (stream != nullptr && stream != stdout) std::fclose(stream);
  }
  Result<void> put(std::span<const std::uint8_t> bytes) {
    if (std::fwrite(bytes.data(), 1, bytes.size(), stream) != bytes.size()) {
      return fail_errno("cannot write " + path);
    }
    return {};
  }
};

PcapngWriter::PcapngWriter(std::unique_ptr<File> file) : file_(std::move(file)) {}
PcapngWriter::PcapngWriter(PcapngWriter&&) noexcept = default;
PcapngWriter& PcapngWriter::operator=(PcapngWriter&&) noexcept = default;
PcapngWriter::~PcapngWriter() = default;

Result<PcapngWriter> PcapngWriter::create(const std::string& path,
                                          const std::vector<CaptureInterface>& interfaces,
                                          std::uint32_t snap_length) {
  auto file = std::make_unique<File>();
  file->path = path;
  file->interfaces = interfaces.size();
  file->snap_length = snap_length;
  file->stream = path == "-" ? stdout : std::fopen(path.c_str(), "wbe");
  if (file->stream == nullptr) return fail_errno("cannot create " + path);
  std::setvbuf(file->stream, nullptr, _IOFBF, kFileBuffer);
  Block& block = file->block;
  block.begin(kSectionHeader);
  block.number(kByteOrderMagic, 4);
  block.number(1, 2);
  block.number(0, 2);
  block.number(UINT64_MAX, 8);  // section length: not given
  block.text_option(kShbUserApplication, "alibi");
  block.end_options();
  if (auto put = file->put(block.finish()); !put) return tl::unexpected(put.error());
  for (const CaptureInterface& interface : interfaces) {
    block.begin(kInterfaceDescription);
    block.number(static_cast<std::uint16_t>(interface.link_type), 2);
    block.number(0, 2);
    block.number(snap_length, 4);
    block.text_option(kIfName, interface.name);
    block.text_option(kIfDescription, interface.description);
    block.option(kIfTsResolution, kNanoseconds, 1);
    block.end_options();
    if (auto put = file->put(block.finish()); !put) return tl::unexpected(put.error());
  }
  return PcapngWriter(std::move(file));
}

Result<void> PcapngWriter::write(const CapturedFrame& frame, const std::string& comment) {
  CHECK(file_ != nullptr && file_->stream != nullptr);
  CHECK(frame.interface < file_->interfaces);
  const auto bytes =
      frame.bytes.first(std::min<std::size_t>(frame.bytes.size(), file_->snap_length));
  Block& block = file_->block;
  block.begin(kEnhancedPacket);
  block.number(frame.interface, 4);
  put_time(block, frame.unix_ns);
  block.number(bytes.size(), 4);
  block.number(std::max<std::size_t>(frame.original_length, frame.bytes.size()), 4);
  block.data(bytes);
  block.text_option(kOptComment, comment);
  if (frame.direction != Direction::Unknown) {
    block.option(kEpbFlags, frame.direction == Direction::In ? kFlagInbound : kFlagOutbound, 4);
  }
  if (frame.dropped_before != 0) block.option(kEpbDropCount, frame.dropped_before, 8);
  block.end_options();
  file_->last_ns = std::max(file_->last_ns, frame.unix_ns);
  return file_->put(block.finish());
}

Result<void> PcapngWriter::finish(const std::vector<CaptureInterface>& statistics) {
  CHECK(file_ != nullptr && file_->stream != nullptr);
  CHECK(statistics.size() == file_->interfaces);
  Block& block = file_->block;
  for (std::size_t i = 0; i < statistics.size(); ++i) {
    block.begin(kInterfaceStatistics);
    block.number(i, 4);
    put_time(block, file_->last_ns);
    block.option(kIsbReceived, statistics[i].received, 8);
    block.option(kIsbDropped, statistics[i].dropped, 8);
    block.end_options();
    if (auto put = file_->put(block.finish()); !put) return put;
  }
  // fclose reports what the last flush could not write, e.g. on a full disk.
  std::FILE* stream = std::exchange(file_->stream, nullptr);
  if ((stream == stdout ? std::fflush(stream) : std::fclose(stream)) != 0) {
    return fail_errno("cannot write " + file_->path);
  }
  return {};
}

}  // namespace alibi::evidence
