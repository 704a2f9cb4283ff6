// SPDX-License-Identifier: Apache-2.0
// BFD Control packets to values and back.
#include "wire/bfd.h"

#include "wire/writer.h"

namespace alibi::wire {
namespace {

constexpr std::size_t kSize = 24;
constexpr unsigned kVersion = 1;
// Bits of the second octet, below the state.
constexpr unsigned kPoll = 0x20, kFinal = 0x10, kIndependent = 0x08, kAuthentication = 0x04,
                   kDemand = 0x02, kMultipoint = 0x01;

BfdDefect defect_of(const Fixed<kSize>& fixed, std::size_t available) {
  // RFC 5880 section 6.8.6, in its order.
  if (fixed.u8<0>() >> 5U != kVersion) return BfdDefect::Version;
  const unsigned flags = fixed.u8<1>();
  const bool authenticated = (flags & kAuthentication) != 0;
  const std::size_t length = fixed.u8<3>();
  if (length < (authenticated ? kSize + 2 : kSize) || length > available) return BfdDefect::Length;
  if (fixed.u8<2>() == 0) return BfdDefect::Multiplier;
  if ((flags & kMultipoint) != 0) return BfdDefect::Multipoint;
  if (fixed.u32<4>() == 0) return BfdDefect::MyDiscriminator;
  const auto state = static_cast<BfdState>(flags >> 6U);
  const bool may_be_zero = state == BfdState::Down || state == BfdState::AdminDown;
  if (fixed.u32<8>() == 0 && !may_be_zero) return BfdDefect::YourDiscriminator;
  return authenticated ? BfdDefect::Authentication : BfdDefect::None;
}

}  // namespace

BfdDecoded decode_bfd(Bytes payload) {
  Reader reader(payload);
  const auto fixed = reader.take<kSize>();
  if (!fixed) return {BfdDefect::Length, {}};
  BfdDecoded out{defect_of(*fixed, payload.size()), {}};
  const unsigned flags = fixed->u8<1>();
  BfdControl& packet = out.packet;
  packet.diagnostic = static_cast<BfdDiagnostic>(fixed->u8<0>() & 0x1fU);
  packet.state = static_cast<BfdState>(flags >> 6U);
  packet.poll = (flags & kPoll) != 0;
  packet.final = (flags & kFinal) != 0;
  packet.control_plane_independent = (flags & kIndependent) != 0;
  packet.demand = (flags & kDemand) != 0;
  packet.detect_multiplier = fixed->u8<2>();
  packet.my_discriminator = fixed->u32<4>();
  packet.your_discriminator = fixed->u32<8>();
  packet.desired_min_tx_us = fixed->u32<12>();
  packet.required_min_rx_us = fixed->u32<16>();
  packet.required_min_echo_rx_us = fixed->u32<20>();
  return out;
}

std::vector<std::uint8_t> encode_bfd(const BfdControl& packet) {
  Writer writer(kSize);
  writer.u8(static_cast<std::uint8_t>(kVersion << 5U |
                                      (static_cast<unsigned>(packet.diagnostic) & 0x1fU)));
  unsigned flags = static_cast<unsigned>(packet.state) << 6U;
  if (packet.poll) flags |= kPoll;
  if (packet.final) flags |= kFinal;
  if (packet.control_plane_independent) flags |= kIndependent;
  if (packet.demand) flags |= kDemand;
  writer.u8(static_cast<std::uint8_t>(flags));
  writer.u8(packet.detect_multiplier);
  writer.u8(kSize);
  writer.u32(packet.my_discriminator);
  writer.u32(packet.your_discriminator);
  writer.u32(packet.desired_min_tx_us);
  writer.u32(packet.required_min_rx_us);
  writer.u32(packet.required_min_echo_rx_us);
  return writer.finish();
}

std::string_view text(BfdState state) {
  switch (state) {
    case BfdState::AdminDown:
      return "AdminDown";
    case BfdState::Down:
      return "Down";
    case BfdState::Init:
      return "Init";
    case BfdState::Up:
      return "Up";
  }
  return "?";
}

std::string_view text(BfdDiagnostic diagnostic) {
  switch (diagnostic) {
    case BfdDiagnostic::None:
      return "no diagnostic";
    case BfdDiagnostic::DetectionTimeExpired:
      return "control detection time expired";
    case BfdDiagnostic::EchoFailed:
      return "echo function failed";
    case BfdDiagnostic::NeighborDown:
      return "neighbor signaled session down";
    case BfdDiagnostic::ForwardingPlaneReset:
      return "forwarding plane reset";
    case BfdDiagnostic::PathDown:
      return "path down";
    case BfdDiagnostic::ConcatenatedPathDown:
      return "concatenated path down";
    case BfdDiagnostic::AdministrativelyDown:
      return "administratively down";
    case BfdDiagnostic::ReverseConcatenatedPathDown:
      return "reverse concatenated path down";
  }
  return "reserved diagnostic";
}

std::string_view text(BfdDefect defect) {
  switch (defect) {
    case BfdDefect::None:
      return "no defect";
    case BfdDefect::Version:
      return "not version 1";
    case BfdDefect::Length:
      return "wrong length";
    case BfdDefect::Multiplier:
      return "detect multiplier 0";
    case BfdDefect::Multipoint:
      return "multipoint bit set";
    case BfdDefect::MyDiscriminator:
      return "my discriminator 0";
    case BfdDefect::YourDiscriminator:
      return "your discriminator 0";
    case BfdDefect::Authentication:
      return "authenticated, and no authentication is in use";
  }
  return "?";
}

}  // namespace alibi::wire
