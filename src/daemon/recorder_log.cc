// SPDX-License-Identifier: Apache-2.0
// Three queues, each in order of arrival. Probe records stay what the kernel wrote.
#include "daemon/recorder_log.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "bpf/abi.h"

namespace alibi::daemon {
namespace {

constexpr std::size_t kMoment = sizeof(alibi_header::ns);
static_assert(offsetof(alibi_header, ns) == 0);

/// Records of one thread that say the same kind of thing; of those that leave the CPU, from the
/// same place in the kernel.
std::uint64_t key_of(std::span<const std::uint8_t> record) {
  alibi_header header{};
  std::memcpy(&header, record.data(), sizeof header);
  std::uint64_t key = std::uint64_t{header.kind} << 32 | static_cast<std::uint32_t>(header.tid);
  if (header.kind == ALIBI_OFF && record.size() >= sizeof(alibi_off)) {
    alibi_off off{};
    std::memcpy(&off, record.data(), sizeof off);
    for (const alibi_u64 frame : off.stack) key = (key ^ frame) * 0x100000001b3U;
  }
  return key * 0x9e3779b97f4a7c15U ^ record.size();
}

/// Of the pieces that are full but for the last, the last.
template <typename Piece>
Piece& open_piece(std::deque<Piece>& pieces, bool full, std::size_t& closed_bytes) {
  if (!pieces.empty() && full) {
    pieces.back().close();
    closed_bytes += pieces.back().records().bytes();
  }
  if (pieces.empty() || full) pieces.emplace_back();
  return pieces.back();
}

template <typename Piece>
void pop_piece(std::deque<Piece>& pieces, std::size_t& closed_bytes) {
  if (pieces.size() > 1) closed_bytes -= pieces.front().records().bytes();
  pieces.pop_front();
}

template <typename Piece>
Instant newest_of_oldest(const std::deque<Piece>& pieces) {
  return pieces.empty() ? kNever : pieces.front().records().last();
}

}  // namespace

void RecorderLog::ProbePiece::add(std::uint64_t key, Source source, Instant at,
                                  std::span<const std::uint8_t> record) {
  records_.add(key, at, record);
  ++counts_[source];
}

bool RecorderLog::is_full(const PackedRecords& piece, Instant at) const {
  return piece.bytes() >= std::min(kPieceBytes, max_bytes_ / kPieces) ||
         at - piece.first() > window_ / kPieces;
}

void RecorderLog::add_frame(const KeptFrame& frame) {
  const bool full = !frames_.empty() && is_full(frames_.back().records(), frame.at);
  const FrameKind kind = open_piece(frames_, full, closed_bytes_).add(frame);
  if (on_frame) on_frame(frame, kind);
}

void RecorderLog::add_probe(std::span<const std::uint8_t> record) {
  std::int64_t at = 0;
  std::memcpy(&at, record.data(), kMoment);
  const bool full = !probes_.empty() && is_full(probes_.back().records(), Instant{at});
  const Source source = source_of(record);
  ++sources_[source].taken;
  open_piece(probes_, full, closed_bytes_)
      .add(key_of(record), source, Instant{at}, record.subspan(kMoment));
}

void RecorderLog::pass_over(std::span<const std::uint8_t> record) {
  SourceTotals& totals = sources_[source_of(record)];
  ++totals.taken;
  ++totals.passed_over;
}

void RecorderLog::add_fact(Instant at, evidence::Fact fact) {
  ++sources_[source_of(fact)].taken;
  facts_.push_back({at, std::move(fact)});
}

void RecorderLog::each_frame(const PackedFrames::Each& each) const {
  for (const PackedFrames& piece : frames_) piece.each(each);
}

void RecorderLog::each_probe(const std::function<void(std::span<const std::uint8_t>)>& each) const {
  std::vector<std::uint8_t> whole;
  for (const ProbePiece& piece : probes_)
    piece.records().each([&](Instant at, const RecordKind&, std::span<const std::uint8_t> record) {
      whole.resize(kMoment + record.size());
      std::memcpy(whole.data(), &at.ns, kMoment);
      std::copy(record.begin(), record.end(), whole.begin() + kMoment);
      each(whole);
    });
}

std::size_t RecorderLog::bytes() const {
  return closed_bytes_ + (frames_.empty() ? 0 : frames_.back().records().bytes()) +
         (probes_.empty() ? 0 : probes_.back().records().bytes()) + facts_.size() * kFactBytes;
}

Instant RecorderLog::reach(std::size_t bytes, std::size_t per_frame, std::size_t per_record) const {
  std::size_t left = bytes - std::min(bytes, facts_.size() * kFactBytes);
  auto frame = frames_.rbegin();
  auto probe = probes_.rbegin();
  while (frame != frames_.rend() || probe != probes_.rend()) {
    const bool is_frame =
        probe == probes_.rend() ||
        (frame != frames_.rend() && frame->records().first() >= probe->records().first());
    const PackedRecords& piece = is_frame ? (frame++)->records() : (probe++)->records();
    const std::size_t size = piece.count() * (is_frame ? per_frame : per_record);
    if (size > left) {
      const double share = static_cast<double>(left) / static_cast<double>(size);
      const auto span = static_cast<double>((piece.last() - piece.first()).count());
      return piece.last() - Duration(static_cast<std::int64_t>(share * span));
    }
    left -= size;
  }
  return {};
}

void RecorderLog::pop_frames(bool memory, const Gone& gone) {
  for (const auto& [tap, share] : frames_.front().taps()) gone(tap, share, memory);
  if (memory) complete_since_ = std::max(complete_since_, frames_.front().records().last());
  pop_piece(frames_, closed_bytes_);
}

void RecorderLog::pop_probes(bool memory) {
  const ProbePiece& piece = probes_.front();
  for (std::size_t i = 0; i < kSources; ++i)
    (memory ? sources_[i].evicted : sources_[i].passed_over) += piece.counts()[i];
  if (memory) complete_since_ = std::max(complete_since_, piece.records().last());
  pop_piece(probes_, closed_bytes_);
}

void RecorderLog::pop_fact(bool memory) {
  SourceTotals& totals = sources_[source_of(facts_.front().fact)];
  ++(memory ? totals.evicted : totals.passed_over);
  if (memory) complete_since_ = std::max(complete_since_, facts_.front().at);
  facts_.pop_front();
}

std::uint64_t RecorderLog::evicted_events() const {
  return std::accumulate(
      sources_.begin(), sources_.end(), std::uint64_t{0},
      [](std::uint64_t sum, const SourceTotals& source) { return sum + source.evicted; });
}

void RecorderLog::drop_oldest(const Gone& gone) {
  const Instant frame = newest_of_oldest(frames_);
  const Instant probe = newest_of_oldest(probes_);
  const Instant fact = facts_.empty() ? kNever : facts_.front().at;
  if (frame <= probe && frame <= fact) return pop_frames(true, gone);
  if (probe <= fact) return pop_probes(true);
  pop_fact(true);
}

void RecorderLog::trim(Instant now, const Gone& gone) {
  const Instant cutoff = now - window_;
  while (!frames_.empty() && newest_of_oldest(frames_) < cutoff) pop_frames(false, gone);
  while (!probes_.empty() && newest_of_oldest(probes_) < cutoff) pop_probes(false);
  while (!facts_.empty() && facts_.front().at < cutoff) pop_fact(false);
  while (bytes() > max_bytes_ && !(frames_.empty() && probes_.empty() && facts_.empty()))
    drop_oldest(gone);
}

}  // namespace alibi::daemon
