// SPDX-License-Identifier: Apache-2.0
// Any octets as heartbeats at taps, eight octets each: whatever the times, priorities and
// identifications, they are put in order of time, the survey counts every one of them, and every
// report can be written. The same as frames into a watch: it counts them all, tells nothing twice,
// and asks to be looked at later.
#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <set>
#include <span>
#include <tuple>

#include "base/check.h"
#include "evidence/time_order.h"
#include "report/gap_events.h"
#include "report/gaps.h"
#include "wire/frame.h"
#include "wire/vrrp.h"

using namespace alibi;
using investigate::Sighting;

namespace {

constexpr evidence::TapId kTaps = 3;
constexpr std::int64_t kLatest = std::int64_t{1} << 62U;  // as the survey of captures has it

/// tap, host and router (1), priority (1), IP identification (1), interval (1), time step (4).
Sighting sighting_of(std::span<const std::uint8_t, 8> bytes, std::int64_t& now) {
  Sighting out;
  out.tap = static_cast<evidence::TapId>(bytes[0] % kTaps);
  out.source = wire::IpAddress::v4(0x0a000000U + (bytes[0] >> 2U) % 4);
  out.stream.router = {Vrid{static_cast<std::uint8_t>(1 + (bytes[0] >> 4U) % 2)}, wire::Family::V4,
                       2};
  if (bytes[0] >= 0xe0) out.stream = {{}, 1};
  out.beat.priority = Priority{bytes[1]};
  out.beat.ip_id = bytes[2];
  out.beat.interval =
      out.stream.flow != 0 ? Duration{0} : Duration(std::chrono::seconds(bytes[3] % 8));
  std::int32_t step = 0;
  std::memcpy(&step, bytes.data() + 4, sizeof step);
  // Mostly seconds; the largest steps are years.
  const std::int64_t ns = step % 16 == 0 ? std::int64_t{step} << 30U : std::int64_t{step};
  now = std::min(std::max<std::int64_t>(now + ns, 0), kLatest);
  out.beat.at = Instant{now};
  return out;
}

using Order = evidence::TimeOrder<Sighting>;

/// One tap's on their way into order; each part as if it were all.
struct Ordered {
  Order order;
  std::optional<Instant> before;
  unsigned part = 0;
  std::uint64_t out = 0;
};

std::vector<std::uint8_t> frame_of(const Sighting& sighting) {
  wire::Advertisement advert;
  advert.version = 2;
  advert.vrid = sighting.stream.router.vrid;
  advert.priority = sighting.beat.priority;
  advert.interval = sighting.beat.interval;
  const auto group = wire::IpAddress::v4(0xe0000012U);
  const auto body = wire::encode_vrrp(advert, sighting.source, group);
  auto header = wire::encode_ipv4_header(sighting.source, group, 255, body.size());
  header[4] = static_cast<std::uint8_t>(sighting.beat.ip_id >> 8U);
  header[5] = static_cast<std::uint8_t>(sighting.beat.ip_id);
  constexpr std::size_t kLink = 14;
  std::vector<std::uint8_t> out(kLink + header.size() + body.size());
  out[12] = 8;  // EtherType 0x0800
  const auto behind = std::copy(header.begin(), header.end(), out.begin() + kLink);
  std::copy(body.begin(), body.end(), behind);
  return out;
}

void watch_over(std::span<const std::uint8_t> data) {
  auto watch = investigate::GapWatch::create({}, std::vector<evidence::Tap>(kTaps));
  CHECK(watch);
  const auto state = [](evidence::TapId) { return investigate::GapWatch::TapState{}; };
  std::set<std::tuple<evidence::TapId, investigate::StreamKey, Instant, wire::IpAddress>> told;
  std::int64_t now = 0;
  Instant latest{0};
  std::uint64_t frames = 0;
  for (std::size_t at = 0; at + 8 <= data.size(); at += 8) {
    const Sighting one = sighting_of(data.subspan(at).first<8>(), now);
    const std::vector<std::uint8_t> bytes = frame_of(one);
    evidence::CapturedFrame frame;
    frame.unix_ns = now;
    frame.interface = one.tap;
    frame.number = ++frames;
    frame.original_length = static_cast<std::uint32_t>(bytes.size());
    frame.bytes = bytes;
    watch->take(frame);
    latest = std::max(latest, Instant{now});  // whoever looks has a clock that is not set back
    if (one.beat.ip_id % 4 == 0) continue;
    for (const auto& event : watch->look(latest, state)) {
      CHECK(!report::gap_event_line(*watch, event, report::EventFormat::Text, {}).empty());
      if (event.what != investigate::GapEvent::What::HandOver) continue;
      CHECK(told.emplace(event.tap, event.stream, event.at, event.to).second);
    }
    CHECK(watch->next_look() > latest);
  }
  const auto report =
      watch->finish(latest, state, std::vector<std::uint64_t>(static_cast<std::size_t>(kTaps)));
  std::uint64_t counted = 0;
  for (const auto& stream : report.streams) {
    for (const auto& sender : stream.senders) counted += sender.beats + sender.duplicates;
  }
  for (const std::uint64_t defective : report.defective) counted += defective;
  CHECK(counted == frames);
  CHECK(!report::gap_summary(report, report::EventFormat::Json).empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  investigate::GapReport report;
  investigate::GapSurvey survey(report.settings);
  investigate::PresenceLog presence;
  std::int64_t now = 0;
  std::uint64_t heartbeats = 0;
  report.taps.resize(kTaps);
  report.first.assign(kTaps, Instant{0});
  report.last.assign(kTaps, Instant{kLatest});
  report.defective.resize(kTaps);
  report.excluded.resize(kTaps);
  report.flows = {"a flow"};
  std::array<Ordered, kTaps> taps;
  const auto place = [&](Order::Placed& placed) {
    Ordered& tap = taps.at(placed.item.tap);
    ++tap.out;
    if (!placed.too_late) {
      CHECK(placed.part > tap.part || !tap.before || *tap.before <= placed.stamp.at);
      tap.part = placed.part;
      tap.before = placed.stamp.at;
    }
    Sighting one = placed.item;
    one.beat.at = Instant{std::min(placed.stamp.at.ns, kLatest)};
    report.taps[one.tap].written = 1;
    survey.take(one);
    presence.take(one);
  };
  for (std::size_t at = 0; at + 8 <= size; at += 8) {
    Sighting one = sighting_of(std::span<const std::uint8_t, 8>(data + at, 8), now);
    one.beat.packet_number = ++heartbeats;
    const evidence::Stamped stamp{one.beat.at,
                                  evidence::sender_number(one.source, one.stream.flow, 0),
                                  one.beat.interval, one.beat.ip_id, heartbeats};
    taps.at(one.tap).order.take(stamp, one, place);
  }
  std::uint64_t handed_out = 0;
  for (Ordered& tap : taps) {
    tap.order.finish(place);
    handed_out += tap.out;
  }
  CHECK(handed_out == heartbeats);
  report.streams = survey.finish(report.last);
  std::uint64_t counted = 0;
  for (const auto& stream : report.streams) {
    for (const auto& sender : stream.senders) counted += sender.beats + sender.duplicates;
  }
  CHECK(counted == heartbeats);
  investigate::Presences presences = presence.finish(report.first, report.last);
  report.clocks = std::move(presences.clocks);
  report.presence = std::move(presences.senders);
  for (const auto& sender : report.presence) {
    std::uint64_t rows = 0;
    for (const auto& row : sender.rows) rows += row.heartbeats;
    CHECK(rows == sender.heartbeats);
  }
  CHECK(!report::gaps_text(report).empty() && !report::gaps_json(report).empty());
  CHECK(!report::gaps_csv(report).empty() && !report::gaps_svg(report).empty());
  watch_over({data, size});
  return 0;
}
