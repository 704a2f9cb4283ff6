// SPDX-License-Identifier: Apache-2.0
// What adverts have to pass on their way out of and into a host: the queues of the taps, and the
// rules of its packet filter.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "daemon/background_job.h"
#include "daemon/recorder_log.h"
#include "daemon/recorder_taps.h"
#include "os/netlink.h"
#include "os/qdisc_list.h"

namespace alibi::daemon {

/// Queues are looked at every 5 s and, while adverts are dropped, once a second; rules only after
/// the kernel dropped an advert for one. Both in a thread that may hang: listing queues takes the
/// kernel's RTNL lock.
class PathSampler {
 public:
  PathSampler(const std::vector<RecorderTaps::Namespace>& namespaces, RecorderLog& log);

  /// A packet filter dropped an advert in this namespace.
  void filter_dropped(std::uint64_t netns);
  /// A queue dropped an advert.
  void queue_dropped() { hurried_ = true; }
  /// Somebody changed the rules there.
  void ruleset_changed(std::uint64_t netns);
  /// Call every 100 ms.
  void sample(Instant now, const std::vector<evidence::Tap>& taps);
  /// Sources that this machine does not have.
  std::vector<evidence::SourceLoss> losses() const;

 private:
  struct Place {
    os::Fd netns;
    std::unique_ptr<os::Netlink> netlink;  ///< null: it could not be opened
  };
  using Places = std::map<std::uint64_t, Place>;
  /// What is to be read, and what was: the work has nothing else in common with this thread.
  struct Reading {
    std::vector<std::pair<std::uint64_t, os::Qdisc>> queues;  ///< with their namespace
    std::vector<evidence::DroppingRule> rules;
    std::vector<evidence::SourceLoss> losses;
  };
  /// How often the rules of a namespace are worth reading: a filter that always drops would have
  /// them read for ever.
  struct Suspicion {
    bool fresh = false;  ///< a drop since the last reading
    Instant next;
    Duration pause{};
  };
  static Reading read(Places& places, const std::vector<std::uint64_t>& suspects);
  void tell(Instant now, const Reading& reading, const std::vector<evidence::Tap>& taps);
  void tell_queue(Instant now, evidence::TapId tap, const os::Qdisc& queue);
  std::vector<std::uint64_t> suspects(Instant now);

  RecorderLog& log_;
  std::shared_ptr<Places> places_;  ///< the work's while it runs
  BackgroundJob<Reading> job_;
  std::map<std::uint64_t, Suspicion> suspicions_;
  std::map<std::pair<evidence::TapId, std::string>, os::Qdisc> queues_told_;
  std::map<std::pair<std::string, std::int64_t>, std::int64_t> rules_counted_;
  std::map<std::string, evidence::SourceLoss> losses_;  ///< by source
  bool hurried_ = false;  ///< a drop since queues were last looked at
  Instant looked_;
};

}  // namespace alibi::daemon
