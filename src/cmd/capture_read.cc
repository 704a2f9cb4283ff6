// SPDX-License-Identifier: Apache-2.0
// alibi capture -r: packets of a file, filtered, as lines or into another file.
#include <fmt/format.h>
#include <net/if.h>

#include <csignal>
#include <cstdio>
#include <map>
#include <optional>

#include "cmd/capture_printer.h"
#include "cmd/capture_sequence.h"
#include "cmd/capture_session.h"
#include "os/capture_devices.h"

namespace alibi::cmd {
namespace {

/// One filter a link type: the same words look at other octets in each.
class Filters {
 public:
  explicit Filters(const CaptureOptions& options) : options_(options) {}

  Result<bool> passes(const evidence::CapturedFrame& frame) {
    const int type = static_cast<int>(frame.link_type);
    auto at = by_type_.find(type);
    if (at == by_type_.end()) {
      auto filter = os::OfflineFilter::compile(options_.filter, type, !options_.no_optimizer);
      if (!filter) return tl::unexpected(filter.error());
      at = by_type_.emplace(type, std::move(*filter)).first;
    }
    return at->second.passes(frame.bytes, frame.original_length);
  }

 private:
  const CaptureOptions& options_;
  std::map<int, os::OfflineFilter> by_type_;
};

class Reading {
 public:
  explicit Reading(const CaptureOptions& options)
      : options_(options), filters_(options), printer_(options, {}) {}

  int run();

 private:
  void take(evidence::CapturedFrame frame);
  void begin(const evidence::CapturedFrame& frame);
  void announce(wire::LinkType link_type) const;

  const CaptureOptions& options_;
  Filters filters_;
  CapturePrinter printer_;
  std::optional<CaptureSequence> files_;
  std::uint64_t taken_ = 0;
  bool begun_ = false;
  std::string error_;
};

void Reading::announce(wire::LinkType link_type) const {
  const int length = os::snapshot_length_of(options_.read_file);
  const std::string type = os::link_type_text(os::dlt_of_linktype(static_cast<int>(link_type)));
  fmt::print(stderr, "reading from file {}, link-type {}{}\n", options_.read_file, type,
             length == 0 ? "" : fmt::format(", snapshot length {}", length));
}

void Reading::begin(const evidence::CapturedFrame& frame) {
  begun_ = true;
  announce(frame.link_type);
  if (options_.write_file.empty()) return;
  evidence::CaptureFormat format;
  format.pcapng = writes_pcapng(options_);
  format.nanoseconds = options_.nanoseconds;
  evidence::CaptureInterface interface;
  interface.link_type = frame.link_type;
  format.interfaces.push_back(interface);
  files_.emplace(options_, std::move(format), [](evidence::CaptureWriter&) {});
  if (auto opened = files_->open(frame.unix_ns); !opened) error_ = opened.error().message;
}

void Reading::take(evidence::CapturedFrame frame) {
  if (!error_.empty() || (options_.count != 0 && taken_ == options_.count)) return;
  if (!begun_) begin(frame);
  if (!error_.empty()) return;
  const auto passes = filters_.passes(frame);
  if (!passes) {
    error_ = passes.error().message;
    return;
  }
  if (!*passes) return;
  ++taken_;
  if (options_.prints()) {
    printer_.print(frame);
    if (options_.line_buffered && !printer_.flush()) error_ = "cannot write to standard output";
  }
  if (!files_) return;
  frame.interface = 0;  // the file has one: what several interfaces saw is one stream here
  files_->write(frame, {});
}

int Reading::run() {
  const auto read =
      evidence::read_capture(options_.read_file, wire::Interest::Everything,
                             [this](const evidence::CapturedFrame& frame) { take(frame); });
  if (!read) return capture_error(read.error().message);
  if (!begun_) {
    announce(read->interfaces.empty() ? wire::LinkType::Ethernet
                                      : read->interfaces.front().link_type);
  }
  if (files_) files_->close();
  if (options_.only_count) fmt::print("{}\n", packets_text(taken_, ""));
  (void)printer_.flush();
  if (!error_.empty()) return capture_error(error_);
  if (!read->damage.empty()) return capture_error(options_.read_file + ": " + read->damage);
  return files_ && !files_->trouble().empty() ? 1 : 0;
}

}  // namespace

int capture_read(const CaptureOptions& options) {
  std::signal(SIGPIPE, SIG_DFL);
  return Reading(options).run();
}

}  // namespace alibi::cmd
