// SPDX-License-Identifier: Apache-2.0
// Decodes what the scan hands out and sorts it by stream.
#include "investigate/capture_survey.h"

#include <algorithm>
#include <array>
#include <utility>

#include "investigate/networks.h"
#include "wire/endpoints.h"

namespace alibi::investigate {
namespace {

using evidence::TapFrame;

// BFD: RFC 5881 section 4, RFC 5883 section 2; the echo port 3785 is no heartbeat of the peer.
// HSRP: RFC 2281 section 5.1, and the port of version 2 over IPv6. CARP has VRRP's protocol number.
// corosync: mcastport and the port below it, corosync.conf(5).
constexpr std::array<KnownHeartbeat, 4> kKnown{{
    {"bfd", "udp dst port 3784 or udp dst port 4784"},
    {"hsrp", "udp dst port 1985 or udp dst port 2029"},
    {"carp", "proto 112"},
    {"corosync", "udp dst port 5405 or udp dst port 5404"},
}};

/// What tells several of one kind between the same two hosts apart.
std::string group_text(const std::string& filter, std::span<const std::uint8_t> payload) {
  constexpr std::size_t kVhid = 1;             // CARP: version and type, vhid
  constexpr std::size_t kGroup = 6;            // HSRP version 1: RFC 2281 section 5.1
  constexpr std::size_t kMyDiscriminator = 4;  // BFD: RFC 5880 section 4.1
  if (filter == "carp" && payload.size() > kVhid) {
    return " vhid " + std::to_string(payload[kVhid]);
  }
  if (filter == "hsrp" && payload.size() > kGroup && payload[0] == 0) {
    return " group " + std::to_string(payload[kGroup]);
  }
  if (filter == "bfd" && payload.size() >= kMyDiscriminator + 4) {
    std::uint32_t discriminator = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      discriminator = discriminator << 8U | payload[kMyDiscriminator + i];
    }
    return " session " + std::to_string(discriminator);
  }
  return {};
}

/// Times of a capture may be anything; between 1970 and 2116 their differences can be reckoned
/// with.
Instant reckonable(Instant at) {
  constexpr std::int64_t kFar = std::int64_t{1} << 62U;
  return Instant{std::clamp<std::int64_t>(at.ns, 0, kFar)};
}

/// For its place in time; a resignation comes when it comes.
evidence::Stamped stamped(const Sighting& sighting) {
  evidence::Stamped out{sighting.beat.at, 0, sighting.beat.interval, sighting.beat.ip_id,
                        sighting.beat.packet_number};
  if (sighting.beat.priority.value != 0) {
    const RouterKey& router = sighting.stream.router;
    const std::uint64_t number = std::uint64_t{sighting.stream.flow} << 32U |
                                 std::uint64_t{router.vrid.value} << 8U | router.version;
    out.sender = evidence::sender_number(sighting.source, number, sighting.stream.network);
  }
  return out;
}

template <typename Each>
Each& at_tap(std::vector<Each>& counters, evidence::TapId tap) {
  if (counters.size() <= tap) counters.resize(tap + std::size_t{1});
  return counters[tap];
}

}  // namespace

std::span<const KnownHeartbeat> known_heartbeats() { return kKnown; }

CaptureSurvey::CaptureSurvey(SurveyRequest request, bool several)
    : request_(std::move(request)), several_(several), survey_(request_.settings) {}

Result<CaptureSurvey> CaptureSurvey::create(const SurveyRequest& request, bool several) {
  CaptureSurvey out(request, several);
  if (!request.filter) return out;
  std::string expression = *request.filter;
  for (const KnownHeartbeat& known : kKnown) {
    if (known.name == expression) expression = known.expression;
  }
  auto filter = evidence::PacketFilter::compile(expression);
  if (!filter) return tl::unexpected(filter.error());
  out.filter_.emplace(std::move(*filter));
  return out;
}

Result<void> CaptureSurvey::read(std::span<const std::string> paths) {
  const auto interest = filter_ ? wire::Interest::Everything : wire::Interest::Heartbeats;
  return scan_.read(paths, interest, [this](const TapFrame& at) { take(at); });
}

void CaptureSurvey::begin(std::vector<evidence::Tap> taps, evidence::CaptureScan::PortName name) {
  live_ = true;
  scan_.begin(std::move(taps), std::move(name));
}

void CaptureSurvey::feed(const evidence::CapturedFrame& frame) {
  scan_.feed(frame, [this](const TapFrame& at) { take(at); });
}

void CaptureSurvey::take(const TapFrame& at) {
  several_ = several_ || at.frame.interfaces > 1 || at.frame.link_type == wire::LinkType::LinuxSll2;
  TapOrder& order = at_tap(orders_, at.tap);
  order.dropped += at.frame.dropped_before;
  order.absent += at.frame.absent_before ? 1U : 0U;
  Sighting sighting;
  sighting.tap = at.tap;
  sighting.beat.at = reckonable(at.at);
  sighting.beat.direction = at.direction;
  sighting.beat.packet_number = at.frame.number;
  if (!(filter_ ? flow(at, sighting) : advert(at, sighting))) {
    ++scan_.taps[at.tap].undecoded;
    return;
  }
  if (!asked_for(sighting)) {
    ++at_tap(excluded_, at.tap);
    return;
  }
  sighting.beat.dropped_before = std::exchange(order.dropped, 0);
  sighting.beat.absent_before = std::exchange(order.absent, 0) != 0;
  if (live_) {
    Order::Placed placed{stamped(sighting), sighting};
    return place(at.tap, placed);
  }
  order.order.take(stamped(sighting), sighting,
                   [&](Order::Placed& placed) { place(at.tap, placed); });
}

