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
  std::optional<bool> smtp_alert;
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
  MaybeGiven<bool> unicast;  ///< a unicast keyword was seen
  struct Track {
    Position at;
    std::optional<bool> reverse;  ///< absent: as the script says
  };
  std::vector<Track> tracks;             ///< one for each of instance.track_scripts
  std::vector<Position> address_places;  ///< one for each of instance.addresses
  std::set<wire::IpAddress> known_addresses;
};

struct Draft {
  Settings settings;  ///< global part only
  VrrpDefaults global;
  std::optional<bool> smtp_alert_all;  ///< smtp_alert
  std::optional<bool> v3_checksum_as_v2;
  std::deque<ScriptDraft> scripts;
  std::deque<InstanceDraft> instances;
  std::map<std::string, Position, std::less<>> script_names;
  std::map<std::string, Position, std::less<>> instance_names;
};

/// Passed to every keyword's function; says things about places in the source.
class Context {
 public:
  Context(const Source& source, Reporter& report) : source_(source), report_(report) {}

  Draft draft;
  InstanceDraft* instance = nullptr;  ///< while inside vrrp_instance
  ScriptDraft* script = nullptr;      ///< while inside vrrp_script
  VrrpDefaults& defaults() { return instance != nullptr ? instance->own : draft.global; }

  void say(Severity severity, Position at, std::string message, std::string suggestion = {});
  void warn(Position at, std::string message) { say(Severity::Warning, at, std::move(message)); }
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
