// SPDX-License-Identifier: Apache-2.0
// TPACKET_V2 and TPACKET_V3 (Documentation/networking/packet_mmap.rst). PACKET_RESERVE keeps room
// in front of each frame, where the cooked header or a VLAN tag is put without copying the frame.
#include "os/capture_ring.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstring>
#include <utility>

namespace alibi::os {
namespace {

constexpr std::size_t kVlanAt = 12, kVlanBytes = 4;
constexpr std::size_t kReserve = kCookedHeader + kVlanBytes;
constexpr std::size_t kHeaders = 160;  // TPACKET3_HDRLEN or TPACKET2_HDRLEN, reserve, alignment
constexpr std::size_t kPage = 4096;
constexpr std::size_t kSlotAtMost = 2048;  // frames of an MTU of 1500; larger ones come by copy
static_assert(TPACKET3_HDRLEN + kReserve + 2 * TPACKET_ALIGNMENT + 16 <= kHeaders);

std::uint8_t* put16(std::uint8_t* at, std::uint16_t value) {
  at[0] = static_cast<std::uint8_t>(value >> 8U);
  at[1] = static_cast<std::uint8_t>(value);
  return at + 2;
}

// A protocol number, and in front of it, where it had one, the VLAN tag: what SLL2 begins with.
void put_cooked(std::uint8_t* at, const sockaddr_ll& from) {
  std::memset(at, 0, kCookedHeader);
  std::memcpy(at, &from.sll_protocol, 2);
  const std::uint32_t index = htonl(static_cast<std::uint32_t>(from.sll_ifindex));
  std::memcpy(at + 4, &index, 4);
  put16(at + 8, from.sll_hatype);
  at[10] = from.sll_pkttype;
  at[11] = from.sll_halen;
  std::memcpy(at + 12, from.sll_addr, std::min<std::size_t>(from.sll_halen, 8));
}

}  // namespace

Result<void> CaptureRing::request(const CaptureRingOptions& options) {
  const std::size_t kept = std::min(options.snap_length, options.largest_frame) + kHeaders;
  if (layout_ == RingLayout::Blocks) {
    step_ = std::max(kPage, std::bit_ceil(kept));
    count_ = std::max<std::size_t>(options.memory / step_, 2);
    bytes_ = step_ * count_;
    tpacket_req3 ring{};
    ring.tp_block_size = static_cast<unsigned>(step_);
    ring.tp_block_nr = static_cast<unsigned>(count_);
    ring.tp_frame_size = ring.tp_block_size;
    ring.tp_frame_nr = ring.tp_block_nr;
    ring.tp_retire_blk_tov = options.retire_ms;
    if (setsockopt(fd(), SOL_PACKET, PACKET_RX_RING, &ring, sizeof ring) == 0) return {};
  } else {
    step_ = std::min(std::bit_ceil(kept), kSlotAtMost);
    const std::size_t block = std::clamp(options.memory / kPage * kPage, kPage, 16 * kPage);
    bytes_ = std::max<std::size_t>(1, options.memory / block) * block;
    count_ = bytes_ / step_;
    tpacket_req ring{};
    ring.tp_block_size = static_cast<unsigned>(block);
    ring.tp_block_nr = static_cast<unsigned>(bytes_ / block);
    ring.tp_frame_size = static_cast<unsigned>(step_);
    ring.tp_frame_nr = static_cast<unsigned>(count_);
    if (setsockopt(fd(), SOL_PACKET, PACKET_RX_RING, &ring, sizeof ring) == 0) return {};
  }
  return fail_errno("no memory for a ring of " + std::to_string(bytes_ >> 10U) +
                    " KiB (choose a smaller one with -B)");
}

Result<void> CaptureRing::set_up(const CaptureRingOptions& options) {
  if (auto done = attach_filter(fd(), options.filter); !done) return done;
  const int version = layout_ == RingLayout::Blocks ? TPACKET_V3 : TPACKET_V2;
  const unsigned reserve = kReserve;
  if (setsockopt(fd(), SOL_PACKET, PACKET_VERSION, &version, sizeof version) != 0 ||
      setsockopt(fd(), SOL_PACKET, PACKET_RESERVE, &reserve, sizeof reserve) != 0)
    return fail_errno("packet socket: no ring of this version");
  if (layout_ == RingLayout::Slots) {
    const int copy = 1, buffer = 8 << 20;
    setsockopt(fd(), SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer);
    if (setsockopt(fd(), SOL_PACKET, PACKET_COPY_THRESH, &copy, sizeof copy) != 0)
      return fail_errno("packet socket: cannot keep frames larger than a slot");
    copy_.resize(std::size_t{options.largest_frame} + kReserve);
  }
  if (auto done = request(options); !done) return done;
  void* memory = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd(), 0);
  if (memory == MAP_FAILED) return fail_errno("packet socket: cannot map its ring");
  ring_ = static_cast<std::uint8_t*>(memory);
  if (options.promiscuous && options.ifindex != 0) {
    packet_mreq all{};
    all.mr_ifindex = options.ifindex;
    all.mr_type = PACKET_MR_PROMISC;
    if (setsockopt(fd(), SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof all) != 0)
      return fail_errno("cannot set the interface promiscuous (-p captures without)");
  }
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = options.ifindex;
  if (bind(fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return fail_errno("cannot capture on the interface");
  if (options.fanout) {
    const unsigned group =
        *options.fanout | PACKET_FANOUT_HASH << 16U | PACKET_FANOUT_FLAG_ROLLOVER << 16U;
    if (setsockopt(fd(), SOL_PACKET, PACKET_FANOUT, &group, sizeof group) != 0)
      return fail_errno("cannot share the interface between several rings");
  }
  return {};
}

Result<CaptureRing> CaptureRing::open(const CaptureRingOptions& options) {
  CaptureRing ring;
  ring.layout_ = options.layout;
  ring.snap_length_ = options.snap_length;
  ring.cooked_ = options.cooked;
  // Protocol 0: bound to nothing until filter and ring are there.
  const int type = (ring.cooked_ ? SOCK_DGRAM : SOCK_RAW) | SOCK_CLOEXEC | SOCK_NONBLOCK;
  ring.socket_ = Fd(::socket(AF_PACKET, type, 0));
  if (!ring.socket_.valid()) return fail_errno("packet socket (run as root or with CAP_NET_RAW)");
  if (auto done = ring.set_up(options); !done) return tl::unexpected(done.error());
  return ring;
}

CaptureRing::CaptureRing(CaptureRing&& other) noexcept { *this = std::move(other); }

CaptureRing& CaptureRing::operator=(CaptureRing&& other) noexcept {
  if (this == &other) return *this;
  unmap();
  socket_ = std::move(other.socket_);
  layout_ = other.layout_;
  snap_length_ = other.snap_length_;
  cooked_ = other.cooked_;
  ring_ = std::exchange(other.ring_, nullptr);
  bytes_ = other.bytes_;
  step_ = other.step_;
  count_ = other.count_;
  at_ = other.at_;
  packet_ = other.packet_;
  left_ = other.left_;
  held_ = other.held_;
  untold_ = other.untold_;
  copy_ = std::move(other.copy_);
  counts_ = other.counts_;
  return *this;
}

CaptureRing::~CaptureRing() { unmap(); }

void CaptureRing::unmap() {
  if (ring_ != nullptr) munmap(ring_, bytes_);
  ring_ = nullptr;
}

template <typename Header>
void CaptureRing::fill(CapturedBytes& frame, std::uint8_t* at, const Header& header,
                       std::uint32_t status, std::uint16_t tci, std::uint16_t tpid) {
  const auto* from = reinterpret_cast<const sockaddr_ll*>(at + TPACKET_ALIGN(sizeof(Header)));
  frame.realtime_ns = std::int64_t{header.tp_sec} * 1'000'000'000 + header.tp_nsec;
  frame.outgoing = from->sll_pkttype == PACKET_OUTGOING;
  frame.ifindex = from->sll_ifindex;
  frame.original_length = header.tp_len;
  std::uint8_t* bytes = at + header.tp_mac;
  std::size_t size = std::min<std::size_t>(header.tp_snaplen, step_ - header.tp_mac);
  if ((status & TP_STATUS_COPY) != 0) {
    const ssize_t got = recv(fd(), copy_.data() + kReserve, copy_.size() - kReserve, MSG_DONTWAIT);
    if (got > 0) {
      bytes = copy_.data() + kReserve;
      size = static_cast<std::size_t>(got);
    }
  }
  const bool tagged = (status & TP_STATUS_VLAN_VALID) != 0;
  const std::uint16_t tag_type = (status & TP_STATUS_VLAN_TPID_VALID) != 0 ? tpid : ETHERTYPE_VLAN;
  if (cooked_) {
    sockaddr_ll shown = *from;
    if (tagged) {
      bytes -= kVlanBytes;
      std::memcpy(put16(bytes, tci), &from->sll_protocol, 2);
      shown.sll_protocol = htons(tag_type);
    }
    bytes -= kCookedHeader;
    put_cooked(bytes, shown);
    size += kCookedHeader + (tagged ? kVlanBytes : 0);
    frame.original_length += static_cast<std::uint32_t>(kCookedHeader + (tagged ? kVlanBytes : 0));
  } else if (tagged && size >= kVlanAt) {
    std::memmove(bytes - kVlanBytes, bytes, kVlanAt);
    bytes -= kVlanBytes;
    put16(put16(bytes + kVlanAt, tag_type), tci);
    size += kVlanBytes;
    frame.original_length += kVlanBytes;
  }
  if ((status & TP_STATUS_LOSING) != 0) take_counts();
  frame.dropped_before = std::exchange(untold_, 0);
  frame.bytes = {bytes, std::min<std::size_t>(size, snap_length_)};
  held_ = true;
  ++counts_.read;
}

bool CaptureRing::next_slot(CapturedBytes& frame) {
  std::uint8_t* slot = ring_ + at_ * step_;
  auto* header = reinterpret_cast<tpacket2_hdr*>(slot);
  const __u32 status = std::atomic_ref<__u32>(header->tp_status).load(std::memory_order_acquire);
  if ((status & TP_STATUS_USER) == 0) return false;
  fill(frame, slot, *header, status, header->tp_vlan_tci, header->tp_vlan_tpid);
  return true;
}

bool CaptureRing::next_in_block(CapturedBytes& frame) {
  auto* block = reinterpret_cast<tpacket_block_desc*>(ring_ + at_ * step_);
  std::uint32_t losing = 0;
  while (left_ == 0) {
    std::atomic_ref<__u32> status(block->hdr.bh1.block_status);
    const __u32 now = status.load(std::memory_order_acquire);
    if ((now & TP_STATUS_USER) == 0) return false;
    left_ = block->hdr.bh1.num_pkts;
    packet_ = reinterpret_cast<std::uint8_t*>(block) + block->hdr.bh1.offset_to_first_pkt;
    losing = now & TP_STATUS_LOSING;
    if (left_ != 0) break;
    status.store(TP_STATUS_KERNEL, std::memory_order_release);
    at_ = (at_ + 1) % count_;
    block = reinterpret_cast<tpacket_block_desc*>(ring_ + at_ * step_);
  }
  auto* header = reinterpret_cast<tpacket3_hdr*>(packet_);
  fill(frame, packet_, *header, (header->tp_status & ~__u32{TP_STATUS_LOSING}) | losing,
       static_cast<std::uint16_t>(header->hv1.tp_vlan_tci), header->hv1.tp_vlan_tpid);
  return true;
}

bool CaptureRing::next(CapturedBytes& frame) {
  release();
  return layout_ == RingLayout::Blocks ? next_in_block(frame) : next_slot(frame);
}

void CaptureRing::release() {
  if (!std::exchange(held_, false)) return;
  std::uint8_t* at = ring_ + at_ * step_;
  if (layout_ == RingLayout::Blocks) {
    packet_ += reinterpret_cast<tpacket3_hdr*>(packet_)->tp_next_offset;
    if (--left_ != 0) return;
    auto* block = reinterpret_cast<tpacket_block_desc*>(at);
    std::atomic_ref<__u32>(block->hdr.bh1.block_status)
        .store(TP_STATUS_KERNEL, std::memory_order_release);
  } else {
    std::atomic_ref<__u32>(reinterpret_cast<tpacket2_hdr*>(at)->tp_status)
        .store(TP_STATUS_KERNEL, std::memory_order_release);
  }
  at_ = (at_ + 1) % count_;
}

void CaptureRing::take_counts() {
  // Reading resets the kernel's counters; tp_packets includes tp_drops.
  tpacket_stats_v3 statistics{};
  socklen_t size = layout_ == RingLayout::Blocks ? sizeof statistics : sizeof(tpacket_stats);
  if (getsockopt(fd(), SOL_PACKET, PACKET_STATISTICS, &statistics, &size) != 0) return;
  counts_.received += statistics.tp_packets;
  counts_.dropped += statistics.tp_drops;
  untold_ += statistics.tp_drops;
}

void CaptureRing::stop() {
  // A filter that passes nothing: unbinding would throw the ring's content away.
  (void)attach_filter(fd(), {});
}

int CaptureRing::take_error() {
  int error = 0;
  socklen_t size = sizeof error;
  if (getsockopt(fd(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) return 0;
  return error;
}

}  // namespace alibi::os