/// In order of time, but for what is too late for its place.
void CaptureSurvey::place(evidence::TapId tap, Order::Placed& placed) {
  Sighting& sighting = placed.item;
  sighting.beat.at = reckonable(placed.stamp.at);
  sighting.reordered = placed.reordered;
  sighting.beat.absent_before = sighting.beat.absent_before || placed.seam;
  if (placed.part != 0) {
    std::vector<evidence::TapId>& parts = orders_[tap].parts;
    if (parts.empty()) parts.push_back(tap);
    if (placed.part >= parts.size()) {
      const bool full = scan_.taps.size() >= evidence::CaptureScan::kMostTaps;
      parts.push_back(full ? parts.back() : scan_.split(parts.back()));
    }
    sighting.tap = parts[placed.part];
    scan_.move(sighting.tap, sighting.beat.at);
  }
  at_tap(dropped_, sighting.tap) += sighting.beat.dropped_before;
  at_tap(absences_, sighting.tap) += sighting.beat.absent_before ? 1U : 0U;
  if (placed.too_late) return;
  const Instant when = sighting.beat.at;
  if (request_.window && !window_) window_ = request_.window(when);
  if (window_ && (when < window_->since || when > window_->until)) return beside_window(sighting);
  enter(sighting);
}

void CaptureSurvey::finish_orders() {
  for (std::size_t i = 0; i < orders_.size(); ++i) {
    const auto tap = static_cast<evidence::TapId>(i);
    orders_[i].order.finish([&](Order::Placed& placed) { place(tap, placed); });
    const evidence::Disorder& disorder = orders_[i].order.disorder();
    if (orders_[i].parts.empty()) orders_[i].parts.push_back(tap);
    scan_.name_parts(orders_[i].parts, disorder);
    if (disorder.too_late != 0) {
      scan_.warnings.push_back(scan_.taps[i].label + ": " + std::to_string(disorder.too_late) +
                               " heartbeats stood further behind later ones than " +
                               seconds_text(Order::kWindow, 0) + ", and were left out");
    }
    const Order& order = orders_[i].order;
    scan_.spans[i] = evidence::corrected(scan_.spans[i], order.shift(), disorder, order.newest());
  }
}

void CaptureSurvey::beside_window(Sighting& sighting) {
  Edge& edge = edges_[{sighting.tap, sighting.stream}];
  if (sighting.beat.at < window_->since) {
    if (edge.before) ++at_tap(excluded_, sighting.tap);
    edge.before = sighting;
    // Before what is looked at.
    at_tap(dropped_, sighting.tap) = at_tap(absences_, sighting.tap) = 0;
  } else if (edge.after) {
    ++at_tap(excluded_, sighting.tap);
  } else {
    edge.after = true;
    enter(sighting);
  }
}

/// With the last one before the window in front of the first that is taken.
void CaptureSurvey::enter(Sighting& sighting) {
  const auto take = [&](Sighting& one, std::uint64_t dropped, bool absent) {
    one.beat.dropped_before = dropped;
    one.beat.absent_before = absent;
    survey_.take(one);
    if (several_) presence_.take(one);
  };
  if (window_) {
    Edge& edge = edges_[{sighting.tap, sighting.stream}];
    if (auto before = std::exchange(edge.before, {})) take(*before, 0, false);
  }
  take(sighting, std::exchange(at_tap(dropped_, sighting.tap), 0),
       std::exchange(at_tap(absences_, sighting.tap), 0) != 0);
}

bool CaptureSurvey::advert(const TapFrame& at, Sighting& out) {
  const wire::Frame frame = wire::decode_frame(at.frame.bytes, at.frame.link_type);
  if (!frame.vrrp) return false;
  if (frame.vrrp->decoded.defect != wire::VrrpDefect::None) {
    ++at_tap(defective_, at.tap);
    return false;
  }
  const wire::Advertisement& advert = frame.vrrp->decoded.advertisement;
  out.stream.router = {advert.vrid, frame.vrrp->source.family, advert.version};
  out.stream.network = frame.vrrp->network;
  if (at.frame.link_type == wire::LinkType::LinuxSll) {  // one tap for all interfaces
    out.stream.addresses = number_of(advert.addresses);
  }
  out.source = frame.vrrp->source;
  out.source_mac = frame.vrrp->source_mac;
  out.beat.priority = advert.priority;
  out.beat.interval = advert.interval;
  out.beat.ip_id = frame.vrrp->ip_id;
  out.beat.content = content_of(advert);
  return true;
}

