// SPDX-License-Identifier: Apache-2.0
// alibi capture -r: packets of a file, filtered, as lines or into another file.
#include <fmt/format.h>
#include <net/if.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <map>
#include <optional>
#include <vector>

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

  /// One file after the other, each as far as -c says; false: no more of them.
  bool read(const std::string& file);
  int finish();

 private:
  void take(evidence::CapturedFrame frame);
  void begin(const evidence::CapturedFrame& frame);
  void announce(wire::LinkType link_type) const {
    announce_file(file_, os::dlt_of_linktype(static_cast<int>(link_type)));
  }

  const CaptureOptions& options_;
  Filters filters_;
  CapturePrinter printer_;
  std::optional<CaptureSequence> files_;
  std::string file_;  ///< being read
  std::uint64_t taken_ = 0, taken_of_file_ = 0;
  bool readable_ = false;                                ///< one of the files was a capture
  bool begun_ = false;                                   ///< a packet of this file was seen
  wire::LinkType link_type_ = wire::LinkType::Ethernet;  ///< of the file that is written
  std::string error_;
};

void Reading::begin(const evidence::CapturedFrame& frame) {
  begun_ = true;
  announce(frame.link_type);
  if (options_.write_file.empty()) return;
  if (files_) {
    if (frame.link_type != link_type_) error_ = file_ + ": another link type than the file before";
    return;
  }
  link_type_ = frame.link_type;
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
  if (!error_.empty() || (options_.count != 0 && taken_of_file_ == options_.count)) return;
  if (!begun_) begin(frame);
  if (!error_.empty()) return;
  const auto passes = filters_.passes(frame);
  if (!passes) {
    error_ = passes.error().message;
    return;
  }
  if (!*passes) return;
  ++taken_;
  ++taken_of_file_;
  if (options_.prints()) {
    printer_.print(frame);
    if (options_.line_buffered && !printer_.flush()) error_ = "cannot write to standard output";
  }
  if (!files_) return;
  frame.interface = 0;  // the file has one: what several interfaces saw is one stream here
  files_->write(frame, {});
}

bool Reading::read(const std::string& file) {
  file_ = file;
  begun_ = false;
  taken_of_file_ = 0;
  const auto read =
      evidence::read_capture(file, wire::Interest::Everything,
                             [this](const evidence::CapturedFrame& frame) { take(frame); });
  if (!read) {
    const Error& error = read.error();
    error_ = error.os_errno != 0 ? file + ": " + std::strerror(error.os_errno) : error.message;
    return false;
  }
  readable_ = true;
  if (!begun_) {
    announce(read->interfaces.empty() ? wire::LinkType::Ethernet
                                      : read->interfaces.front().link_type);
  }
  if (error_.empty() && !read->damage.empty()) error_ = file + ": " + read->damage;
  return error_.empty();
}

int Reading::finish() {
  if (files_) files_->close();
  if (options_.only_count && readable_) fmt::print("{}\n", packets_text(taken_, ""));
  (void)printer_.flush();
  if (!error_.empty()) return capture_error(error_);
  return files_ && !files_->trouble().empty() ? 1 : 0;
}

Result<std::vector<std::string>> files_of(const CaptureOptions& options) {
  if (options.list_file.empty()) return std::vector<std::string>{options.read_file};
  std::ifstream list(options.list_file);
  if (!list && options.list_file != "-")
    return fail("Unable to open file: " + std::string(std::strerror(errno)));
  std::istream& in = options.list_file == "-" ? std::cin : list;
  std::vector<std::string> out;
  for (std::string line; std::getline(in, line);)
    if (!line.empty()) out.push_back(line);
  if (out.empty()) return fail("Nothing in " + options.list_file);
  return out;
}

}  // namespace

void announce_file(const std::string& file, int link_type) {
  const int length = os::snapshot_length_of(file);
  fmt::print(stderr, "reading from file {}, link-type {}{}\n", file, os::link_type_text(link_type),
             length == 0 ? "" : fmt::format(", snapshot length {}", length));
}

int capture_read(const CaptureOptions& options) {
  std::signal(SIGPIPE, SIG_DFL);
  const auto files = files_of(options);
  if (!files) return capture_error(files.error().message);
  Reading reading(options);
  for (const std::string& file : *files)
    if (!reading.read(file)) break;
  return reading.finish();
}

}  // namespace alibi::cmd
