// SPDX-License-Identifier: Apache-2.0
// Writes pcapng in little-endian byte order: one section, its interfaces, enhanced packet blocks,
// and the statistics of each interface at the end.
#include <algorithm>
#include <cstdio>
#include <utility>

#include "base/check.h"
#include "evidence/pcapng_encode.h"

namespace alibi::evidence {
namespace {

constexpr std::size_t kFileBuffer = std::size_t{256} << 10U;

}  // namespace

struct PcapngWriter::File {
  std::FILE* stream = nullptr;
  std::string path;
  std::size_t interfaces = 0;
  std::uint32_t snap_length = 0;
  std::int64_t last_ns = 0;
  PcapngEncoder encode;

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
  if (auto put = file->put(file->encode.section()); !put) return tl::unexpected(put.error());
  for (const CaptureInterface& interface : interfaces) {
    auto put = file->put(file->encode.interface(interface, snap_length));
    if (!put) return tl::unexpected(put.error());
  }
  return PcapngWriter(std::move(file));
}

Result<void> PcapngWriter::write(const CapturedFrame& frame, const std::string& comment) {
  CHECK(file_ != nullptr && file_->stream != nullptr);
  CHECK(frame.interface < file_->interfaces);
  CapturedFrame cut = frame;
  cut.bytes = frame.bytes.first(std::min<std::size_t>(frame.bytes.size(), file_->snap_length));
  cut.original_length =
      static_cast<std::uint32_t>(std::max<std::size_t>(frame.original_length, frame.bytes.size()));
  file_->last_ns = std::max(file_->last_ns, frame.unix_ns);
  return file_->put(file_->encode.packet(cut, comment));
}

Result<void> PcapngWriter::finish(const std::vector<CaptureInterface>& statistics) {
  CHECK(file_ != nullptr && file_->stream != nullptr);
  CHECK(statistics.size() == file_->interfaces);
  for (std::uint32_t i = 0; i < statistics.size(); ++i) {
    auto put = file_->put(
        file_->encode.statistics(i, file_->last_ns, statistics[i].received, statistics[i].dropped));
    if (!put) return put;
  }
  // fclose reports what the last flush could not write, e.g. on a full disk.
  std::FILE* stream = std::exchange(file_->stream, nullptr);
  if ((stream == stdout ? std::fflush(stream) : std::fclose(stream)) != 0) {
    return fail_errno("cannot write " + file_->path);
  }
  return {};
}

}  // namespace alibi::evidence
