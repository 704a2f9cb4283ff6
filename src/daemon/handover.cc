// SPDX-License-Identifier: Apache-2.0
// The octets of a keeper's state, and reading messages that may be stale.
#include "daemon/handover.h"

#include <array>
#include <cstring>

#include "daemon/blob.h"
#include "os/event_loop.h"

namespace alibi::daemon {
namespace {

constexpr std::uint32_t kMagic = 0x616c6b73;
constexpr std::size_t kLeastSlot = 16;  // three texts and four octets
constexpr std::size_t kLeastPort = 30;

void put(BlobWriter& out, const SlotState& slot) {
  out.text(slot.name);
  out.text(slot.interface);
  out.text(slot.machine);
  for (const bool flag : {slot.started, slot.has_addresses, slot.track_fault}) out.put(flag);
  out.put(slot.told.value);
}

SlotState get_slot(BlobReader& in) {
  SlotState slot;
  slot.name = in.text();
  slot.interface = in.text();
  slot.machine = in.text();
  slot.started = in.flag();
  slot.has_addresses = in.flag();
  slot.track_fault = in.flag();
  slot.told = Priority(in.get<std::uint8_t>());
  return slot;
}

void put(BlobWriter& out, const PortState& port) {
  out.text(port.interface);
  out.put(static_cast<std::uint8_t>(port.family == wire::Family::V6));
  out.put(port.index.value);
  out.text(port.socket);
  out.put(port.up);
  out.put(port.defects_reported);
  out.put(port.malformed);
  out.put(port.unknown_vrid);
}

PortState get_port(BlobReader& in) {
  PortState port;
  port.interface = in.text();
  port.family = in.flag() ? wire::Family::V6 : wire::Family::V4;
  port.index = IfIndex(in.get<int>());
  port.socket = in.text();
  port.up = in.flag();
  port.defects_reported = in.get<std::uint32_t>();
  port.malformed = in.get<std::uint64_t>();
  port.unknown_vrid = in.get<std::uint64_t>();
  return port;
}

}  // namespace

std::vector<std::byte> encode(const KeeperState& state) {
  BlobWriter out;
  out.put(kMagic);
  out.put(kHandoverVersion);
  out.put(static_cast<std::uint32_t>(state.slots.size()));
  for (const SlotState& slot : state.slots) put(out, slot);
  out.put(static_cast<std::uint32_t>(state.ports.size()));
  for (const PortState& port : state.ports) put(out, port);
  out.put(state.start_at.ns);
  return out.bytes();
}

Result<KeeperState> decode_keeper_state(std::span<const std::byte> bytes) {
  BlobReader in(bytes);
  if (in.get<std::uint32_t>() != kMagic || in.get<std::uint32_t>() != kHandoverVersion) {
    return fail("the state of a keeper of another version");
  }
  KeeperState state;
  for (std::size_t left = in.count(kLeastSlot); left > 0; --left) {
    state.slots.push_back(get_slot(in));
  }
  for (std::size_t left = in.count(kLeastPort); left > 0; --left) {
    state.ports.push_back(get_port(in));
  }
  state.start_at = Instant{in.get<std::int64_t>()};
  if (!in.complete()) return fail("the state of a keeper is damaged");
  return state;
}

std::optional<HeardHandover> hear_handover(const os::MessageEnd& end, std::uint32_t attempt,
                                           Instant patience) {
  do {
    std::array<std::byte, sizeof(HandoverMessage)> buffer{};
    while (auto received = end.receive(buffer)) {
      HeardHandover heard{{}, std::move(received->passed)};
      if (received->size != sizeof heard.message) continue;
      std::memcpy(&heard.message, buffer.data(), sizeof heard.message);
      if (heard.message.version != kHandoverVersion) continue;
      if (attempt == 0 || heard.message.attempt == attempt) return heard;
    }
  } while (end.wait(patience));
  return std::nullopt;
}

}  // namespace alibi::daemon
