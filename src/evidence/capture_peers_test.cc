// SPDX-License-Identifier: Apache-2.0
// Every capture that tshark's libraries open among those lying about is opened, with as many
// packets: the shared corpus, and any folders in $ALIBI_CAPTURES. Skipped without capinfos.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "evidence/capture_file.h"
#include "evidence/testing.h"

namespace alibi::evidence {
namespace {

namespace fs = std::filesystem;

std::string quoted(const std::string& path) {
  std::string out = "'";
  for (const char c : path) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

/// Packets as capinfos counts them; -1: it does not open the file, complains about it, or takes it
/// for something else than a capture of pcap, pcapng or snoop (it opens programs and pictures,
/// too).
std::int64_t packets_of_peer(const std::string& path) {
  const auto out = testing::run("capinfos -M -T -r -t -c " + quoted(path) + " 2>/dev/null");
  std::istringstream line(out.text);
  std::string name;
  std::string type;
  std::int64_t packets = -1;
  std::getline(line, name, '\t');
  std::getline(line, type, '\t');
  line >> packets;
  constexpr std::array kOurs{"pcap", "nsecpcap", "modpcap", "pcapng", "snoop"};
  const bool ours = std::find(kOurs.begin(), kOurs.end(), type) != kOurs.end();
  return out.status == 0 && ours && line ? packets : -1;
}

std::vector<fs::path> folders() {
  std::vector<fs::path> out;
  if (const std::string corpus = testing::corpus_file(""); !corpus.empty())
    out.emplace_back(corpus);
  const char* more = std::getenv("ALIBI_CAPTURES");
  std::istringstream names(more != nullptr ? more : "");
  for (std::string name; std::getline(names, name, ':');) out.emplace_back(name);
  return out;
}

TEST(CapturePeers, EveryCaptureThatTsharkOpensIsReadWithAsManyPackets) {
  if (!testing::installed("capinfos")) GTEST_SKIP() << "capinfos is not installed";
  std::size_t compared = 0;
  for (const fs::path& folder : folders()) {
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (!entry.is_regular_file()) continue;
      const std::string path = entry.path().string();
      const std::int64_t packets = packets_of_peer(path);
      if (packets < 0) continue;
      std::uint64_t handed_out = 0;
      const auto summary = read_capture(path, wire::Interest::Everything,
                                        [&](const CapturedFrame&) { ++handed_out; });
      if (!summary) {
        ADD_FAILURE() << summary.error().message;
        continue;
      }
      EXPECT_EQ(summary->damage, "") << path;
      EXPECT_EQ(static_cast<std::int64_t>(summary->frames), packets) << path;
      EXPECT_EQ(handed_out, summary->frames) << path;
      ++compared;
    }
  }
  if (compared == 0) GTEST_SKIP() << "no captures on this machine";
  RecordProperty("compared", std::to_string(compared));
}

}  // namespace
}  // namespace alibi::evidence
