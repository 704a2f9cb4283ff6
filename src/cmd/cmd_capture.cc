// SPDX-License-Identifier: Apache-2.0
// alibi capture: the letters of tcpdump, and what asks for no packet.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <memory>
#include <sstream>

#include "cmd/capture_options.h"
#include "cmd/capture_session.h"
#include "cmd/command.h"
#include "cmd/path_interfaces.h"
#include "os/capture_devices.h"
#include "os/live_filter.h"

namespace alibi::cmd {
namespace {

constexpr std::uint32_t kLargestSnap = 262144;
constexpr int kEthernet = 1;

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

Result<void> complete(CaptureOptions& options) {
  auto filter = filter_text(options);
  if (!filter) return tl::unexpected(filter.error());
  options.filter = std::move(*filter);
  if (options.snap_length == 0) options.snap_length = kLargestSnap;
  if (options.snap_length > kLargestSnap)
    return fail(fmt::format("invalid snaplen {} (must be >= 0 and <= {})", options.snap_length,
                            kLargestSnap));
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
  if (!options.interfaces.empty() || reads(options) || options.list_devices || options.show_version)
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
  fmt::print("Data link types for {} (use option -y to set):\n  {}\n", request.interface,
             os::link_type_text(filter->link_type));
  return 0;
}

int dump_filter(const CaptureOptions& options) {
  const auto filter = os::OfflineFilter::compile(options.filter, kEthernet, !options.no_optimizer);
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
    fmt::print("Time stamp types for {} (use option -j to set):\n  host (Host)\n",
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
  sub.add_flag("-K", o.no_checksums, "do not check IP, TCP and UDP checksums");
  sub.add_flag("-S", o.absolute_sequence,
               "TCP sequence numbers as in the packet, as they always are here");
  sub.add_flag("-x", o.hex, "print octets; -xx with the link header");
  sub.add_flag("-X", o.hex_text, "print octets and characters; -XX with the link header");
  sub.add_flag("-A", o.text, "print characters; -AA with the link header");
  sub.add_flag("-l", o.line_buffered, "write each line at once");
  sub.add_flag("-#,--number", o.number, "number the lines");
  sub.add_flag("--version", o.show_version, "print the versions of alibi and libpcap");
  sub.add_flag("--print", o.print, "print lines also with -w");
  sub.add_flag("--count", o.only_count, "print nothing but the number of packets");
  sub.add_flag("--nano", o.nanoseconds, "nanoseconds in stamps and pcap files");
  sub.add_flag("--micro", o.microseconds,
               "microseconds (the default; pcapng always has nanoseconds)");
  sub.add_option("--time-stamp-precision", o.precision, "micro or nano")
      ->check(CLI::IsMember({"micro", "nano"}));
}

void add_capture_letters(CLI::App& sub, CaptureOptions& o) {
  sub.add_option("-i", o.interfaces,
                 "capture here (again for more): an interface, any, netns:NAME/INTERFACE; default: "
                 "the first of -D")
      ->allow_extra_args(false);
  sub.add_option("--path", o.path, "capture at every point between two ends (see alibi path)")
      ->expected(2)
      ->option_text("FROM TO");
  sub.add_option("-c", o.count, "end after so many packets")->check(CLI::Range(1UL, 1UL << 62U));
  sub.add_option("-s", o.snap_length, "octets kept of a packet")->capture_default_str();
  sub.add_option("-B", o.buffer_kib, "ring of so many KiB per interface; default 32768")
      ->check(CLI::Range(4U, 4U << 20U));
  sub.add_option("--rings", o.rings, "share an interface's packets between so many rings")
      ->check(CLI::Range(1U, 16U));
  sub.add_option("-y", o.link_type, "the link type that the interfaces are to have, by its name");
  sub.add_flag("-p", o.not_promiscuous, "do not set the interface promiscuous");
  sub.add_option("-Q", o.direction, "in, out or inout")
      ->check(CLI::IsMember({"in", "out", "inout"}));
  sub.add_option("-j", o.stamp_type, "type of time stamp")->check(CLI::IsMember({"host"}));
  sub.add_flag("--immediate-mode", o.immediate, "a ring slot for each packet, also with -w");
  sub.add_flag("-O", o.no_optimizer, "do not optimize the filter");
  sub.add_option("-F", o.filter_file, "read the filter from this file");
  sub.add_option(
      "-Z", o.user,
      "become this user once the interfaces are open; one that goes away then stays away");
  sub.add_flag("-D", o.list_devices, "list the devices");
  sub.add_flag("-L", o.list_link_types, "list the link types of the device");
  sub.add_flag("-J", o.list_stamp_types, "list the types of time stamps of the device");
  sub.add_flag("-d", o.dump_filter, "print the compiled filter; -dd as C, -ddd as numbers");
}

void add_file_letters(CLI::App& sub, CaptureOptions& o) {
  auto* one = sub.add_option("-r", o.read_file, "read this file (- is standard input)");
  sub.add_option("-V", o.list_file, "read the files that this one names, one a line")
      ->excludes(one);
  sub.add_option("-w", o.write_file,
                 "write this file (- is standard output): pcap, or pcapng when named so; packed "
                 "when it ends in .gz or .zst");
  sub.add_option("--format", o.format, "pcap or pcapng, whatever the name is")
      ->check(CLI::IsMember({"pcap", "pcapng"}));
  sub.add_flag("-U", o.packet_buffered, "write packets to the file as they come");
  sub.add_option("-C", o.rotate_size_text,
                 "next file after so many million octets (k, m, g: powers of two)");
  sub.add_option("-G", o.rotate_seconds, "next file after so many seconds; -w is strftime(3)'s");
  sub.add_option("-W", o.file_count, "files: -C begins again with the first, -G ends");
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
