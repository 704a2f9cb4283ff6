// SPDX-License-Identifier: Apache-2.0
// The pcap header and records (draft-ietf-opsawg-pcap), or the blocks of pcapng_encode.
#include "evidence/capture_writer.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/check.h"

namespace alibi::evidence {
namespace {

constexpr std::uint32_t kMicroMagic = 0xa1b2c3d4, kNanoMagic = 0xa1b23c4d;
constexpr std::int64_t kSecond = 1'000'000'000, kMicrosecond = 1000;

}  // namespace

CaptureWriter::CaptureWriter(OutputFile file, const CaptureFormat& format)
    : file_(std::move(file)), format_(format) {}

Result<void> CaptureWriter::header() {
  if (format_.pcapng) {
    if (auto put = file_.put(encode_.section()); !put) return put;
    for (const CaptureInterface& interface : format_.interfaces) {
      auto put = file_.put(
          encode_.interface(interface, format_.snap_length, format_.filter, format_.comment));
      if (!put) return put;
    }
    return {};
  }
  // Magic number, version 2.4, two reserved words, snap length, link type.
  const std::array<std::uint32_t, 6> words = {
      format_.nanoseconds ? kNanoMagic : kMicroMagic,
      2U | 4U << 16U,
      0,
      0,
      format_.snap_length,
      static_cast<std::uint32_t>(format_.interfaces.front().link_type)};
  return file_.put({reinterpret_cast<const std::uint8_t*>(words.data()), sizeof words});
}

Result<CaptureWriter> CaptureWriter::create(const std::string& path, const CaptureFormat& format) {
  CHECK(!format.interfaces.empty());
  auto file = OutputFile::create(path);
  if (!file) return tl::unexpected(file.error());
  CaptureWriter writer(std::move(*file), format);
  if (auto put = writer.header(); !put) return tl::unexpected(put.error());
  return writer;
}

Result<void> CaptureWriter::write(const CapturedFrame& frame, std::string_view comment) {
  const std::size_t size = std::min<std::size_t>(frame.bytes.size(), format_.snap_length);
  if (format_.pcapng) {
    CapturedFrame cut = frame;
    cut.bytes = frame.bytes.first(size);
    const auto block = encode_.packet(cut, comment);
    auto at = file_.record(block.size());
    if (!at) return tl::unexpected(at.error());
    std::memcpy(*at, block.data(), block.size());
  } else {
    const std::int64_t fraction = frame.unix_ns % kSecond;
    const std::array<std::uint32_t, 4> words = {
        static_cast<std::uint32_t>(frame.unix_ns / kSecond),
        static_cast<std::uint32_t>(format_.nanoseconds ? fraction : fraction / kMicrosecond),
        static_cast<std::uint32_t>(size), frame.original_length};
    auto at = file_.record(sizeof words + size);
    if (!at) return tl::unexpected(at.error());
    std::memcpy(*at, words.data(), sizeof words);
    if (size != 0) std::memcpy(*at + sizeof words, frame.bytes.data(), size);
  }
  ++frames_;
  return {};
}

Result<void> CaptureWriter::statistics(std::uint32_t interface, std::int64_t unix_ns,
                                       std::uint64_t received, std::uint64_t dropped,
                                       std::string_view comment) {
  if (!format_.pcapng) return {};
  return file_.put(encode_.statistics(interface, unix_ns, received, dropped, comment));
}

}  // namespace alibi::evidence
