// SPDX-License-Identifier: Apache-2.0
// The teller's loop.
#include "daemon/teller.h"

#include <signal.h>

#include <array>

#include "daemon/log.h"
#include "os/event_loop.h"
#include "os/signals.h"

namespace alibi::daemon {
namespace {

class Teller {
 public:
  Teller(const config::Settings& settings, const Channels& channels, const RunOptions& options,
         os::EventLoop loop, os::SignalQueue signals)
      : settings_(settings),
        channels_(channels),
        options_(options),
        loop_(std::move(loop)),
        signals_(std::move(signals)),
        log_(options.log) {}

  Result<void> run();

 private:
  void drain();
  void tell(const Tell& message);
  void report_drops();

  const config::Settings& settings_;
  const Channels& channels_;
  const RunOptions& options_;
  os::EventLoop loop_;
  os::SignalQueue signals_;
  Log log_;
  std::array<std::uint64_t, kSenders> drops_reported_{};
  bool stopping_ = false;
};

Result<void> Teller::run() {
  for (const auto* queue : {&channels_.supervisor_to_teller, &channels_.keeper_to_teller,
                            &channels_.tracker_to_teller}) {
    if (auto added = loop_.add(queue->read_fd(), [this] { drain(); }); !added) return added;
  }
  auto added = loop_.add(signals_.fd(), [this] {
    while (const int signal = signals_.next()) stopping_ |= signal == SIGTERM;
  });
  if (!added) return added;
  while (!stopping_) {
    if (auto waited = loop_.wait(); !waited) return waited;
  }
  drain();
  return {};
}

void Teller::drain() {
  Tell message;
  for (const auto* queue : {&channels_.supervisor_to_teller, &channels_.keeper_to_teller,
                            &channels_.tracker_to_teller}) {
    while (queue->receive_struct(message)) tell(message);
  }
  report_drops();
}

void Teller::tell(const Tell& message) {
  const std::string line = log_text(settings_, message, options_.detail);
  if (!line.empty()) log_.write(message.unix_ns, static_cast<Severity>(message.severity), line);
}

void Teller::report_drops() {
  static constexpr std::array<const char*, kSenders> kNames{"supervisor", "keeper", "tracker"};
  for (std::size_t i = 0; i < kSenders; ++i) {
    const std::uint64_t dropped = channels_.page.dropped(static_cast<Sender>(i)).load();
    if (dropped == drops_reported_[i]) continue;
    log_.write(os::realtime_now_ns(), Severity::Warning,
               "lost " + std::to_string(dropped - drops_reported_[i]) + " messages of the " +
                   kNames[i] + ": they came faster than the log or this process could take them");
    drops_reported_[i] = dropped;
  }
}

}  // namespace

int teller_main(const config::Settings& settings, const Channels& channels,
                const RunOptions& options) {
  auto signals =
      os::SignalQueue::create({SIGTERM, SIGINT, SIGHUP, SIGCHLD, SIGPIPE, SIGUSR1, SIGUSR2});
  auto loop = os::EventLoop::create();
  if (!signals || !loop) return 1;
  Teller teller(settings, channels, options, std::move(*loop), std::move(*signals));
  return teller.run() ? 0 : 1;
}

}  // namespace alibi::daemon