/// 0 when there are too many to tell apart.
std::uint32_t CaptureSurvey::number_of(const std::vector<wire::IpAddress>& addresses) {
  const std::set<wire::IpAddress> sorted(addresses.begin(), addresses.end());
  std::string name;
  for (const wire::IpAddress& address : sorted) name += " " + address.text();
  const auto known = address_numbers_.find(name);
  if (known != address_numbers_.end()) return known->second;
  constexpr std::size_t kMost = 4096;
  if (addresses_.size() == kMost) return 0;
  addresses_.push_back(name);
  const auto number = static_cast<std::uint32_t>(addresses_.size());
  address_numbers_.emplace(name, number);
  return number;
}

bool CaptureSurvey::flow(const TapFrame& at, Sighting& out) {
  const evidence::CapturedFrame& frame = at.frame;
  if (!filter_->matches(frame.bytes, frame.original_length, frame.link_type)) return false;
  const auto endpoints = wire::endpoints_of(frame.bytes, frame.link_type);
  if (!endpoints) return false;
  const std::string name =
      wire::flow_text(*endpoints) + group_text(*request_.filter, endpoints->payload);
  auto known = flow_numbers_.find(name);
  if (known == flow_numbers_.end()) {
    if (flows_.size() == request_.settings.most_senders) {
      ++left_out_;
      return false;
    }
    flows_.push_back(name);
    known = flow_numbers_.emplace(name, static_cast<std::uint32_t>(flows_.size())).first;
  }
  out.stream.flow = known->second;
  out.stream.network = endpoints->network;
  out.source = endpoints->source;
  out.source_mac = endpoints->source_mac;
  out.beat.priority = Priority{1};  // of those that have none, none resigns
  out.beat.ip_id = endpoints->ip_id;
  return true;
}

bool CaptureSurvey::asked_for(const Sighting& sighting) const {
  return sighting.stream.flow != 0 || request_.vrids.empty() ||
         request_.vrids.count(sighting.stream.router.vrid.value) != 0;
}

std::uint64_t CaptureSurvey::lost_since(evidence::TapId tap) const {
  return (tap < orders_.size() ? orders_[tap].dropped : 0) + scan_.lost_since(tap);
}

/// Of the window, where there is one.
Instant CaptureSurvey::end_of(const evidence::TapSpan& span) const {
  const Instant last = reckonable(span.last);
  return window_ ? std::min(last, window_->until) : last;
}

/// Taps as they were given, and all that goes by them.
void CaptureSurvey::arrange(GapReport& out) {
  const std::vector<evidence::TapId> to = scan_.arrange();
  const auto counters = [&](std::vector<std::uint64_t>& of_taps) {
    std::vector<std::uint64_t> arranged(of_taps.size());
    for (std::size_t i = 0; i < to.size(); ++i) arranged[to[i]] = of_taps[i];
    of_taps = std::move(arranged);
  };
  counters(out.defective);
  counters(out.excluded);
  for (StreamSurvey& stream : out.streams) stream.tap = to[stream.tap];
  std::stable_sort(out.streams.begin(), out.streams.end(),
                   [](const auto& a, const auto& b) { return a.tap < b.tap; });
  presence_.arrange(to);
  for (const evidence::TapSpan& span : scan_.spans) {
    out.first.push_back(reckonable(span.first));
    out.last.push_back(end_of(span));
  }
}

GapReport CaptureSurvey::finish() {
  GapReport out;
  finish_orders();
  const std::size_t taps = scan_.taps.size();
  std::vector<Instant> ends;
  for (const evidence::TapSpan& span : scan_.spans) ends.push_back(end_of(span));
  for (auto& [key, edge] : edges_) {  // silent from before the window on
    if (const auto before = std::exchange(edge.before, {})) survey_.take(*before);
  }
  defective_.resize(taps);
  excluded_.resize(taps);
  out.defective = std::move(defective_);
  out.excluded = std::move(excluded_);
  for (std::size_t i = 0; i < taps; ++i) {
    const evidence::Tap& tap = scan_.taps[i];
    survey_.lose(static_cast<evidence::TapId>(i), tap.unplaced, tap.lost_at_end);
  }
  out.streams = survey_.finish(ends);
  arrange(out);
  out.flows = std::move(flows_);
  out.addresses = std::move(addresses_);
  out.settings = request_.settings;
  out.left_out = left_out_ + survey_.left_out();
  if (several_ && taps > 1) {
    std::vector<Instant> since = out.first;
    // What one tap saw just before that may be on its way to the next.
    constexpr Duration kOnItsWay = 1s;
    if (presence_since_) std::fill(since.begin(), since.end(), *presence_since_ + kOnItsWay);
    Presences presences = presence_.finish(since, out.last, live_);
    out.presence_since = presence_since_;
    if (!live_) out.clocks = std::move(presences.clocks);
    out.presence = std::move(presences.senders);
    out.apart = std::move(presences.apart);
  }
  out.taps = std::move(scan_.taps);
  out.warnings = std::move(scan_.warnings);
  return out;
}

}  // namespace alibi::investigate
