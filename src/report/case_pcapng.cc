// SPDX-License-Identifier: Apache-2.0
// Adverts back to frames. A case holds no passwords, so authentication data is zero, and what
// carried the packet (VLAN tags, tunnels) is not rebuilt; both are said in the file.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "evidence/capture_writer.h"
#include "report/exports.h"
#include "wire/checksum.h"

namespace alibi::report {
namespace {

using evidence::Heartbeat;
using investigate::Verdict;
using Octets = std::vector<std::uint8_t>;

constexpr std::size_t kMostLength = 262144;

void append(Octets& out, std::span<const std::uint8_t> bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

/// 01:00:5e and the low 23 bits (RFC 1112, 6.4), or 33:33 and the low 32 (RFC 2464, 7). A single
/// receiver's address is not known.
Octets destination_mac(const wire::IpAddress& group) {
  const auto& b = group.bytes;
  if (!group.is_multicast()) return Octets(6, 0);
  if (group.family == wire::Family::V6) return {0x33, 0x33, b[12], b[13], b[14], b[15]};
  return {0x01, 0x00, 0x5e, static_cast<std::uint8_t>(b[1] & 0x7FU), b[2], b[3]};
}

Octets ipv4_header(const wire::VrrpPacket& packet, std::size_t payload) {
  Octets header = wire::encode_ipv4_header(packet.source, packet.destination, packet.ttl, payload);
  header[4] = static_cast<std::uint8_t>(packet.ip_id >> 8U);
  header[5] = static_cast<std::uint8_t>(packet.ip_id & 0xFFU);
  header[10] = header[11] = 0;
  const std::uint16_t sum = wire::Checksum().add(header).value();
  header[10] = static_cast<std::uint8_t>(sum >> 8U);
  header[11] = static_cast<std::uint8_t>(sum & 0xFFU);
  return header;
}

/// RFC 8200 section 3.
Octets ipv6_header(const wire::VrrpPacket& packet, std::size_t payload) {
  Octets header{0x60,
                0,
                0,
                0,
                static_cast<std::uint8_t>(payload >> 8U),
                static_cast<std::uint8_t>(payload & 0xFFU),
                wire::kVrrpProtocol,
                packet.ttl};
  append(header, packet.source.bytes);
  append(header, packet.destination.bytes);
  return header;
}

Octets frame_of(const wire::VrrpPacket& packet) {
  const bool v4 = packet.source.family == wire::Family::V4;
  const auto form = packet.decoded.checksum_form == wire::V3Checksum::MessageOnly
                        ? wire::V3Checksum::MessageOnly
                        : wire::V3Checksum::PseudoHeader;
  const Octets message =
      wire::encode_vrrp(packet.decoded.advertisement, packet.source, packet.destination, form);
  Octets frame = destination_mac(packet.destination);
  append(frame, packet.source_mac.bytes);
  append(frame, v4 ? Octets{0x08, 0x00} : Octets{0x86, 0xdd});
  append(frame, v4 ? ipv4_header(packet, message.size()) : ipv6_header(packet, message.size()));
  append(frame, message);
  return frame;
}

void add_comment(std::string& comment, const std::string& words) {
  if (!comment.empty()) comment += "; ";
  comment += words;
}

std::string why_text(const Verdict& verdict) {
  if (!verdict.failure) return "no failure: the higher priority took its place";
  if (!verdict.cause) return "cause not looked for";
  return verdict.cause->code + ": " + verdict.cause->headline;
}

/// What the incidents say of this advert.
std::string comment_of(const Heartbeat& heartbeat, const std::vector<Verdict>& verdicts) {
  std::string comment;
  const auto& advert = heartbeat.packet.decoded.advertisement;
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    const Verdict& verdict = verdicts[i];
    const investigate::Incident& incident = verdict.incident;
    if (advert.vrid != incident.router.vrid || advert.version != incident.router.version) continue;
    if (verdict.where && heartbeat.packet.source == verdict.from_source) {
      for (const investigate::TapGap& gap : verdict.where->taps) {
        if (gap.tap != heartbeat.tap || gap.next != heartbeat.at || !gap.late) continue;
        add_comment(comment, fmt::format("alibi incident {}: gap {} before this packet: {}", i + 1,
                                         seconds_text(gap.length), why_text(verdict)));
      }
    }
    if (is_hand_over(incident) && incident.at == heartbeat.at &&
        heartbeat.packet.source == verdict.to_source) {
      add_comment(comment, fmt::format("alibi incident {}: {}, {} after the last advert of {}: {}",
                                       i + 1, investigate::kind_text(incident),
                                       seconds_text(incident.at - incident.silent_since),
                                       verdict.from_source.text(), why_text(verdict)));
    }
  }
  const wire::VrrpDecoded& decoded = heartbeat.packet.decoded;
  if (decoded.defect != wire::VrrpDefect::None) {
    add_comment(comment, fmt::format("alibi: the packet had a defect that is not rebuilt: {}",
                                     wire::text(decoded.defect)));
  }
  const std::string network = wire::network_text(heartbeat.packet.network);
  if (!network.empty()) add_comment(comment, "alibi: seen in " + network);
  return comment;
}

evidence::CaptureFormat format_of(const evidence::Recording& recording) {
  evidence::CaptureFormat format;
  format.pcapng = true;
  format.snap_length = kMostLength;
  for (const evidence::Tap& tap : recording.taps) {
    evidence::CaptureInterface interface;
    interface.name = tap.interface.empty() ? tap.label : tap.interface;
    interface.description =
        fmt::format("tap {}{}{}", tap.label, tap.host.empty() ? "" : " of ", tap.host);
    format.interfaces.push_back(interface);
  }
  if (format.interfaces.empty()) format.interfaces.push_back({"none", "the case has no tap"});
  format.comment =
      "alibi: rebuilt from the adverts of a case; authentication data is zero, VLAN tags and "
      "tunnels are left out";
  return format;
}

}  // namespace

std::vector<std::uint64_t> packet_ids(const std::vector<Heartbeat>& heartbeats) {
  struct Latest {
    std::uint64_t id = 0;
    Instant first;
    std::vector<evidence::TapId> taps;
  };
  using Key = std::tuple<std::uint8_t, std::uint8_t, wire::IpAddress, std::uint64_t, std::uint16_t,
                         std::uint8_t>;
  std::map<Key, Latest> latest;
  std::vector<std::uint64_t> ids;
  std::uint64_t next = 0;
  for (const Heartbeat& heartbeat : heartbeats) {
    const auto& packet = heartbeat.packet;
    const auto& advert = packet.decoded.advertisement;
    Latest& one = latest[{advert.version, advert.vrid.value, packet.source, packet.network,
                          packet.ip_id, advert.priority.value}];
    const bool again = std::find(one.taps.begin(), one.taps.end(), heartbeat.tap) != one.taps.end();
    if (one.id == 0 || again || heartbeat.at - one.first >= advert.interval / 2) {
      one = {++next, heartbeat.at, {}};
    }
    one.taps.push_back(heartbeat.tap);
    ids.push_back(one.id);
  }
  return ids;
}

Result<void> write_case_pcapng(const evidence::Recording& recording,
                               const std::vector<Verdict>& verdicts, const std::string& path) {
  auto writer = evidence::CaptureWriter::create(path, format_of(recording));
  if (!writer) return tl::unexpected(writer.error());
  const auto ids = packet_ids(recording.heartbeats);
  for (std::size_t i = 0; i < recording.heartbeats.size(); ++i) {
    const Heartbeat& heartbeat = recording.heartbeats[i];
    const Octets bytes = frame_of(heartbeat.packet);
    evidence::CapturedFrame frame;
    frame.unix_ns = recording.unix_ns(heartbeat.at);
    frame.interface = heartbeat.tap;
    frame.original_length = static_cast<std::uint32_t>(bytes.size());
    frame.direction = heartbeat.direction;
    frame.dropped_before = heartbeat.dropped_before;
    frame.packet_id = ids[i];
    frame.bytes = bytes;
    if (auto put = writer->write(frame, comment_of(heartbeat, verdicts)); !put) return put;
  }
  for (std::size_t i = 0; i < recording.taps.size(); ++i) {
    const evidence::Tap& tap = recording.taps[i];
    auto put = writer->statistics(static_cast<std::uint32_t>(i), recording.unix_ns(recording.end),
                                  tap.received, tap.dropped);
    if (!put) return put;
  }
  return writer->close();
}

}  // namespace alibi::report
