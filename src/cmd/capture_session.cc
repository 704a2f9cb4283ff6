// SPDX-License-Identifier: Apache-2.0
// One thread: rings, signals, and once a second everything that is not about a frame.
#include "cmd/capture_session.h"

#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <optional>
#include <utility>

#include "cmd/capture_lines.h"
#include "cmd/capture_sequence.h"
#include "cmd/capture_taps.h"
#include "os/capture_devices.h"
#include "os/clocks.h"
#include "os/event_loop.h"
#include "os/signals.h"

namespace alibi::cmd {
namespace {

constexpr std::size_t kRound = 65536;  // frames between two looks at the signals
constexpr Duration kTick = 1s;
constexpr Duration kClosing = 300ms;  // on top of the time that a block needs to be handed over
constexpr std::int64_t kClockStepNs = 1'000'000;

constexpr const char* kUnseenComment = "alibi: the clock was set unseen";

std::string clock_comment(std::int64_t offset_ns) {
  return fmt::format("alibi clock: realtime-monotonic={} boottime={}", offset_ns,
                     os::since_boot().count());
}

class Session {
 public:
  Session(const CaptureOptions& options, CaptureTaps taps, os::SignalQueue signals,
          os::ClockSetSignal clock_set, CaptureView& view)
      : options_(options),
        view_(view),
        taps_(std::move(taps)),
        signals_(std::move(signals)),
        clock_set_(std::move(clock_set)),
        comments_(taps_.all().size()),
        absent_(taps_.all().size()),
        clocks_(taps_.all().size(), os::StampClock(clock_offset_ns_)) {
    view_.open(taps_);
  }

  void announce() const;
  Result<void> open_files();
  /// The file just opened, if it is one.
  Result<void> give_file(const std::string& user) const;
  int run();

 private:
  bool take(evidence::CapturedFrame frame);
  /// By the clock as it was when the capture began.
  Instant now() const { return Instant{os::monotonic_now().ns + first_offset_ns_}; }
  void handle_signals();
  void tick(Instant now);
  void check_clock();
  void put_statistics(evidence::CaptureWriter& writer);
  void drain_rest();
  void tell_counts(const char* between) const;
  void tell_taps() const;

