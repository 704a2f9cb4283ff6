// SPDX-License-Identifier: Apache-2.0
// Time stamps -t to -ttttt, names of hosts and services, -x -X -A.
#include "cmd/capture_printer.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "report/hex_dump.h"

namespace alibi::cmd {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::size_t kMostNames = 4096;

std::string host_name(const wire::IpAddress& address) {
  sockaddr_storage storage{};
  socklen_t size = 0;
  if (address.family == wire::Family::V4) {
    auto* v4 = reinterpret_cast<sockaddr_in*>(&storage);
    v4->sin_family = AF_INET;
    std::memcpy(&v4->sin_addr, address.bytes.data(), 4);
    size = sizeof *v4;
  } else {
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&storage);
    v6->sin6_family = AF_INET6;
    std::memcpy(&v6->sin6_addr, address.bytes.data(), 16);
    size = sizeof *v6;
  }
  char name[NI_MAXHOST] = {};
  const int failed = getnameinfo(reinterpret_cast<sockaddr*>(&storage), size, name, sizeof name,
                                 nullptr, 0, NI_NAMEREQD);
  return failed != 0 ? std::string() : std::string(name);
}

std::string service_name(std::uint16_t port, bool tcp) {
  const servent* entry = getservbyport(htons(port), tcp ? "tcp" : "udp");
  return entry == nullptr ? std::string() : std::string(entry->s_name);
}

std::string protocol_name(std::uint8_t number) {
  const protoent* entry = getprotobynumber(number);
  return entry == nullptr ? std::string() : std::string(entry->p_name);
}

}  // namespace

CapturePrinter::CapturePrinter(const CaptureOptions& options,
                               std::function<std::string(std::uint32_t)> interface)
    : options_(options) {
  line_.verbosity = options.verbosity;
  line_.link_header = options.link_header;
  line_.quiet = options.quiet;
  line_.no_checksums = options.no_checksums;
  line_.no_octets = options.hex + options.hex_text > 0;
  line_.names.interface = std::move(interface);
  if (options.no_names != 0) return;
  line_.names.service = service_name;
  line_.names.protocol = protocol_name;
  line_.names.vendors = true;
  line_.names.host = [this](const wire::IpAddress& address) {
    if (hosts_.size() > kMostNames) hosts_.clear();
    const auto [at, fresh] = hosts_.try_emplace(address);
    if (fresh) {
      at->second = host_name(address);
      if (options_.short_names)
        at->second.resize(std::min(at->second.find('.'), at->second.size()));
    }
    return at->second;
  };
}

std::string CapturePrinter::fraction(std::int64_t nanoseconds) const {
  return options_.nanoseconds ? fmt::format("{:09}", nanoseconds)
                              : fmt::format("{:06}", nanoseconds / 1000);
}

std::string CapturePrinter::clock_text(std::int64_t unix_ns, bool with_date) {
  const std::time_t second = unix_ns / kSecond;
  if (second != second_) {
    localtime_r(&second, &local_);
    second_ = second;
  }
  std::string out;
  if (with_date)
    out =
        fmt::format("{:04}-{:02}-{:02} ", local_.tm_year + 1900, local_.tm_mon + 1, local_.tm_mday);
  return out + fmt::format("{:02}:{:02}:{:02}.{}", local_.tm_hour, local_.tm_min, local_.tm_sec,
                           fraction(unix_ns % kSecond));
}

std::string CapturePrinter::stamp_text(std::int64_t unix_ns) {
  // A stamp has the precision that is shown: differences are of what was shown.
  if (!options_.nanoseconds) unix_ns = unix_ns / 1000 * 1000;
  const bool first = number_ == 1;
  if (first) first_ns_ = previous_ns_ = unix_ns;
  const std::int64_t since = unix_ns - (options_.stamp == 3 ? previous_ns_ : first_ns_);
  previous_ns_ = unix_ns;
  switch (options_.stamp) {
    case 0:
      return clock_text(unix_ns, false) + " ";
    case 1:
      return {};
    case 2:
      return fmt::format("{}.{} ", unix_ns / kSecond, fraction(unix_ns % kSecond));
    case 4:
      return clock_text(unix_ns, true) + " ";
    default: {
      const std::int64_t away = since < 0 ? -since : since;
      const std::int64_t seconds = away / kSecond;
      return fmt::format("{}{:02}:{:02}:{:02}.{} ", since < 0 ? '-' : ' ', seconds / 3600,
                         seconds / 60 % 60, seconds % 60, fraction(away % kSecond));
    }
  }
}

std::string CapturePrinter::octets(const evidence::CapturedFrame& frame, bool whole) const {
  std::size_t header = report::link_header_size(frame.bytes, frame.link_type);
  if (whole && header < frame.bytes.size()) header = 0;
  const auto shown = [&](int times) { return frame.bytes.subspan(times > 1 ? 0 : header); };
  using report::HexDump;
  if (options_.hex_text > 0) return report::hex_dump(shown(options_.hex_text), HexDump::HexAndText);
  if (options_.hex > 0) return report::hex_dump(shown(options_.hex), HexDump::Hex);
  if (options_.text > 0) return report::hex_dump(shown(options_.text), HexDump::Text);
  return {};
}

void CapturePrinter::print(const evidence::CapturedFrame& frame, const std::string& tap) {
  ++number_;
  std::string out;
  if (options_.number) out += fmt::format("{:5}  ", number_);
  out += stamp_text(frame.unix_ns);
  if (!tap.empty()) {
    const bool known = frame.direction != evidence::Direction::Unknown;
    const bool in = frame.direction == evidence::Direction::In;
    out += fmt::format("{:<5} {:<3} ", tap, !known ? "" : in ? "In" : "Out");
  }
  const auto line = report::packet_line(frame.bytes, frame.original_length, frame.link_type, line_);
  out += line.text;
  out += octets(frame, line.cut);  // of a cut packet tcpdump shows the link header, too
  out += '\n';
  std::fwrite(out.data(), 1, out.size(), stdout);
}

bool CapturePrinter::flush() { return std::fflush(stdout) == 0 && std::ferror(stdout) == 0; }

}  // namespace alibi::cmd
