// SPDX-License-Identifier: Apache-2.0
// Recognises the format of a capture and hands it to its reader.
#include "evidence/capture_file.h"

#include <algorithm>
#include <cstring>
#include <initializer_list>

#include "evidence/capture_reader.h"

namespace alibi::evidence {
namespace {

bool starts_with(std::span<const std::uint8_t> bytes, std::initializer_list<std::uint8_t> magic) {
  return bytes.size() >= magic.size() && std::equal(magic.begin(), magic.end(), bytes.begin());
}

// Why these first octets are no capture, and what to do.
std::string refusal(std::span<const std::uint8_t> start) {
  if (start.empty()) return "the file is empty";
  if (starts_with(start, {0x1f, 0x8b})) return "compressed with gzip; unpack it first: gunzip -k";
  if (starts_with(start, {0x28, 0xb5, 0x2f, 0xfd})) {
    return "compressed with zstd; unpack it first: zstd -dk";
  }
  if (starts_with(start, {0xfd, '7', 'z', 'X', 'Z'})) {
    return "compressed with xz; unpack it first: unxz -k";
  }
  if (starts_with(start, {'S', 'Q', 'L', 'i', 't', 'e'})) {
    return "an SQLite file, perhaps an alibi case, but no capture";
  }
  return "not a capture: it begins with no magic number of pcap or pcapng";
}

Result<CaptureSummary> read_source(BlockSource& source, const std::string& name,
                                   const FrameSink& each) {
  const auto start = source.peek(12);
  if (is_pcapng(start)) return read_pcapng(source, each);
  if (is_pcap(start)) return read_pcap(source, name, each);
  if (source.read_errno() != 0) {
    return fail("cannot read " + name + ": " + std::strerror(source.read_errno()),
                source.read_errno());
  }
  return fail(name + ": " + refusal(start));
}

}  // namespace

std::string damage_text(const char* kind, const CaptureSummary& summary, std::uint64_t offset,
                        const std::string& why) {
  return std::string(kind) + " at packet " + std::to_string(summary.frames + 1) + ", byte offset " +
         std::to_string(offset) + ": " + why;
}

std::string cut_text(const CaptureSummary& summary, const BlockSource& source, std::uint64_t offset,
                     const std::string& inside) {
  if (source.read_errno() != 0) {
    return damage_text("unreadable", summary, offset, std::strerror(source.read_errno()));
  }
  return damage_text("truncated", summary, offset, "the file ends inside " + inside);
}

Result<CaptureSummary> read_capture(const std::string& path, const FrameSink& each) {
  auto source = BlockSource::open(path);
  if (!source) return tl::unexpected(source.error());
  return read_source(*source, path, each);
}

Result<CaptureSummary> read_capture_bytes(std::span<const std::uint8_t> bytes,
                                          const std::string& name, const FrameSink& each) {
  BlockSource source(bytes);
  return read_source(source, name, each);
}

}  // namespace alibi::evidence
