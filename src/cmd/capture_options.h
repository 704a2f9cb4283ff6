// SPDX-License-Identifier: Apache-2.0
// What the letters of alibi capture say.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace alibi::cmd {

struct CaptureOptions {
  std::vector<std::string> interfaces;    // -i
  std::vector<std::string> path;          // --path: its two ends
  std::string read_file, write_file;      // -r -w
  std::vector<std::string> filter_words;  // the rest of the line
  std::string filter_file;                // -F
  std::string filter;                     // of both
  std::string ethernet_filter;            // or this, on Ethernet links
  // As given: what is no number is refused in tcpdump's words.
  std::string count_text, snap_length_text, buffer_kib_text, rotate_seconds_text, file_count_text;
  std::uint64_t count = 0;                     // -c, 0: no end
  std::uint32_t snap_length = 262144;          // -s
  unsigned buffer_kib = 0;                     // -B, 0: the default
  std::string rotate_size_text;                // -C as given
  std::uint64_t rotate_size = 0;               // in octets
  unsigned rotate_seconds = 0;                 // -G
  unsigned file_count = 0;                     // -W
  std::string list_file;                       // -V
  std::string link_type;                       // -y
  std::string rotate_command;                  // -z
  std::string user;                            // -Z
  std::string direction = "inout";             // -Q
  std::string stamp_type = "host";             // -j
  std::string precision = "micro";             // --time-stamp-precision
  std::string format;                          // --format: pcap, pcapng, empty: by the name
  unsigned rings = 1;                          // --rings
  int no_names = 0, stamp = 0, verbosity = 0;  // -n -t -v
  int hex = 0, hex_text = 0, text = 0;         // -x -X -A
  int dump_filter = 0;                         // -d
  bool link_header = false, quiet = false, line_buffered = false, packet_buffered = false;
  bool not_promiscuous = false, immediate = false, only_count = false, print = false;
  bool no_lines = false;  // what looks at the packets is no printer of lines
  bool list_devices = false, list_link_types = false, list_stamp_types = false;
  bool short_names = false, no_checksums = false;  // -N -K
  bool absolute_sequence = false;                  // -S: what lines have without it, too
  bool show_version = false;
  bool number = false, no_optimizer = false, nanoseconds = false, microseconds = false;

  bool prints() const { return !only_count && (write_file.empty() || print); }
};

}  // namespace alibi::cmd
