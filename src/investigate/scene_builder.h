// SPDX-License-Identifier: Apache-2.0
// Builds recordings by hand for the investigator's tests: a path of taps, adverts along it, events.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "evidence/recording.h"

namespace alibi::investigate {

/// Times are milliseconds from the start. Two hosts: 10.0.0.1 behind the first tap (netns 1) and
/// 10.0.0.2 behind the last (netns 2), VRID 205, v2, 1 s.
class SceneBuilder {
 public:
  explicit SceneBuilder(std::size_t taps) {
    for (std::size_t i = 0; i < taps; ++i) {
      evidence::Tap tap;
      tap.label = std::string(1, static_cast<char>('A' + i));
      tap.host = "host" + std::to_string(i);
      tap.netns = i == 0 ? 1 : (i + 1 == taps ? 2 : 100 + i);
      tap.ifindex = 2;
      recording.taps.push_back(tap);
    }
    recording.has_host_evidence = true;
  }

  static Instant ms(std::int64_t t) { return Instant{t * 1'000'000}; }

  /// One advert of host 1 or 2, seen at taps first..last along its way (0.1 ms a hop).
  void advert(int host, std::int64_t at_ms, int priority, std::size_t reaches = 99) {
    const std::size_t n = recording.taps.size();
    for (std::size_t hop = 0; hop < std::min(reaches, n); ++hop) {
      evidence::Heartbeat beat;
      beat.at = ms(at_ms) + Duration(static_cast<std::int64_t>(hop) * 100'000);
      beat.tap = static_cast<evidence::TapId>(host == 1 ? hop : n - 1 - hop);
      beat.direction = hop == 0 ? evidence::Direction::Out : evidence::Direction::In;
      beat.packet.source = wire::IpAddress::v4(0x0a000000U + static_cast<std::uint32_t>(host));
      beat.packet.destination = wire::vrrp_group(wire::Family::V4);
      beat.packet.ttl = 255;
      beat.packet.decoded.advertisement.vrid = Vrid{205};
      beat.packet.decoded.advertisement.priority = Priority{static_cast<std::uint8_t>(priority)};
      recording.heartbeats.push_back(beat);
    }
  }

  /// Adverts every second from `from_ms` until before `until_ms`.
  void adverts(int host, std::int64_t from_ms, std::int64_t until_ms, int priority,
               std::size_t reaches = 99) {
    for (std::int64_t t = from_ms; t < until_ms; t += 1000) advert(host, t, priority, reaches);
  }

  void event(std::int64_t at_ms, evidence::Fact fact) {
    recording.events.push_back({ms(at_ms), std::move(fact)});
  }

  /// keepalived with pid 10 (parent 9) in host 1's namespace, known from the start.
  void keepalived() {
    evidence::ProcessFound found;
    found.pid = 10;
    found.parent = 9;
    found.comm = "keepalived";
    found.netns = 1;
    found.role = evidence::ProcessFound::Role::Heartbeat;
    event(0, found);
    found.pid = 9;
    found.parent = 1;
    found.role = evidence::ProcessFound::Role::Parent;
    event(0, found);
  }

  /// The only virtual router of keepalived.conf as process 9 reads it: on eth0, priority 110.
  static evidence::ConfiguredRouter router(std::vector<evidence::TrackedObject> tracks = {}) {
    evidence::ConfiguredRouter router;
    router.instance = "VI";
    router.vrid = 205;
    router.interface = "eth0";
    router.priority = 110;
    router.tracks = std::move(tracks);
    router.settings = 1;
    return router;
  }

  /// Process 9 (keepalived()) has read a configuration with these routers at `at_ms`.
  void config(std::int64_t at_ms, std::vector<evidence::ConfiguredRouter> routers,
              std::string unknown = {}) {
    event(at_ms + 100, evidence::ConfigRead{9, ms(at_ms).ns, "keepalived.conf", std::move(unknown),
                                            std::move(routers)});
  }

  /// Thread 10 wakes, runs for 1 ms and sleeps in epoll_wait again, each second as it sends.
  void beats(std::int64_t from_ms, std::int64_t until_ms) {
    for (std::int64_t t = from_ms; t < until_ms; t += 1000) {
      event(t - 1, evidence::ThreadWoken{10, 10, 0, ""});
      event(t - 1, evidence::ThreadOn{10, 10, 1, {}});
      event(t + 1, idle());
    }
  }

  /// keepalived on host 1, of `cpus` CPUs, sends at 9 s and again at 13 s; host 2 takes over at
  /// 12.6 s.
  void silent_for_four_seconds(int cpus) {
    keepalived();
    evidence::HostFacts host;
    host.cpus = cpus;
    event(0, host);
    beats(0, 10'000);
    beats(13'000, 20'000);
    adverts(1, 0, 10'000, 110);
    adverts(1, 13'000, 14'000, 110);
    adverts(2, 12'600, 13'000, 100);
  }

  /// A run of the script `killall -0 haproxy` by process 10 (or another of the daemon's) that ends
  /// at `end_ms` with `status`.
  void script(std::int64_t end_ms, std::int32_t pid, int status, std::int32_t parent = 10) {
    event(end_ms - 2, evidence::ProcessForked{parent, pid});
    event(end_ms - 1, evidence::ProcessExec{pid, "killall", "killall -0 haproxy"});
    evidence::ProcessExit exit;
    exit.pid = pid;
    exit.comm = "killall";
    exit.exit_code = status << 8;
    event(end_ms, exit);
  }

  static evidence::ThreadOff idle() {
    evidence::ThreadOff off;
    off.tid = off.pid = 10;
    off.state = 'S';
    off.syscall = 232;
    off.syscall_name = "epoll_wait";
    off.stack = {"schedule_hrtimeout_range_clock", "ep_poll", "do_epoll_wait"};
    return off;
  }

  static evidence::ThreadOff off(char state, std::string syscall,
                                 std::vector<std::string> stack = {}) {
    evidence::ThreadOff event;
    event.tid = event.pid = 10;
    event.state = state;
    event.syscall = syscall.empty() ? -1 : 1;
    event.syscall_name = std::move(syscall);
    event.stack = std::move(stack);
    return event;
  }

  const evidence::Recording& finish(std::int64_t end_ms) {
    recording.begin = ms(0);
    recording.end = ms(end_ms);
    const auto earlier = [](const auto& a, const auto& b) { return a.at < b.at; };
    std::stable_sort(recording.heartbeats.begin(), recording.heartbeats.end(), earlier);
    std::stable_sort(recording.events.begin(), recording.events.end(), earlier);
    return recording;
  }

  evidence::Recording recording;
};

}  // namespace alibi::investigate
