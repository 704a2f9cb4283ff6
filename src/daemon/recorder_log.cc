// SPDX-License-Identifier: Apache-2.0
// Three queues, each in order of arrival. Probe records stay the bytes that the kernel wrote.
#include "daemon/recorder_log.h"

#include <algorithm>
#include <cstring>

namespace alibi::daemon {
namespace {

constexpr std::size_t kPieceBytes = 32U * 1024;

std::size_t size_of(const KeptFrame& frame) { return sizeof(KeptFrame) + frame.bytes.capacity(); }

}  // namespace

void RecorderLog::add_frame(KeptFrame frame) {
  if (on_frame) on_frame(frame);
  frame_bytes_ += size_of(frame);
  frames_.push_back(std::move(frame));
}

void RecorderLog::add_probe(Instant at, std::span<const std::uint8_t> record) {
  const std::size_t needed = sizeof(std::uint32_t) + record.size();
  if (pieces_.empty() || pieces_.back().bytes.size() + needed > kPieceBytes) {
    pieces_.emplace_back();
    pieces_.back().bytes.reserve(kPieceBytes);
    probe_bytes_ += kPieceBytes;
  }
  Piece& piece = pieces_.back();
  const auto length = static_cast<std::uint32_t>(record.size());
  const std::size_t start = piece.bytes.size();
  piece.bytes.resize(start + needed);
  std::memcpy(piece.bytes.data() + start, &length, sizeof length);
  std::memcpy(piece.bytes.data() + start + sizeof length, record.data(), record.size());
  piece.last = std::max(piece.last, at);
  ++piece.records;
}

void RecorderLog::add_fact(Instant at, evidence::Fact fact) {
  facts_.push_back({at, std::move(fact)});
}

void RecorderLog::each_probe(const std::function<void(std::span<const std::uint8_t>)>& each) const {
  for (const Piece& piece : pieces_) {
    std::span<const std::uint8_t> rest(piece.bytes);
    while (rest.size() >= sizeof(std::uint32_t)) {
      std::uint32_t length = 0;
      std::memcpy(&length, rest.data(), sizeof length);
      each(rest.subspan(sizeof length, length));
      rest = rest.subspan(sizeof length + length);
    }
  }
}

void RecorderLog::pop_frame(bool memory,
                            const std::function<void(const KeptFrame&, bool)>& gone) {
  frame_bytes_ -= size_of(frames_.front());
  gone(frames_.front(), memory);
  if (memory) complete_since_ = std::max(complete_since_, frames_.front().at);
  frames_.pop_front();
}

void RecorderLog::pop_piece() {
  probe_bytes_ -= kPieceBytes;
  pieces_.pop_front();
}

void RecorderLog::drop_oldest(const std::function<void(const KeptFrame&, bool)>& gone) {
  const Instant frame = frames_.empty() ? kNever : frames_.front().at;
  const Instant piece = pieces_.empty() ? kNever : pieces_.front().last;
  const Instant fact = facts_.empty() ? kNever : facts_.front().at;
  if (frame <= piece && frame <= fact) return pop_frame(true, gone);
  if (piece <= fact) {
    evicted_events_ += pieces_.front().records;
    complete_since_ = std::max(complete_since_, pieces_.front().last);
    return pop_piece();
  }
  ++evicted_events_;
  complete_since_ = std::max(complete_since_, fact);
  facts_.pop_front();
}

void RecorderLog::trim(Instant now, const std::function<void(const KeptFrame&, bool)>& gone) {
  const Instant cutoff = now - window_;
  while (!frames_.empty() && frames_.front().at < cutoff) pop_frame(false, gone);
  while (!pieces_.empty() && pieces_.front().last < cutoff) pop_piece();
  while (!facts_.empty() && facts_.front().at < cutoff) facts_.pop_front();
  while (bytes() > max_bytes_ && !(frames_.empty() && pieces_.empty() && facts_.empty()))
    drop_oldest(gone);
}

}  // namespace alibi::daemon
