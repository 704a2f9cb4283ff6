// SPDX-License-Identifier: Apache-2.0
// A queue is told when it is first read, as a base, and when it dropped or holds something.
#include "daemon/recorder_path.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>

#include "doctor/ruleset.h"
#include "os/namespaces.h"
#include "os/ruleset_list.h"

namespace alibi::daemon {
namespace {

constexpr Duration kEvery = 5s;
constexpr Duration kHurriedEvery = 1s;
/// Between two readings of the rules of one namespace: doubled up to the latter.
constexpr Duration kFirstPause = 1s;
constexpr Duration kLongestPause = 64s;

Result<std::vector<evidence::DroppingRule>> read_rules(std::uint64_t inode, const os::Fd& netns) {
  std::string text;
  const auto read = os::inside_network_namespace(netns, [&text]() -> Result<void> {
    return os::list_ruleset().map([&text](std::string printed) { text = std::move(printed); });
  });
  if (!read) return tl::unexpected(read.error());
  return doctor::drop_verdicts(text).map([&](const std::vector<doctor::DropVerdict>& all) {
    std::vector<evidence::DroppingRule> rules;
    for (const doctor::DropVerdict& rule : all)
      rules.push_back({inode, rule.chain, rule.hook, rule.handle, rule.names_vrrp, rule.packets});
    return rules;
  });
}

}  // namespace

PathSampler::PathSampler(const std::vector<RecorderTaps::Namespace>& namespaces, RecorderLog& log)
    : log_(log), places_(std::make_shared<Places>()) {
  for (const RecorderTaps::Namespace& netns : namespaces) {
    Place& place = (*places_)[netns.inode];
    place.netns = os::Fd(::fcntl(netns.fd.get(), F_DUPFD_CLOEXEC, 0));
    const auto opened = os::inside_network_namespace(netns.fd, [&place]() -> Result<void> {
      return os::Netlink::open().map([&place](os::Netlink netlink) {
        place.netlink = std::make_unique<os::Netlink>(std::move(netlink));
      });
    });
    if (!opened) losses_["queues"] = {"queues", 0, opened.error().message};
  }
}

void PathSampler::filter_dropped(std::uint64_t netns) { suspicions_[netns].fresh = true; }

void PathSampler::ruleset_changed(std::uint64_t netns) {
  const auto suspicion = suspicions_.find(netns);
  if (suspicion == suspicions_.end()) return;
  suspicion->second.pause = Duration{};
  suspicion->second.next = Instant{};
}

std::vector<std::uint64_t> PathSampler::suspects(Instant now) {
  std::vector<std::uint64_t> found;
  for (auto& [netns, suspicion] : suspicions_) {
    if (!suspicion.fresh || now < suspicion.next || !places_->contains(netns)) continue;
    suspicion.fresh = false;
    suspicion.pause = std::clamp(suspicion.pause * 2, kFirstPause, kLongestPause);
    suspicion.next = now + suspicion.pause;
    found.push_back(netns);
  }
  return found;
}

void PathSampler::sample(Instant now, const std::vector<evidence::Tap>& taps) {
  if (job_.runs()) {
    const auto reading = job_.take();
    if (!reading) return;
    tell(now, *reading, taps);
  }
  const std::vector<std::uint64_t> wanted = suspects(now);
  if (wanted.empty() && now - looked_ < (hurried_ ? kHurriedEvery : kEvery)) return;
  looked_ = now;
  hurried_ = false;
  const bool started = job_.start([places = places_, wanted] { return read(*places, wanted); });
  if (!started) losses_["queues"] = {"queues", 0, "no thread to read them in"};
}

PathSampler::Reading PathSampler::read(Places& places, const std::vector<std::uint64_t>& suspects) {
  Reading reading;
  for (auto& [inode, place] : places) {
    if (!place.netlink) continue;
    auto queues = os::list_qdiscs(*place.netlink);
    if (!queues) {
      reading.losses.push_back({"queues", 0, queues.error().message});
      continue;
    }
    for (os::Qdisc& queue : *queues) reading.queues.emplace_back(inode, std::move(queue));
  }
  for (const std::uint64_t inode : suspects) {
    const auto rules = read_rules(inode, places.at(inode).netns);
    if (rules)
      reading.rules.insert(reading.rules.end(), rules->begin(), rules->end());
    else
      reading.losses.push_back({"rules", 0, rules.error().message});
  }
  return reading;
}

void PathSampler::tell_queue(Instant now, evidence::TapId tap, const os::Qdisc& queue) {
  const auto [told, fresh] = queues_told_.try_emplace({tap, queue.handle}, queue);
  os::Qdisc& last = told->second;
  const bool moved = last.dropped != queue.dropped || last.overlimits != queue.overlimits ||
                     last.queued_packets != queue.queued_packets || last.kind != queue.kind;
  if (!fresh && !moved) return;
  last = queue;
  log_.add_fact(
      now, evidence::QdiscCounters{tap, queue.kind, queue.handle, queue.dropped, queue.overlimits,
                                   queue.queued_packets, queue.queued_bytes});
}

void PathSampler::tell(Instant now, const Reading& reading,
                       const std::vector<evidence::Tap>& taps) {
  for (const auto& [netns, queue] : reading.queues)
    for (std::size_t i = 0; i < taps.size(); ++i)
      if (taps[i].netns == netns && taps[i].ifindex == queue.index)
        tell_queue(now, static_cast<evidence::TapId>(i), queue);
  for (const evidence::DroppingRule& rule : reading.rules) {
    const auto key = std::pair{fmt::format("{} {}", rule.netns, rule.chain), rule.handle};
    const auto [counted, fresh] = rules_counted_.try_emplace(key, rule.packets);
    const bool moved = !fresh && counted->second != rule.packets;
    counted->second = rule.packets;
    if (rule.names_vrrp || rule.handle == 0 || moved) log_.add_fact(now, rule);
  }
  for (const evidence::SourceLoss& loss : reading.losses) losses_[loss.source] = loss;
}

std::vector<evidence::SourceLoss> PathSampler::losses() const {
  std::vector<evidence::SourceLoss> all;
  for (const auto& [source, loss] : losses_) all.push_back(loss);
  return all;
}

}  // namespace alibi::daemon
