// SPDX-License-Identifier: Apache-2.0
// Of the event catalogue: what a daemon's configuration makes its virtual routers depend on. See
// event.h.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace alibi::evidence {

/// One line of track_interface, track_script, track_file, track_process or track_bfd, of the
/// instance or of its sync group.
struct TrackedObject {
  enum class Kind : std::uint8_t { Interface, Script, File, Process, Bfd } kind = Kind::Interface;
  std::string name;         ///< as the configuration calls it
  std::string what;         ///< command, path of the file, process, neighbour; interface: empty
  std::int32_t weight = 0;  ///< 0: its failure is a FAULT
  bool reverse = false;
  bool operator==(const TrackedObject&) const = default;
};

struct ConfiguredRouter {
  std::string instance;
  std::int32_t vrid = 0;
  std::int32_t family = 4;  ///< 4 or 6
  std::string interface;
  bool track_primary = true;               ///< depends on `interface`
  std::string virtual_mac_link;            ///< interface of the virtual MAC, empty: none
  std::vector<std::string> address_links;  ///< interfaces of addresses and routes, when others
  std::string sync_group;
  std::int32_t priority = 0;
  std::vector<TrackedObject> tracks;
  std::int32_t settings = 0;  ///< equal numbers within a recording: equal settings, all of them
  bool operator==(const ConfiguredRouter&) const = default;
};

/// The configuration that a daemon read at `since_ns`: as it started, or as SIGHUP told it to. Read
/// by the recorder a little later, as the daemon sees its files. Emitted with ProcessFound and
/// after each SIGHUP.
struct ConfigRead {
  std::int32_t pid = 0;  ///< the daemon: the parent of its workers, or the only process
  std::int64_t since_ns = 0;
  std::string file;
  std::string unknown;  ///< why it is not known what the daemon read; else empty
  std::vector<ConfiguredRouter> routers;
};

}  // namespace alibi::evidence
