// SPDX-License-Identifier: Apache-2.0
// alibi gaps -i: what alibi capture captures, into a watch instead of lines.
#include <fmt/format.h>

#include <cstdio>
#include <optional>

#include "cmd/capture_session.h"
#include "cmd/gaps_options.h"
#include "os/socket_filter.h"
#include "report/gap_events.h"

namespace alibi::cmd {
namespace {

using report::EventFormat;

class GapsLive : public CaptureView {
 public:
  /// `taps` is told where they are.
  GapsLive(const GapsOptions& options, investigate::GapWatch watch, CaptureTaps*& taps)
      : options_(options),
        watch_(std::move(watch)),
        taps_(taps),
        format_(options.json  ? EventFormat::Json
                : options.csv ? EventFormat::Csv
                              : EventFormat::Text) {}

  void open(CaptureTaps& taps) override {
    taps_ = &taps;
    fmt::print("{}", report::gap_events_head(format_));
    std::fflush(stdout);
  }
  bool take(const evidence::CapturedFrame& frame) override {
    watch_.take(frame);
    return true;
  }
  bool caught_up(Instant now, bool idle) override;
  void clock_set(Instant at, Duration ahead) override { clock_.set(at, ahead); }
  Instant next() const override { return watch_.next_look(); }
  void close(bool interrupted, Instant now) override;
  int exit_code() const { return exit_code_; }

 private:
  /// Asks the kernel what was lost, once a look.
  investigate::GapWatch::State states();

  const GapsOptions& options_;
  investigate::GapWatch watch_;
  CaptureTaps*& taps_;
  EventFormat format_;
  report::ShownClock clock_;
  int exit_code_ = 0;
};

investigate::GapWatch::State GapsLive::states() {
  return [this, asked = false](evidence::TapId tap) mutable {
    if (!asked) taps_->take_counts();
    asked = true;
    return investigate::GapWatch::TapState{taps_->untold(tap), !taps_->all()[tap].present()};
  };
}

bool GapsLive::caught_up(Instant now, bool /*idle*/) {
  const auto events = watch_.look(now, states());
  for (const investigate::GapEvent& event : events)
    fmt::print("{}", report::gap_event_line(watch_, event, format_, clock_));
  return events.empty() || std::fflush(stdout) == 0;
}

void GapsLive::close(bool /*interrupted*/, Instant now) {
  (void)caught_up(now, true);
  std::vector<std::uint64_t> dropped;
  for (const os::CaptureTap& tap : taps_->all()) dropped.push_back(tap.counts().dropped);
  const investigate::GapReport report = watch_.finish(now, states(), dropped);
  if (!options_.plot.empty()) {
    const auto plotted = plot_gaps(report, options_.plot);
    if (!plotted) exit_code_ = capture_error(plotted.error().message);
  }
  fmt::print("{}", report::gap_summary(report, format_));
  std::fflush(stdout);
  for (const std::string& remark : clock_.remarks())
    std::fprintf(stderr, "alibi: %s\n", remark.c_str());
}

/// The kernel passes what may be a heartbeat; what is one, the survey says.
std::string kernel_filter(const investigate::SurveyRequest& request) {
  if (!request.filter) return os::advert_expression();
  for (const investigate::KnownHeartbeat& known : investigate::known_heartbeats())
    if (known.name == *request.filter) return std::string(known.expression);
  return *request.filter;
}

}  // namespace

int gaps_live(const GapsOptions& options, const investigate::SurveyRequest& request) {
  CaptureOptions capture;
  capture.interfaces = options.interfaces;
  capture.filter = kernel_filter(request);
  if (!request.filter) capture.ethernet_filter = os::twice_tagged_advert_expression();
  capture.write_file = options.write_file;
  capture.buffer_kib = options.buffer_kib;
  capture.not_promiscuous = options.not_promiscuous;
  capture.immediate = true;
  capture.no_lines = true;
  std::vector<evidence::Tap> taps;
  for (const std::string& interface : options.interfaces) {
    evidence::Tap tap;
    tap.label = tap.interface = interface;
    taps.push_back(std::move(tap));
  }
  CaptureTaps* opened = nullptr;
  const auto name = [&opened](evidence::TapId tap, std::uint32_t index) {
    return opened->all()[tap].interface_name(index);
  };
  auto watch = investigate::GapWatch::create(request, std::move(taps), name);
  if (!watch) return capture_error(watch.error().message);
  GapsLive live(options, std::move(*watch), opened);
  const int code = capture_live(capture, live);
  return code != 0 ? code : live.exit_code();
}

}  // namespace alibi::cmd
