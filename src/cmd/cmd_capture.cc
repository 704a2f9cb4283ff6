// SPDX-License-Identifier: Apache-2.0
// alibi capture: the letters of tcpdump, and what asks for no packet.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <memory>
#include <sstream>

#include "cmd/capture_options.h"
#include "cmd/capture_session.h"
#include "cmd/command.h"
#include "cmd/path_interfaces.h"
#include "evidence/capture_file.h"
#include "os/capture_devices.h"
#include "os/live_filter.h"

namespace alibi::cmd {
namespace {

constexpr std::uint32_t kLargestSnap = 262144;
constexpr int kEthernet = 1;
constexpr unsigned kSmallestRingKib = 4;
constexpr std::uint64_t kLargestRingKib = 4U << 20U;

/// Octets: millions as they are, or with k, m, g in powers of two.
Result<std::uint64_t> rotate_size(const std::string& text) {
  std::size_t digits = 0;
  std::uint64_t value = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9')
    value = value * 10 + static_cast<unsigned>(text[digits++] - '0');
  const std::string unit = text.substr(digits);
  const std::uint64_t factor = unit.empty()                 ? 1'000'000U
                               : unit == "k" || unit == "K" ? 1U << 10U
                               : unit == "m" || unit == "M" ? 1U << 20U
                               : unit == "g" || unit == "G" ? 1U << 30U
                                                            : 0U;
  if (digits == 0 || digits > 12 || value == 0 || factor == 0)
    return fail("invalid file size " + text);
  return value * factor;
}

// Comments as tcpdump takes them: from # to the end of the line.
Result<std::string> filter_text(const CaptureOptions& options) {
  if (options.filter_file.empty()) return fmt::format("{}", fmt::join(options.filter_words, " "));
  std::ifstream file(options.filter_file);
  if (!file) return fail("can't open " + options.filter_file + ": No such file or directory");
  std::string line, out;
  while (std::getline(file, line)) out += line.substr(0, line.find('#')) + "\n";
  return out;
}

bool reads(const CaptureOptions& options) {
  return !options.read_file.empty() || !options.list_file.empty();
}

/// `text`, if there is any, as a number; what else it is, is `complaint`.
template <typename Number>
Result<void> set_number(Number& number, const std::string& text, std::uint64_t least,
                        std::uint64_t most, const std::string& complaint) {
  if (text.empty()) return {};
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || at != end || value < least || value > most) return fail(complaint);
  number = static_cast<Number>(value);
  return {};
}

/// Values are refused in tcpdump's words.
Result<void> check_values(CaptureOptions& o) {
  constexpr std::uint64_t kMost = 1UL << 62U;
  constexpr std::uint64_t kMostInt = INT32_MAX;
  const auto one_of = [](const std::string& word, std::initializer_list<std::string_view> known) {
    return std::find(known.begin(), known.end(), word) != known.end();
  };
  if (!o.read_file.empty() && !o.list_file.empty())
    return fail("-V and -r are mutually exclusive.");
  if (o.stamp > 5) return fail("only -t, -tt, -ttt, -tttt and -ttttt are supported");
  if (!one_of(o.direction, {"in", "out", "inout"}))
    return fail("unknown capture direction `" + o.direction + "'");
  if (!one_of(o.stamp_type, {"host"})) return fail("invalid time stamp type " + o.stamp_type);
  if (!one_of(o.precision, {"micro", "nano"})) return fail("unsupported time stamp precision");
  Result<void> done =
      set_number(o.count, o.count_text, 1, kMost, "invalid packet count " + o.count_text);
  if (done)
    done = set_number(o.snap_length, o.snap_length_text, 0, kLargestSnap,
                      fmt::format("invalid snaplen {} (must be >= 0 and <= {})", o.snap_length_text,
                                  kLargestSnap));
  if (done)
    done = set_number(o.buffer_kib, o.buffer_kib_text, 1, kLargestRingKib,
                      "invalid packet buffer size " + o.buffer_kib_text);
  if (done)
    done = set_number(o.rotate_seconds, o.rotate_seconds_text, 0, kMostInt,
                      "invalid number of seconds " + o.rotate_seconds_text);
  if (done)
    done = set_number(o.file_count, o.file_count_text, 1, kMostInt,
                      "invalid number of output files " + o.file_count_text);
  if (o.snap_length == 0) o.snap_length = kLargestSnap;
  if (o.buffer_kib != 0) o.buffer_kib = std::max(o.buffer_kib, kSmallestRingKib);
  return done;
}

Result<void> complete(CaptureOptions& options) {
  if (auto right = check_values(options); !right) return right;
  auto filter = filter_text(options);
  if (!filter) return tl::unexpected(filter.error());
  options.filter = std::move(*filter);
  if (options.precision == "nano") options.nanoseconds = true;
  if (options.microseconds) options.nanoseconds = false;
  if (!options.rotate_size_text.empty()) {
    auto size = rotate_size(options.rotate_size_text);
    if (!size) return tl::unexpected(size.error());
    options.rotate_size = *size;
  }
  for (std::string& interface : options.interfaces) {
    auto named = os::capture_device_named(interface);
    if (!named) return tl::unexpected(named.error());
    interface = std::move(*named);
  }
  if (!options.path.empty()) {
    auto found = path_interfaces(options.path[0], options.path[1]);
    if (!found) return tl::unexpected(found.error());
    options.interfaces.insert(options.interfaces.end(), found->begin(), found->end());
  }
  if (!options.interfaces.empty() || reads(options) || options.list_devices ||
      options.show_version || options.dump_filter != 0)
    return {};
  auto device = os::first_capture_device();
  if (!device) return tl::unexpected(device.error());
  options.interfaces.push_back(std::move(*device));
  return {};
}

int list_link_types(const CaptureOptions& options) {
  os::LiveFilterRequest request;
  request.interface = options.interfaces.front();
  const auto filter = os::live_filter(request);
  if (!filter) return capture_error(filter.error().message);
  fmt::print(stderr, "Data link types for {} (use option -y to set):\n  {}\n", request.interface,
             os::link_type_text(filter->link_type));
  return 0;
}

/// -d with -r: the link type is the file's.
Result<int> link_type_of_file(const CaptureOptions& options) {
  std::optional<wire::LinkType> found;
  const auto read = evidence::read_capture(
      options.read_file, wire::Interest::Everything,
      [&](const evidence::CapturedFrame& frame) { found = found.value_or(frame.link_type); });
  if (!read) return tl::unexpected(read.error());
  if (!found && !read->interfaces.empty()) found = read->interfaces.front().link_type;
  const int dlt = os::dlt_of_linktype(static_cast<int>(found.value_or(wire::LinkType::Ethernet)));
  announce_file(options.read_file, dlt);
  return dlt;
}

int dump_filter(const CaptureOptions& options) {
  Result<int> link_type = kEthernet;
  if (!options.read_file.empty()) {
    link_type = link_type_of_file(options);
  } else if (options.interfaces.empty()) {
    fmt::print(stderr, "Warning: assuming Ethernet\n");
  } else {
    os::LiveFilterRequest request;
    request.interface = options.interfaces.front();
    if (request.interface == "any") fmt::print(stderr, "alibi: data link type LINUX_SLL2\n");
    auto live = os::live_filter(request);
    if (!live) return capture_error(live.error().message);
    link_type = live->link_type;
  }
  if (!link_type) return capture_error(link_type.error().message);
  const auto filter = os::OfflineFilter::compile(options.filter, *link_type, !options.no_optimizer);
  if (!filter) return capture_error(filter.error().message);
  filter->dump(options.dump_filter);
  return 0;
}

int capture(CaptureOptions& options) {
  if (auto done = complete(options); !done) return capture_error(done.error().message);
  if (options.show_version) {
    fmt::print("alibi {}\n{}\n", ALIBI_VERSION, os::capture_library_version());
    return 0;
  }
  if (options.list_devices) {
    const auto text = os::capture_devices_text();
    if (!text) return capture_error(text.error().message);
    fmt::print("{}", *text);
    return 0;
  }
  if (options.list_link_types) return list_link_types(options);
  if (options.list_stamp_types) {
    fmt::print(stderr, "Time stamp types for {} (use option -j to set):\n  host (Host)\n",
               options.interfaces.front());
    return 0;
  }
  if (options.dump_filter != 0) return dump_filter(options);
  return reads(options) ? capture_read(options) : capture_live(options);
}

void add_output_letters(CLI::App& sub, CaptureOptions& o) {
  sub.add_flag("-n", o.no_names, "numbers instead of names of hosts and services");
  sub.add_flag("-e", o.link_header, "print the link header");
  sub.add_flag("-t", o.stamp,
               "-t no time stamp, -tt seconds, -ttt since the packet before, "
               "-tttt with date, -ttttt since the first");
  sub.add_flag("-v", o.verbosity, "more: IP headers, addresses, checksums");
  sub.add_flag("-q", o.quiet, "less");
  sub.add_flag("-N", o.short_names, "names of hosts without their domain");
  sub.add_flag("-K,--dont-verify-checksums", o.no_checksums,
               "do not check IP, TCP and UDP checksums");
  sub.add_flag("-S,--absolute-tcp-sequence-numbers", o.absolute_sequence,
               "TCP sequence numbers as in the packet, as they always are here");
  sub.add_flag("-x", o.hex, "print octets; -xx with the link header");
  sub.add_flag("-X", o.hex_text, "print octets and characters; -XX with the link header");
  sub.add_flag("-A", o.text, "print characters; -AA with the link header");
  sub.add_flag("-l", o.line_buffered, "write each line at once");
  sub.add_flag("-#,--number", o.number, "number the lines");
  sub.add_flag("--version", o.show_version, "print the versions of alibi and libpcap");
  sub.add_flag("--print", o.print, "print lines also with -w");
  sub.add_flag("--count", o.only_count, "print nothing but, with -r, the number of packets");
  sub.add_flag("--nano", o.nanoseconds, "nanoseconds in stamps and pcap files");
  sub.add_flag("--micro", o.microseconds,
               "microseconds (the default; pcapng always has nanoseconds)");
  sub.add_option("--time-stamp-precision", o.precision, "micro or nano");
}

void add_capture_letters(CLI::App& sub, CaptureOptions& o) {
  sub.add_option("-i,--interface", o.interfaces,
                 "capture here (again for more): an interface, any, netns:NAME/INTERFACE; default: "
                 "the first of -D")
      ->allow_extra_args(false);
  sub.add_option("--path", o.path, "capture at every point between two ends (see alibi path)")
      ->expected(2)
      ->option_text("FROM TO");
  sub.add_option("-c", o.count_text, "end after so many packets");
  sub.add_option("-s,--snapshot-length", o.snap_length_text,
                 "octets kept of a packet; default, and for 0: 262144");
  sub.add_option("-B,--buffer-size", o.buffer_kib_text,
                 "ring of so many KiB per interface; default 32768");
  sub.add_option("--rings", o.rings, "share an interface's packets between so many rings")
      ->check(CLI::Range(1U, 16U));
  sub.add_option("-y,--linktype", o.link_type,
                 "the link type that the interfaces are to have, by its name");
  sub.add_flag("-p,--no-promiscuous-mode", o.not_promiscuous,
               "do not set the interface promiscuous");
  sub.add_option("-Q,--direction", o.direction, "in, out or inout");
  sub.add_option("-j,--time-stamp-type", o.stamp_type, "type of time stamp: host");
  sub.add_flag("--immediate-mode", o.immediate, "a ring slot for each packet, also with -w");
  sub.add_flag("-O,--no-optimize", o.no_optimizer, "do not optimize the filter");
  sub.add_option("-F", o.filter_file, "read the filter from this file");
  sub.add_option(
      "-Z,--relinquish-privileges", o.user,
      "become this user once the interfaces are open; one that goes away then stays away");
  sub.add_flag("-D,--list-interfaces", o.list_devices, "list the devices");
  sub.add_flag("-L,--list-data-link-types", o.list_link_types, "list the link types of the device");
  sub.add_flag("-J,--list-time-stamp-types", o.list_stamp_types,
               "list the types of time stamps of the device");
  sub.add_flag("-d", o.dump_filter, "print the compiled filter; -dd as C, -ddd as numbers");
}

void add_file_letters(CLI::App& sub, CaptureOptions& o) {
  sub.add_option("-r", o.read_file, "read this file (- is standard input)");
  sub.add_option("-V", o.list_file, "read the files that this one names, one a line");
  sub.add_option("-w", o.write_file,
                 "write this file (- is standard output): pcap, or pcapng when named so; packed "
                 "when it ends in .gz or .zst");
  sub.add_option("--format", o.format, "pcap or pcapng, whatever the name is")
      ->check(CLI::IsMember({"pcap", "pcapng"}));
  sub.add_flag("-U,--packet-buffered", o.packet_buffered, "write packets to the file as they come");
  sub.add_option("-C", o.rotate_size_text,
                 "next file after so many million octets (k, m, g: powers of two)");
  sub.add_option("-G", o.rotate_seconds_text,
                 "next file after so many seconds; -w is strftime(3)'s");
  sub.add_option("-W", o.file_count_text, "files: -C begins again with the first, -G ends");
  sub.add_option("-z", o.rotate_command, "run this, with its name, on a file that -C or -G closed");
  sub.add_option("filter", o.filter_words, "pcap-filter(7)");
}

}  // namespace

void add_capture(CLI::App& app, Run& run) {
  auto* sub = app.add_subcommand(
      "capture",
      "Captures packets in tcpdump's letters, from many interfaces and namespaces at once, and\n"
      "counts what it could not keep. Needs root or CAP_NET_RAW, with -r nothing. Ends with -c,\n"
      "SIGINT or SIGTERM; SIGUSR1 prints the counts, SIGUSR2 writes what is buffered. Exit code 1\n"
      "when it could not capture or write.\n\n"
      "Example: alibi capture -i eth0 -i netns:qrouter-1/ha0 -n -ttt vrrp or arp\n"
      "         alibi capture --path lb1/eth0 192.168.205.6 -w path.pcapng vrrp or udp port 4789");
  auto options = std::make_shared<CaptureOptions>();
  add_output_letters(*sub, *options);
  add_capture_letters(*sub, *options);
  add_file_letters(*sub, *options);
  sub->callback([&run, options] { run = [options] { return capture(*options); }; });
}

}  // namespace alibi::cmd
