// SPDX-License-Identifier: Apache-2.0
// Lanes are made of the timelines that accounts are made of.
#include "investigate/lanes.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "investigate/rules/support.h"
#include "investigate/wait.h"

namespace alibi::investigate {
namespace {

bool was_recorded(const std::vector<Segment>& segments) {
  return std::any_of(segments.begin(), segments.end(), [](const Segment& segment) {
    return segment.doing != Doing::Unobserved && segment.doing != Doing::Gone;
  });
}

void add_lane(const evidence::Recording& recording, const Account& account, Lane lane,
              std::vector<Lane>& lanes) {
  for (const Lane& other : lanes) {
    if (other.pid == lane.pid) return;
  }
  lane.segments = timeline_of(recording, lane.pid, lane.tid, account.begin, account.end);
  if (was_recorded(lane.segments)) lanes.push_back(std::move(lane));
}

void add_phrase(std::string& text, const std::string& phrase) {
  if (!text.empty()) text += "; ";
  text += phrase;
}

std::string rivals_text(const std::vector<evidence::Rival>& rivals) {
  constexpr std::size_t kMost = 3;
  std::string text;
  for (std::size_t i = 0; i < rivals.size() && i < kMost; ++i) {
    const evidence::Rival& rival = rivals[i];
    text += fmt::format("{}{} {} ({}) {}", i == 0 ? "CPU held by " : ", ", rival.comm, rival.pid,
                        rival.policy, seconds_text(Duration(rival.ns)));
  }
  if (rivals.size() > kMost) text += fmt::format(" and {} more", rivals.size() - kMost);
  return text;
}

std::string off_text(const evidence::ThreadOff& off) {
  std::string text = fmt::format("switched out in state {}", off.state);
  if (!off.syscall_name.empty()) text += " in " + off.syscall_name + "(2)";
  constexpr std::size_t kFunctions = 3;
  for (std::size_t i = 0; i < off.stack.size() && i < kFunctions; ++i) {
    text += (i == 0 ? ", kernel: " : " < ") + off.stack[i];
  }
  return text;
}

std::string target_text(const evidence::WaitTarget& target, std::size_t looks) {
  // A piece of a wait that was cut may be one in which nobody looked.
  const std::string often =
      looks == 0 ? "" : fmt::format(", {} {}", looks, looks == 1 ? "look" : "looks");
  std::string text = fmt::format("/proc{}: state {}", often, target.state);
  if (!target.syscall_name.empty()) text += ", " + target.syscall_name + "(2)";
  if (!target.fd_target.empty()) text += " of " + target.fd_target;
  if (!target.peer_path.empty()) text += " to " + target.peer_path;
  if (!target.device.empty()) text += " on " + target.device;
  if (target.reader_pid != 0) {
    text += fmt::format(", read by {} ({}) in state {}", target.reader_comm, target.reader_pid,
                        target.reader_state);
  }
  return text;
}

/// The reader of the log, where the account's thread waited for it.
void add_readers(const evidence::Recording& recording, const Account& account,
                 std::vector<Lane>& lanes) {
  std::set<std::int32_t> asked;
  for (const Segment& segment : account.segments) {
    for (const Sample& sample : segment.samples) {
      const evidence::WaitTarget& target = *sample.target;
      if (target.reader_pid == 0 || !asked.insert(target.reader_pid).second) continue;
      add_lane(recording, account,
               {target.reader_comm, "reads its log", target.reader_pid, target.reader_pid, {}},
               lanes);
    }
  }
}

}  // namespace

std::vector<Lane> lanes_of(const evidence::Recording& recording, const Account& account) {
  const Sender& who = account.sender;
  std::vector<Lane> lanes{
      {who.comm, account.receiving ? "receiver" : "sender", who.pid, who.tid, account.segments}};
  add_readers(recording, account, lanes);
  if (who.parent != 0) {
    add_lane(recording, account, {who.comm, "parent", who.parent, who.parent, {}}, lanes);
  }
  return lanes;
}

std::vector<Lane> lanes_of(const evidence::Recording& recording, const ThreadAccount& thread) {
  const Sender& who = thread.account.sender;
  std::vector<Lane> lanes{
      {who.comm, who.pid == who.tid ? "main thread" : fmt::format("thread of {}", who.pid), who.pid,
       who.tid, thread.account.segments}};
  add_readers(recording, thread.account, lanes);
  return lanes;
}

std::vector<Instant> adverts_in(const evidence::Recording& recording, const Verdict& verdict) {
  std::vector<Instant> adverts;
  if (!verdict.account || !verdict.where || verdict.where->taps.empty()) return adverts;
  const evidence::TapId tap = verdict.where->taps.front().tap;
  const RouterKey& router = verdict.incident.router;
  for (const evidence::Heartbeat& heartbeat : recording.heartbeats) {
    if (heartbeat.at < verdict.account->begin || heartbeat.at > verdict.account->end) continue;
    const auto& advert = heartbeat.packet.decoded.advertisement;
    if (heartbeat.tap == tap && heartbeat.packet.source == verdict.from_source &&
        advert.vrid == router.vrid && advert.version == router.version) {
      adverts.push_back(heartbeat.at);
    }
  }
  return adverts;
}

std::string evidence_text(const Segment& segment) {
  std::string text;
  if (!segment.rivals.empty()) add_phrase(text, rivals_text(segment.rivals));
  if (segment.signal != nullptr) {
    add_phrase(text, fmt::format("{} sent by {}", signal_name(segment.signal->signal),
                                 rules::signal_source(*segment.signal)));
  }
  if (segment.off != nullptr) add_phrase(text, off_text(*segment.off));
  if (segment.target != nullptr) {
    add_phrase(text, target_text(*segment.target, segment.samples.size()));
  }
  return text;
}

}  // namespace alibi::investigate
