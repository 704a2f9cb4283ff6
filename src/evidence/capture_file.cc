// SPDX-License-Identifier: Apache-2.0
// Recognises the format of a capture and hands it to its reader.
#include "evidence/capture_file.h"

#include <algorithm>
#include <string_view>

#include "evidence/capture_reader.h"

namespace alibi::evidence {
namespace {

using std::operator""sv;
using Octets = std::span<const std::uint8_t>;

// What is no capture that we read, and what to do about it.
struct Foreign {
  std::string_view magic;
  std::string_view what;
};
constexpr Foreign kForeign[] = {
    {"\xfd\x37zXZ"sv, "compressed with xz; unpack it first: unxz -k"},
    {"BZh"sv, "compressed with bzip2; unpack it first: bunzip2 -k"},
    {"\x04\x22\x4d\x18"sv, "compressed with lz4; unpack it first: unlz4 -k"},
    {"PK\x03\x04"sv, "a zip archive; unpack it first: unzip"},
    {"SQLite"sv, "an SQLite file, perhaps an alibi case, but no capture"},
    {"RTSS"sv, "a Microsoft Network Monitor 1 capture; convert it first: editcap -F pcapng"},
    {"GMBU"sv, "a Microsoft Network Monitor 2 capture; convert it first: editcap -F pcapng"},
    {"TRSNIFF data"sv, "a DOS Sniffer capture; convert it first: editcap -F pcapng"},
    {"XCP\0"sv, "a NetXRay or Windows Sniffer capture; convert it first: editcap -F pcapng"},
    {"\x54\x52\x00\x64\x00"sv, "an HP-UX nettl capture; convert it first: editcap -F pcapng"},
    {"iptrace "sv, "an AIX iptrace capture; convert it first: editcap -F pcapng"},
    {"btsnoop\0"sv, "a Bluetooth btsnoop capture, which holds no IP packets"},
    {"LOGG"sv, "a Vector BLF log; convert it first: editcap -F pcapng"},
};

// Why these first octets are no capture, and what to do.
std::string refusal(Octets start) {
  if (start.empty()) return "the file is empty";
  const std::string text(start.begin(), start.end());
  for (const Foreign& format : kForeign) {
    if (text.compare(0, format.magic.size(), format.magic) == 0) return std::string(format.what);
  }
  return "not a capture: it begins with no magic number of pcap, pcapng or snoop";
}

Result<CaptureSummary> read_source(BlockSource& source, const std::string& name,
                                   wire::Interest interest, const FrameSink& each) {
  constexpr std::size_t kLongestMagic = 16;
  const Octets start = source.peek(kLongestMagic);
  if (is_pcapng(start)) return read_pcapng(source, interest, each);
  if (is_pcap(start)) return read_pcap(source, name, interest, each);
  if (is_snoop(start)) return read_snoop(source, name, interest, each);
  if (!source.error().empty()) return fail("cannot read " + name + ": " + source.error());
  return fail(name + ": " + refusal(start.first(std::min(kLongestMagic, start.size()))));
}

}  // namespace

std::string damage_text(const char* kind, const CaptureSummary& summary, const BlockSource& source,
                        const std::string& why) {
  return std::string(kind) + " at packet " + std::to_string(summary.frames + 1) + ", byte offset " +
         std::to_string(source.offset()) + (source.packed() ? " of the unpacked data: " : ": ") +
         why;
}

std::string cut_text(const CaptureSummary& summary, const BlockSource& source,
                     const std::string& inside) {
  if (!source.error().empty()) return damage_text("unreadable", summary, source, source.error());
  return damage_text("truncated", summary, source, "the file ends inside " + inside);
}

Result<CaptureSummary> read_capture(const std::string& path, wire::Interest interest,
                                    const FrameSink& each) {
  auto source = BlockSource::open(path);
  if (!source) return tl::unexpected(source.error());
  return read_source(*source, path, interest, each);
}

Result<CaptureSummary> read_capture_bytes(Octets bytes, const std::string& name,
                                          wire::Interest interest, const FrameSink& each) {
  BlockSource source = BlockSource::of(bytes);
  return read_source(source, name, interest, each);
}

}  // namespace alibi::evidence
