// SPDX-License-Identifier: Apache-2.0
// TPACKET_V2 (Documentation/networking/packet_mmap.rst). Direction comes from sll_pkttype; a VLAN
// tag that the kernel took off is put back, so that a frame is what was on the wire.
#include "os/packet_ring.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <utility>

namespace alibi::os {
namespace {

constexpr unsigned kSlotBytes = 512;
constexpr unsigned kBlockBytes = 64U * 1024;
constexpr std::size_t kVlanAt = 12, kVlanBytes = 4;
// The kernel puts a cooked-up link header and the socket address in front of the frame.
static_assert(TPACKET2_HDRLEN + 16 + PacketRing::kSnapLength <= kSlotBytes);

Result<void> set_version_and_ring(int socket, unsigned slots) {
  const int version = TPACKET_V2;
  if (setsockopt(socket, SOL_PACKET, PACKET_VERSION, &version, sizeof version) != 0)
    return fail_errno("packet socket: TPACKET_V2");
  tpacket_req request{};
  request.tp_block_size = kBlockBytes;
  request.tp_frame_size = kSlotBytes;
  request.tp_frame_nr = slots;
  request.tp_block_nr = slots / (kBlockBytes / kSlotBytes);
  if (setsockopt(socket, SOL_PACKET, PACKET_RX_RING, &request, sizeof request) != 0)
    return fail_errno("packet socket: no memory for a ring of " + std::to_string(slots) +
                      " slots");
  return {};
}

}  // namespace

Result<PacketRing> PacketRing::open(const std::string& interface, const SocketFilter& filter,
                                    unsigned slots) {
  PacketRing ring;
  constexpr unsigned kPerBlock = kBlockBytes / kSlotBytes;
  ring.slots_ = std::max(1U, (slots + kPerBlock - 1) / kPerBlock) * kPerBlock;
  ring.ifindex_ = static_cast<int>(if_nametoindex(interface.c_str()));
  if (ring.ifindex_ == 0) return fail_errno("interface " + interface);
  // Protocol 0: bound to nothing until filter and ring are there.
  ring.socket_ = Fd(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!ring.socket_.valid())
    return fail_errno("packet socket (CAP_NET_RAW is needed to capture on " + interface + ")");
  if (auto done = attach_filter(ring.fd(), filter); !done) return tl::unexpected(done.error());
  if (auto done = set_version_and_ring(ring.fd(), ring.slots_); !done)
    return tl::unexpected(done.error());
  ring.ring_bytes_ = std::size_t{ring.slots_} * kSlotBytes;
  void* memory = mmap(nullptr, ring.ring_bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
                      ring.fd(), 0);
  if (memory == MAP_FAILED) return fail_errno("packet socket: cannot map its ring");
  ring.ring_ = static_cast<std::uint8_t*>(memory);
  packet_mreq all{};
  all.mr_ifindex = ring.ifindex_;
  all.mr_type = PACKET_MR_ALLMULTI;
  setsockopt(ring.fd(), SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof all);
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = ring.ifindex_;
  if (bind(ring.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return fail_errno("cannot capture on " + interface);
  return ring;
}

PacketRing::PacketRing(PacketRing&& other) noexcept { *this = std::move(other); }

PacketRing& PacketRing::operator=(PacketRing&& other) noexcept {
  if (this == &other) return *this;
  unmap();
  socket_ = std::move(other.socket_);
  ring_ = std::exchange(other.ring_, nullptr);
  ring_bytes_ = other.ring_bytes_;
  slots_ = other.slots_;
  next_ = other.next_;
  ifindex_ = other.ifindex_;
  counts_ = other.counts_;
  return *this;
}

PacketRing::~PacketRing() { unmap(); }

void PacketRing::unmap() {
  if (ring_ != nullptr) munmap(ring_, ring_bytes_);
  ring_ = nullptr;
}

void PacketRing::drain(const std::function<void(const RingFrame&)>& each) {
  std::array<std::uint8_t, kSlotBytes + kVlanBytes> tagged;
  const std::uint64_t before = counts_.read;
  for (unsigned turn = 0; turn < slots_; ++turn) {
    std::uint8_t* slot = ring_ + std::size_t{next_} * kSlotBytes;
    auto* header = reinterpret_cast<tpacket2_hdr*>(slot);
    std::atomic_ref<__u32> status(header->tp_status);
    if ((status.load(std::memory_order_acquire) & TP_STATUS_USER) == 0) break;
    const auto* address = reinterpret_cast<const sockaddr_ll*>(
        slot + TPACKET_ALIGN(sizeof(tpacket2_hdr)));
    RingFrame frame;
    frame.realtime_ns = std::int64_t{header->tp_sec} * 1'000'000'000 + header->tp_nsec;
    frame.outgoing = address->sll_pkttype == PACKET_OUTGOING;
    frame.original_length = header->tp_len;
    const std::uint8_t* bytes = slot + header->tp_mac;
    std::size_t size = std::min<std::size_t>(header->tp_snaplen, kSlotBytes - header->tp_mac);
    if ((header->tp_status & TP_STATUS_VLAN_VALID) != 0 && size >= kVlanAt) {
      std::memcpy(tagged.data(), bytes, kVlanAt);
      const std::uint16_t type = (header->tp_status & TP_STATUS_VLAN_TPID_VALID) != 0
                                     ? htons(header->tp_vlan_tpid) : htons(ETHERTYPE_VLAN);
      const std::uint16_t tag = htons(header->tp_vlan_tci);
      std::memcpy(tagged.data() + kVlanAt, &type, 2);
      std::memcpy(tagged.data() + kVlanAt + 2, &tag, 2);
      std::memcpy(tagged.data() + kVlanAt + kVlanBytes, bytes + kVlanAt, size - kVlanAt);
      bytes = tagged.data();
      size += kVlanBytes;
      frame.original_length += kVlanBytes;
    }
    frame.bytes = {bytes, size};
    each(frame);
    ++counts_.read;
    status.store(TP_STATUS_KERNEL, std::memory_order_release);
    next_ = (next_ + 1) % slots_;
  }
  // Frames are dropped only while the ring is full: nothing waiting, nothing to be told.
  if (counts_.read != before) take_statistics();
}

void PacketRing::take_statistics() {
  // Reading resets the kernel's 32-bit counters; tp_packets includes tp_drops.
  tpacket_stats statistics{};
  socklen_t size = sizeof statistics;
  if (getsockopt(fd(), SOL_PACKET, PACKET_STATISTICS, &statistics, &size) != 0) return;
  counts_.received += statistics.tp_packets;
  counts_.dropped += statistics.tp_drops;
}

void PacketRing::stop() {
  // A filter that passes nothing: unbinding would throw the ring's content away.
  (void)attach_filter(fd(), {});
}

int PacketRing::take_error() {
  int error = 0;
  socklen_t size = sizeof error;
  if (getsockopt(fd(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) return 0;
  return error;
}

}  // namespace alibi::os
