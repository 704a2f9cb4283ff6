// SPDX-License-Identifier: Apache-2.0
// The loop: wait, read all rings in one go, sample when it is time, trim.
#include "daemon/recorder.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>

#include "bpf/drop_reasons.h"
#include "daemon/recorder_state.h"
#include "os/event_loop.h"
#include "os/realtime.h"

namespace alibi::daemon {
namespace {

constexpr Duration kSampleEvery = 100ms;
/// No event tells of a frozen group (version 1): the account is off by this much at each end.
constexpr Duration kFrozenEvery = 20ms;
constexpr Duration kScanEvery = 1s;
/// A sample or two that come late blur an account; only more than that is a loss.
constexpr Duration kLateSample = 300ms;
/// Below the heartbeat daemons it watches (keepalived's own default is SCHED_RR 1 upwards only when
/// asked for), above what starves them.
constexpr int kPriority = 2;

/// After frames came, none wakes the recorder for so long: at 10,000 a second a wake-up for each of
/// them costs their sender, in whose context the tap runs, more than their reading costs here.
constexpr Duration kRest = 20ms;
/// A ring that filled by more than this share meanwhile is read without rest: 1/4.
constexpr unsigned kFullShare = 4;

/// When a record is a SIGHUP for its process; kNever otherwise.
Instant reload_asked(std::span<const std::uint8_t> record) {
  alibi_signal sent{};
  if (record.size() < sizeof sent) return kNever;
  std::memcpy(&sent, record.data(), sizeof sent);
  const bool asked = sent.header.kind == ALIBI_SIGNAL && sent.signal == SIGHUP;
  return asked ? Instant{static_cast<std::int64_t>(sent.header.ns)} : kNever;
}

}  // namespace

Recorder::Recorder(std::unique_ptr<State> state) : state_(std::move(state)) {}
Recorder::Recorder(Recorder&&) noexcept = default;
Recorder& Recorder::operator=(Recorder&&) noexcept = default;
Recorder::~Recorder() = default;

Result<Recorder> Recorder::start(RecorderOptions options) {
  auto taps = RecorderTaps::open(options.taps);
  if (!taps) return tl::unexpected(taps.error());
  auto state = std::make_unique<State>(std::move(options), std::move(*taps));
  State& s = *state;
  s.log.on_frame = s.options.on_frame;
  s.started = s.now = os::monotonic_now();
  s.offsets.add(s.now, os::realtime_minus_monotonic_ns());
  if (const auto realtime = os::schedule_realtime(kPriority); !realtime)
    s.start_losses.push_back({"schedule", 0,
                              realtime.error().message + ": under load the recorder may be late"});
  if (s.options.host_evidence) s.listen();
  if (auto possible = s.check_rights(); !possible) return tl::unexpected(possible.error());
  os::release_free_memory();  // what reading symbols and loading programs took
  s.lost_read = s.now;
  s.next_sample = s.now + kSampleEvery;
  s.next_frozen = s.now;
  s.next_scan = s.now + kScanEvery;
  return Recorder(std::move(state));
}

void Recorder::State::listen() {
  probes = std::make_unique<bpf::Probes>(bpf::Probes::load());
  // After the probes: their own frames have names then and can be left out of stacks.
  if (auto loaded = os::Kallsyms::load(); loaded) symbols = std::move(*loaded);
  if (symbols.size() == 0)
    start_losses.push_back({"stacks", 0,
                            "/proc/kallsyms hides addresses (kernel.kptr_restrict): stacks stay "
                            "numbers"});
  if (probes->has(ALIBI_SOURCE_DROPS)) drop_reasons = bpf::drop_reason_names();
  watch = std::make_unique<WatchList>(taps.namespaces(), options.watch, *probes, log);
  watch->on_found = options.on_found;
  samplers = std::make_unique<Samplers>(*watch, taps, log, *probes);
  description = os::describe_host();
  for (const RecorderTaps::Namespace& netns : taps.namespaces()) {
    auto monitor = os::LinkMonitor::open(netns.fd);
    if (!monitor) {
      start_losses.push_back({"links", 0, monitor.error().message});
      continue;
    }
    links.push_back({netns.inode, std::move(*monitor), std::nullopt});
    if (auto rules = os::RulesetMonitor::open(netns.fd); rules)
      links.back().rules = std::move(*rules);
    else
      start_losses.push_back({"rules", 0, rules.error().message});
  }
  scan(now);
}

void Recorder::State::scan(Instant moment) {
  watch->scan(moment);
  watch->forget_ended(moment - options.window);
  samplers->cgroups.follow(watch->processes());
  samplers->memory.follow(watch->processes());
  configs.follow(moment, watch->processes());
  configs.forget(moment - options.window);
}

void Recorder::State::take_in(Instant moment) {
  now = moment;
  offsets.add(now, os::realtime_minus_monotonic_ns());
  const std::size_t fill = taps.drain(now, offsets, log);
  rest_until = fill == 0 || fill > os::PacketRing::kSlots / kFullShare ? now : now + kRest;
  for (Links& netns : links) hear_links(netns);
  if (!probes) return;
  bool rescan = false;
  probes->drain([&](std::span<const std::uint8_t> record) {
    alibi_header header{};
    if (record.size() < sizeof header) return;
    std::memcpy(&header, record.data(), sizeof header);
    if (is_foreign(record)) return log.pass_over(record);
    log.add_probe(record);
    if (header.kind == ALIBI_DROP) suspect(record);
    if (header.kind == ALIBI_SILENT && samplers) samplers->host.cpu_was_silent();
    const bool of_process = header.kind >= ALIBI_FORK && header.kind <= ALIBI_EXIT;
    if (of_process) rescan |= watch->handle(now, record);
    if (const Instant told = reload_asked(record); told != kNever) configs.told(told, header.pid);
  });
  if (rescan) next_scan = now;
}

void Recorder::State::place_losses() {
  if (!probes) return;
  // After the ring was read, by the clock of now: what is lost from here on is counted next time.
  const Instant read = os::monotonic_now();
  for (std::uint32_t i = 0; i < ALIBI_SOURCES; ++i) {
    const auto source = static_cast<alibi_source>(i);
    const std::uint64_t count = probes->lost(source);
    if (count > lost[i])
      log.add_fact(read, evidence::EventsLost{bpf::Probes::name(source), count - lost[i],
                                              lost_read.ns});
    lost[i] = count;
  }
  lost_read = read;
}

void Recorder::State::sample(Instant moment) {
  if (moment >= next_scan) {
    if (watch) scan(moment);
    taps.reopen_lost();
    next_scan = moment + kScanEvery;
  }
  if (samplers && moment >= next_frozen) {
    samplers->cgroups.sample_frozen(moment);
    next_frozen = moment + kFrozenEvery;
  }
  if (moment < next_sample) return;
  const Duration late = moment - next_sample;
  if (late > kLateSample) late_samples += static_cast<std::uint64_t>(late / kSampleEvery);
  next_sample = moment + kSampleEvery;
  ++sample_rounds;
  place_losses();
  configs.collect(moment);
  if (samplers) {
    samplers->waits.sample(moment);
    samplers->cgroups.sample_cpu(moment);
    samplers->disks.sample(moment);
    samplers->disk_users.sample(moment, samplers->waits.stuck());
    samplers->memory.sample(moment);
    samplers->interfaces.sample(moment, taps.taps(), watch->tables());
    samplers->path.sample(moment, taps.taps());
    samplers->host.sample(moment, offsets.samples().back().realtime_minus_monotonic_ns);
  }
  log.trim(moment, [this](evidence::TapId tap, const PackedFrames::TapShare& share, bool memory) {
    taps.forget(tap, share, memory);
  });
}

Result<void> Recorder::State::wait(Duration timeout, int wake_fd) {
  std::vector<pollfd> ready;
  const auto add = [&ready](int fd) { ready.push_back({fd, POLLIN, 0}); };
  add(wake_fd);  // poll(2) passes over -1
  if (probes) add(probes->fd());
  for (const Links& netns : links) {
    add(netns.monitor.fd());
    add(netns.rules ? netns.rules->fd() : -1);
  }
  const Instant before = os::monotonic_now();
  const bool resting = before < rest_until;
  if (!resting)
    for (const int fd : taps.fds()) add(fd);
  const bool freezers = samplers && samplers->cgroups.has_freezers();
  const Instant until = std::min({before + timeout, freezers ? next_frozen : kNever, next_sample,
                                  next_scan, resting ? rest_until : kNever});
  const auto wait_ns = std::max<Duration>(until - before, Duration(0)).count();
  const timespec limit{wait_ns / 1'000'000'000, wait_ns % 1'000'000'000};
  if (ppoll(ready.data(), ready.size(), &limit, nullptr) < 0 && errno != EINTR)
    return fail_errno("recorder: poll");
  // An interface that went down stays an error, and so ready, until the error is taken.
  const bool failed = std::any_of(ready.begin(), ready.end(),
                                [](const pollfd& fd) { return (fd.revents & POLLERR) != 0; });
  if (failed) next_scan = Instant{};
  return {};
}

Result<void> Recorder::poll_once(Duration timeout, int wake_fd) {
  State& s = *state_;
  if (auto waited = s.wait(timeout, wake_fd); !waited) return waited;
  const Instant now = os::monotonic_now();
  s.take_in(now);
  s.sample(now);
  return {};
}

void Recorder::stop() {
  state_->taps.stop();
  if (state_->probes) state_->probes->stop();
  state_->take_in(os::monotonic_now());
  state_->place_losses();
  state_->compare_counts();
  for (auto& loss : state_->taps.disagreements())
    state_->start_losses.push_back(std::move(loss));
}

const std::vector<TapTotals>& Recorder::totals() const { return state_->taps.totals(); }
const std::vector<evidence::Tap>& Recorder::taps() const { return state_->taps.taps(); }

std::vector<std::string> Recorder::unfound() const {
  return state_->watch ? state_->watch->unfound() : std::vector<std::string>{};
}

Instant Recorder::started() const { return state_->started; }
std::size_t Recorder::bytes() const { return state_->log.bytes(); }

void Recorder::each_frame(const PackedFrames::Each& each) const { state_->log.each_frame(each); }

}  // namespace alibi::daemon
