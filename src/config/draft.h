// SPDX-License-Identifier: Apache-2.0
// What has been read so far, with the place of each value, before defaults and cross checks make
// Settings of it. Also what every keyword's function is given.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/lexer.h"
#include "config/report.h"
#include "config/settings.h"

namespace alibi::config {

template <typename T>
struct Given {
  T value{};
  Position at;
};
template <typename T>
using MaybeGiven = std::optional<Given<T>>;

/// Settings that global_defs gives for all instances and an instance for itself.
struct VrrpDefaults {
  MaybeGiven<int> version;
  MaybeGiven<Duration> garp_master_delay;
  MaybeGiven<int> garp_master_repeat;
  MaybeGiven<Duration> garp_master_refresh;
  MaybeGiven<int> garp_master_refresh_repeat;
  MaybeGiven<int> down_timer_adverts;
  std::optional<bool> skip_check_adv_addr;
  std::optional<bool> lower_prio_no_advert;
  std::optional<bool> higher_prio_send_advert;
  std::optional<bool> owner_ignore_adverts;
  std::optional<bool> smtp_alert;
  std::optional<bool> strict;
  std::optional<bool> check_unicast_source;
  std::optional<bool> notify_priority_changes;
  MaybeGiven<Duration> garp_lower_delay;
  MaybeGiven<int> garp_lower_repeat;
  MaybeGiven<Duration> garp_extra_if;
  bool garp_extra_all = false;
};

struct TrackDraft {
  Track track;
  Position at;
};

/// What a vrrp_instance or vrrp_sync_group tracks, with the place of each line.
struct TrackDrafts {
  std::vector<TrackDraft> scripts, interfaces, files, processes, bfds;
};

struct ScriptDraft {
  Script script;
  Position at;
  bool broken = false;  ///< told already why it is left out
};

struct InstanceDraft {
  Instance instance;
  Position at;
  VrrpDefaults own;
  std::optional<wire::Family> family;  ///< by the first address of any kind
  MaybeGiven<int> vrid;
  MaybeGiven<int> priority;
  MaybeGiven<Duration> advert_interval;
  std::optional<bool> master;  ///< state
  MaybeGiven<Duration> preempt_delay;
  MaybeGiven<bool> nopreempt;
  MaybeGiven<wire::AuthType> auth_type;
  MaybeGiven<std::string> auth_pass;
  MaybeGiven<bool> unicast;           ///< a unicast keyword was seen
  MaybeGiven<wire::IpAddress> group;  ///< mcast_dst_ip
  MaybeGiven<bool> accept;
  MaybeGiven<VirtualMac> vmac;
  bool transmit_base = false;
  MaybeGiven<int> expired_priority;  ///< timer_expired_backup; 0: the priority as it is
  bool no_address = false;           ///< no_virtual_ipaddress: there is none, and that is meant
  TrackDrafts tracks;
  std::vector<Position> address_places;  ///< one for each of instance.addresses
  std::set<wire::IpAddress> known_addresses;
};

/// Any other named block: its value so far.
template <typename T>
struct BlockDraft {
  T value;
  Position at;
  bool named_vrrp = false, named_checker = false;  ///< bfd_instance: `vrrp`, `checker` was written
};

struct GroupDraft {
  SyncGroup group;
  Position at;
  std::vector<Given<std::string>> members;
  TrackDrafts tracks;
  std::optional<bool> smtp_alert;
  std::optional<bool> notify_priority_changes;
};

struct Draft {
  Settings settings;  ///< global part, static lines and whatever needs no second look
  VrrpDefaults global;
  std::optional<bool> smtp_alert_all;  ///< smtp_alert
  std::optional<bool> v3_checksum_as_v2;
  bool fwmark_server = false;  ///< in a virtual_server by firewall mark
  bool minimal_garp = false;   ///< vrrp_min_garp
  std::deque<ScriptDraft> scripts;
  std::deque<InstanceDraft> instances;
  std::deque<GroupDraft> groups;
  std::deque<BlockDraft<TrackedFile>> files;
  std::deque<BlockDraft<TrackedProcess>> processes;
  std::deque<BlockDraft<Bfd>> bfds;
  using Names = std::map<std::string, Position, std::less<>>;
  Names script_names, instance_names, group_names, file_names, process_names, bfd_names;
};

/// Passed to every keyword's function; says things about places in the source.
class Context {
 public:
  Context(const Source& source, Reporter& report) : source_(source), report_(report) {}

  Draft draft;
  InstanceDraft* instance = nullptr;  ///< while inside vrrp_instance
  ScriptDraft* script = nullptr;      ///< while inside vrrp_script
  GroupDraft* group = nullptr;        ///< while inside vrrp_sync_group, and so on
  BlockDraft<TrackedFile>* file = nullptr;
  BlockDraft<TrackedProcess>* process = nullptr;
  BlockDraft<Bfd>* bfd = nullptr;
  GarpGroup* garp_group = nullptr;
  TrackGroup* track_group = nullptr;
  /// Out of whatever block we are in.
  void leave_block();
  VrrpDefaults& defaults() { return instance != nullptr ? instance->own : draft.global; }

  void say(Severity severity, Position at, std::string message, std::string suggestion = {});
  void warn(Position at, std::string message) { say(Severity::Warning, at, std::move(message)); }
  /// The same where only the place is left.
  void say_at(Severity severity, const Place& place, std::string message);
  void fatal(Position at, std::string message);
  /// Once for each `key`, with the number of places it stands at.
  void notice_once(const std::string& key, Position at, std::string message);
  Place place(Position at) const;
  /// nearest(), as long as diagnostics are kept at all.
  std::string nearest_of(std::string_view word, std::span<const std::string_view> known) const {
    return report_.full() ? std::string() : nearest(word, known);
  }
  bool crowded() const { return report_.full(); }

 private:
  Diagnostic diagnostic(Severity severity, Position at, std::string message) const;
  const Source& source_;
  Reporter& report_;
};

/// A keyword with what follows it.
struct Statement {
  const Piece& head;
  std::span<const Piece> lines;  ///< of Form::Lines
  const Word& word(std::size_t i) const { return head.words[i]; }
  std::size_t size() const { return head.words.size(); }
  const std::string& keyword() const { return head.words.front().text; }
  Position at(std::size_t i) const { return {head.at.line, head.words[i].column}; }
};

/// Returns false when the block that follows must be skipped.
using Handler = bool (*)(Context&, const Statement&);

}  // namespace alibi::config
