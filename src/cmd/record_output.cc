// SPDX-License-Identifier: Apache-2.0
// What alibi record prints and writes at its end.
#include "cmd/record_output.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "evidence/capture_file.h"
#include "os/packet_ring.h"

namespace alibi::cmd {

void print_totals(const daemon::Recorder& recorder) {
  for (std::size_t i = 0; i < recorder.taps().size(); ++i) {
    const evidence::Tap& tap = recorder.taps()[i];
    const daemon::TapTotals& total = recorder.totals()[i];
    fmt::print("{} {} {}: {} received, {} written, {} dropped\n", tap.label, tap.host,
               tap.interface, total.received, total.written, total.dropped);
  }
}

void print_window(const daemon::Recorder& recorder, const evidence::Recording& recording,
                  Duration window, std::size_t ring_bytes) {
  const auto seconds = [](Duration d) { return std::chrono::duration<double>(d).count(); };
  constexpr double kMiB = 1U << 20;
  const Duration held = recording.end - recording.begin;
  const Duration recorded = recording.end - recorder.started();
  fmt::print("held: the last {:.1f} s of {:.1f} s, in {:.1f} of {:.0f} MiB", seconds(held),
             seconds(recorded), static_cast<double>(recorder.bytes()) / kMiB,
             static_cast<double>(ring_bytes) / kMiB);
  if (held < std::min(window, recorded))
    fmt::print("; shorter than the window of {:.0f} s: there was no room for more",
               seconds(window));
  fmt::print("\n");
}

void print_sources(const std::vector<evidence::SourceCount>& sources) {
  std::string silent;
  for (const evidence::SourceCount& count : sources) {
    if (count.received == 0) {
      silent += (silent.empty() ? "" : ", ") + count.source;
      continue;
    }
    fmt::print("{}: {} received, {} kept, {} lost, {} passed over\n", count.source, count.received,
               count.kept, count.lost, count.passed_over);
  }
  if (!silent.empty()) fmt::print("nothing came from: {}\n", silent);
}

void print_losses(const std::vector<evidence::SourceLoss>& losses) {
  if (losses.empty()) fmt::print("all sources of evidence were whole\n");
  std::vector<std::pair<std::string, std::string>> absent;  // why, and what
  for (const evidence::SourceLoss& loss : losses) {
    if (loss.lost > 0) {
      fmt::print("lost {} of {}: {}\n", loss.lost, loss.source, loss.why);
    } else if (!absent.empty() && absent.back().first == loss.why) {
      absent.back().second += ", " + loss.source;
    } else {
      absent.emplace_back(loss.why, loss.source);
    }
  }
  for (const auto& [why, sources] : absent) fmt::print("absent {}: {}\n", sources, why);
}

Result<void> check_output_path(const std::string& path) {
  namespace fs = std::filesystem;
  if (path.empty() || path == "-") return {};
  std::error_code error;
  const fs::path folder = fs::absolute(path, error).parent_path();
  if (!fs::is_directory(folder, error)) return fail(path + ": its folder does not exist");
  if (fs::exists(path, error) && !fs::is_regular_file(path, error))
    return fail(path + ": not a regular file; name a file that may be replaced");
  if (access(folder.c_str(), W_OK) != 0) return fail_errno(path + ": cannot write to its folder");
  return {};
}

Result<void> write_pcapng(const daemon::Recorder& recorder, const std::string& path) {
  std::vector<evidence::CaptureInterface> interfaces;
  for (const evidence::Tap& tap : recorder.taps())
    interfaces.push_back({tap.label, tap.host + " " + tap.interface, wire::LinkType::Ethernet,
                          tap.received, tap.dropped});
  auto writer = evidence::PcapngWriter::create(path, interfaces, os::PacketRing::kSnapLength + 4);
  if (!writer) return tl::unexpected(writer.error());
  Result<void> outcome;
  std::uint64_t number = 0;
  recorder.each_frame([&](const daemon::KeptFrame& kept, const daemon::FrameKind&) {
    if (!outcome) return;
    evidence::CapturedFrame frame;
    frame.unix_ns = kept.realtime_ns;
    frame.interface = kept.tap;
    frame.original_length = kept.original_length;
    frame.direction = kept.direction;
    frame.dropped_before = kept.dropped_before;
    frame.number = ++number;
    frame.bytes = kept.bytes;
    outcome = writer->write(frame);
  });
  return outcome ? writer->finish(interfaces) : outcome;
}

}  // namespace alibi::cmd
