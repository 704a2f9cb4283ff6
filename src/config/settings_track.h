// SPDX-License-Identifier: Apache-2.0
// What an instance may be made to depend on: scripts, files, processes, interfaces, BFD sessions.
#pragma once

#include <climits>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/instant.h"
#include "config/place.h"
#include "wire/address.h"

namespace alibi::config {

/// A command with the user it runs as; an empty command: none.
struct Command {
  std::vector<std::string> words;  ///< argv
  std::string text;                ///< as written
  std::string user;                ///< empty: script_user / default rule
  std::string group;
  bool empty() const { return words.empty(); }
  bool operator==(const Command&) const = default;
};

struct Script {
  std::string name;
  std::vector<std::string> command;  ///< argv
  std::string command_text;          ///< as written
  Duration interval = 1s;
  Duration timeout{};  ///< default: interval
  int weight = 0;
  bool reverse = false;
  int rise = 1;
  int fall = 1;
  bool init_fail = false;
  std::string user;  ///< empty: script_user / default rule
  std::string group;
  Place place;
  bool operator==(const Script&) const = default;
};

/// track_file, vrrp_track_file: the number in the file times the weight is added to the priority;
/// with weight 0 a number that is not 0 is a FAULT. -254 or less is a FAULT whatever the weight.
struct TrackedFile {
  std::string name;
  std::string path;
  int weight = 1;
  bool reverse = false;
  bool make = false;       ///< init_file: write `initial` when the file is not there
  bool overwrite = false;  ///< ... also when it is
  int initial = 0;
  Place place;
  bool operator==(const TrackedFile&) const = default;
};

/// vrrp_track_process
struct TrackedProcess {
  std::string name;
  std::string process;  ///< comm or path, as written
  std::vector<std::string> parameters;
  enum class Match : std::uint8_t { Exact, Initial, Partial } match = Match::Exact;
  bool full_command = false;  ///< compare the command line, not comm
  int weight = 0;
  bool reverse = false;
  int quorum = 1;
  int quorum_max = INT_MAX;
  Duration fork_delay{};
  Duration terminate_delay{};
  Place place;
  bool operator==(const TrackedProcess&) const = default;
};

/// bfd_instance
struct Bfd {
  std::string name;
  wire::IpAddress neighbor;
  std::optional<wire::IpAddress> source;
  Duration min_rx = 10ms;
  Duration min_tx = 10ms;
  Duration idle_tx = 1s;
  int multiplier = 5;
  bool passive = false;
  int ttl = 255;  ///< of packets sent; 64 for IPv6 in keepalived's manual
  int max_hops = 0;
  bool multihop = false;  ///< port 4784
  int weight = 0;
  bool reverse = false;
  bool for_vrrp = true;
  Place place;
  bool operator==(const Bfd&) const = default;
};

/// One line of track_script, track_interface, track_file, track_process or track_bfd.
struct Track {
  std::string name;           ///< of the tracked object; track_interface: the interface
  std::optional<int> weight;  ///< overrides that of the tracked object
  std::optional<bool> reverse;
  Place place;
  bool operator==(const Track&) const = default;
};

/// All that an instance or a sync group tracks.
struct Tracks {
  std::vector<Track> scripts, interfaces, files, processes, bfds;
  bool operator==(const Tracks&) const = default;
};

}  // namespace alibi::config