  const CaptureOptions& options_;
  CaptureView& view_;
  CaptureTaps taps_;
  os::SignalQueue signals_;
  os::ClockSetSignal clock_set_;
  std::int64_t clock_offset_ns_ = os::realtime_minus_monotonic_ns();
  const std::int64_t first_offset_ns_ = clock_offset_ns_;
  Instant clock_looked_ = os::monotonic_now();
  std::vector<std::string> comments_;   ///< by tap, for its next frame
  std::vector<bool> absent_;            ///< by tap, before its next frame
  std::vector<os::StampClock> clocks_;  ///< by tap
  std::optional<CaptureSequence> files_;
  std::uint64_t captured_ = 0;
  bool ended_ = false, interrupted_ = false;
};

void Session::announce() const {
  for (const os::CaptureTap& tap : taps_.all())
    if (tap.name() == "any") std::fprintf(stderr, "alibi: data link type LINUX_SLL2\n");
  const bool quiet_lines = options_.write_file.empty() && options_.verbosity == 0;
  if (quiet_lines && !options_.no_lines)
    std::fprintf(stderr,
                 "alibi: verbose output suppressed, use -v[v]... for full protocol decode\n");
  bool first = !quiet_lines || options_.no_lines;
  for (const os::CaptureTap& tap : taps_.all()) {
    std::fprintf(stderr, "%slistening on %s, link-type %s, snapshot length %u bytes\n",
                 std::exchange(first, taps_.all().size() > 1) ? "alibi: " : "", tap.name().c_str(),
                 os::link_type_text(tap.link_type()).c_str(), options_.snap_length);
  }
}

Result<void> Session::open_files() {
  if (options_.write_file.empty()) return {};
  evidence::CaptureFormat format;
  format.pcapng = writes_pcapng(options_);
  format.nanoseconds = options_.nanoseconds;
  format.snap_length = options_.snap_length;
  format.filter = options_.filter;
  format.comment = clock_comment(clock_offset_ns_);
  for (const os::CaptureTap& tap : taps_.all()) {
    evidence::CaptureInterface interface;
    interface.name = tap.name();
    interface.link_type = static_cast<wire::LinkType>(os::linktype_of_dlt(tap.link_type()));
    if (!format.pcapng && !format.interfaces.empty() &&
        interface.link_type != format.interfaces.front().link_type)
      return fail(
          "a pcap file has one link type, these interfaces have several: choose "
          "--format pcapng");
    format.interfaces.push_back(std::move(interface));
  }
  if (!format.pcapng && taps_.all().size() > 1) {
    std::fprintf(stderr,
                 "alibi: a pcap file does not say at which interface a packet was seen; "
                 "one named .pcapng does\n");
  }
  files_.emplace(options_, std::move(format),
                 [this](evidence::CaptureWriter& writer) { put_statistics(writer); });
  return files_->open(os::realtime_now_ns());
}

Result<void> Session::give_file(const std::string& user) const {
  if (!files_ || options_.write_file == "-") return {};
  return os::give_file(files_->current_name(), user);
}

bool Session::take(evidence::CapturedFrame frame) {
  frame.number = ++captured_;
  std::string& comment = comments_[frame.interface];
  os::StampClock& clock = clocks_[frame.interface];
  const bool was_unseen = clock.unseen();
  if (!clock.explains(frame.unix_ns, os::monotonic_now())) check_clock();
  if (clock.take(frame.unix_ns, os::monotonic_now()))
    comment += (comment.empty() ? "" : "\n") + clock_comment(clock.offset_ns());
  const bool unsure = was_unseen || clock.unseen();  // how long it was since the one before
  if (unsure) comment += std::string(comment.empty() ? "" : "\n") + kUnseenComment;
  if (files_) files_->write(frame, comment);
  if (!comment.empty()) comment.clear();
  frame.clock_set_ns = clock.offset_ns() - first_offset_ns_;
  frame.absent_before = unsure || absent_[frame.interface];
  absent_[frame.interface] = false;
  if (!view_.take(frame)) ended_ = true;
  if (captured_ == options_.count || (files_ && files_->finished())) ended_ = true;
  return !ended_;
}

void Session::handle_signals() {
  while (const int signal = signals_.next()) {
    if (signal == SIGUSR1) {
      taps_.take_counts();
      std::fprintf(stderr, "alibi: ");
      tell_counts(", ");
    } else if (signal == SIGUSR2) {
      if (files_) files_->flush();
    } else {
      ended_ = interrupted_ = true;
    }
  }
}

void Session::check_clock() {
  clock_set_.clear();
  const std::int64_t offset = os::realtime_minus_monotonic_ns();
  const Instant before = std::exchange(clock_looked_, os::monotonic_now());
  const std::int64_t step = offset - clock_offset_ns_;
  if (step > -kClockStepNs && step < kClockStepNs) return;
  clock_offset_ns_ = offset;
  std::fprintf(stderr, "alibi: the clock was set by %s; time stamps jump here\n",
               seconds_text(Duration(step)).c_str());
  for (os::StampClock& clock : clocks_) clock.set(offset, before, clock_looked_);
  const Duration ahead(offset - first_offset_ns_);
  view_.clock_set(Instant{clock_looked_.ns + first_offset_ns_}, ahead);
  if (!files_) return;
  files_->describe(clock_comment(offset));
  if (files_->current() != nullptr) put_statistics(*files_->current());
}

void Session::put_statistics(evidence::CaptureWriter& writer) {
  const std::int64_t now = os::realtime_now_ns();
  for (std::uint32_t i = 0; i < taps_.all().size(); ++i) {
    const os::CaptureCounts counts = taps_.all()[i].counts();
    (void)writer.statistics(i, now, counts.received, counts.dropped,
                            clock_comment(clock_offset_ns_));
  }
}

void Session::tick(Instant now) {
  taps_.take_counts();
  taps_.look(now, [this](std::size_t tap) {
    comments_[tap] = "alibi: the interface is back";
    absent_[tap] = true;
  });
  if (!files_) return;
  files_->look(os::realtime_now_ns());
  if (files_->finished()) ended_ = true;
  files_->flush();
  if (options_.verbosity > 0) std::fprintf(stderr, "Got %lu\r", captured_);
}

// What waits in the rings when the capture ends was received: it belongs into the file.
void Session::drain_rest() {
  taps_.stop();
  const Instant end = os::monotonic_now() + taps_.retire() + kClosing;
  ended_ = false;
  while (!ended_) {
    taps_.take_counts();
    if (taps_.settled() || os::monotonic_now() > end) return;
    taps_.wait({signals_.fd()}, 20ms);
    taps_.drain(SIZE_MAX, [this](const evidence::CapturedFrame& frame) { return take(frame); });
  }
}

int Session::run() {
  Instant next_tick = os::monotonic_now() + kTick;
  while (!ended_) {
    check_clock();
    const Instant until = now();
    const std::size_t done =
        taps_.drain(kRound, [this](const evidence::CapturedFrame& frame) { return take(frame); });
    if (ended_) break;
    if (options_.packet_buffered && done > 0 && files_) files_->flush();
    const Instant moment = os::monotonic_now();
    if (moment >= next_tick) {
      tick(moment);
      next_tick = moment + kTick;
    }
    handle_signals();
    if (done == kRound || ended_) continue;
    if (!view_.caught_up(until, done == 0)) break;
    if (done > 0) continue;
    const Duration idle = std::min({next_tick - moment, Duration(kTick), view_.next() - now()});
    taps_.wait({signals_.fd(), clock_set_.fd()}, std::max(idle, Duration(0)) + 1ms);
  }
  if (interrupted_) drain_rest();
  taps_.take_counts();
  if (files_) files_->close();
  view_.close(interrupted_, now());
  tell_taps();
  tell_counts("\n");
  return files_ && !files_->trouble().empty() ? 1 : 0;
}

void Session::tell_taps() const {
  if (taps_.all().size() < 2) return;
  for (const os::CaptureTap& tap : taps_.all()) {
    const os::CaptureCounts counts = tap.counts();
    fmt::print(stderr, "{}: {}, {}, {}\n", tap.name(), packets_text(counts.read, " captured"),
               packets_text(counts.received, " received by filter"),
               packets_text(counts.dropped, " dropped by kernel"));
  }
}

void Session::tell_counts(const char* between) const {
  const os::CaptureCounts counts = taps_.counts();
  fmt::print(stderr, "{}{}{}{}{}\n", packets_text(captured_, " captured"), between,
             packets_text(counts.received, " received by filter"), between,
             packets_text(counts.dropped, " dropped by kernel"));
  if (files_ && files_->not_written() != 0)
    fmt::print(stderr, "{}\n", packets_text(files_->not_written(), " captured but not written"));
}

}  // namespace

std::string packets_text(std::uint64_t count, const char* what) {
  return fmt::format("{} packet{}{}", count, count == 1 ? "" : "s", what);
}

int capture_error(const std::string& message) {
  std::fprintf(stderr, "alibi: %s\n", message.c_str());
  return 1;
}

bool writes_pcapng(const CaptureOptions& options) {
  if (!options.format.empty()) return options.format == "pcapng";
  std::string_view name = options.write_file;
  for (const std::string_view packed : {".gz", ".zst"})
    if (name.ends_with(packed)) name.remove_suffix(packed.size());
  return name.ends_with(".pcapng") || name.ends_with(".ntar");
}

namespace {

Result<void> check_link_type(const CaptureOptions& options, const CaptureTaps& taps) {
  if (options.link_type.empty()) return {};
  const auto wanted = os::link_type_named(options.link_type);
  if (!wanted) return tl::unexpected(wanted.error());
  for (const os::CaptureTap& tap : taps.all())
    if (tap.link_type() != *wanted)
      return fail((taps.all().size() > 1 ? tap.name() + ": " : "") + options.link_type +
                  " is not one of the DLTs supported by this device");
  std::fprintf(stderr, "alibi: data link type %s\n", options.link_type.c_str());
  return {};
}

/// As tcpdump does it: with -C before the first file is opened, because the user must be able to
/// open the later ones; else behind it, and the file is the user's.
Result<void> open_as_user(const CaptureOptions& options, Session& session) {
  if (options.user.empty()) return session.open_files();
  const bool before = options.rotate_size != 0;
  if (!before) {
    if (auto opened = session.open_files(); !opened) return opened;
    if (auto given = session.give_file(options.user); !given) return given;
  }
  if (auto done = os::become_user(options.user); !done) return done;
  return before ? session.open_files() : Result<void>();
}

}  // namespace

int capture_live(const CaptureOptions& options) {
  CaptureLines lines(options);
  return capture_live(options, lines);
}

int capture_live(const CaptureOptions& options, CaptureView& view) {
  auto signals = os::SignalQueue::create({SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGUSR1, SIGUSR2});
  if (!signals) return capture_error(signals.error().message);
  auto taps = CaptureTaps::open(options);
  if (!taps) return capture_error(taps.error().message);
  if (auto right = check_link_type(options, *taps); !right)
    return capture_error(right.error().message);
  auto clock_set = os::ClockSetSignal::create();
  if (!clock_set) return capture_error(clock_set.error().message);
  Session session(options, std::move(*taps), std::move(*signals), std::move(*clock_set), view);
  if (auto opened = open_as_user(options, session); !opened)
    return capture_error(opened.error().message);
  session.announce();
  return session.run();
}

}  // namespace alibi::cmd
