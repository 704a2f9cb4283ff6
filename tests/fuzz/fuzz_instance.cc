// SPDX-License-Identifier: Apache-2.0
// Any sequence of packets, timers, commands and restarts from a snapshot against one instance and
// one sync group of three. Whatever comes: addresses exactly while master, timers exactly while
// running, few outputs an input, a group in one state, a snapshot that is the instance.
#include <algorithm>
#include <memory>
#include <vector>

#include "base/check.h"
#include "vrrp/sync_group.h"
#include "vrrp/text.h"

using namespace alibi;

namespace {

constexpr std::size_t kMostOutputs = 12;
constexpr std::size_t kMembers = 3;

/// The input's octets one after the other; zeros when they are used up.
class Octets {
 public:
  Octets(const std::uint8_t* data, std::size_t size) : rest_(data, size) {}
  bool empty() const { return rest_.empty(); }
  std::uint8_t next() {
    if (rest_.empty()) return 0;
    const std::uint8_t octet = rest_.front();
    rest_ = rest_.subspan(1);
    return octet;
  }
  std::span<const std::uint8_t> take(std::size_t size) {
    const auto part = rest_.first(std::min(size, rest_.size()));
    rest_ = rest_.subspan(part.size());
    return part;
  }
  bool flag(std::uint8_t octet, unsigned bit) const { return ((octet >> bit) & 1U) != 0; }

 private:
  std::span<const std::uint8_t> rest_;
};

wire::IpAddress ip(std::uint8_t last) { return wire::IpAddress::v4(0x0A000000U + last); }

vrrp::Parameters parameters(Octets& in, std::uint8_t vrid, bool grouped) {
  const std::uint8_t flags = in.next();
  const std::uint8_t more = in.next();
  vrrp::Parameters p;
  p.name = "VI_" + std::to_string(vrid);
  p.vrid = Vrid{vrid};
  p.version = in.flag(flags, 0) ? 3 : 2;
  p.base_priority = Priority{std::max<std::uint8_t>(in.next(), 1)};
  p.advert_interval = p.version == 3 ? Duration(10ms) * (1 + in.next()) : Duration(1s);
  p.start_as_master = in.flag(flags, 1);
  p.preempt = in.flag(flags, 2);
  p.preempt_delay = in.flag(flags, 3) ? Duration(3s) : Duration(0);
  p.garp_master_refresh = in.flag(flags, 4) ? Duration(700ms) : Duration(0);
  p.higher_prio_send_advert = in.flag(flags, 5);
  p.lower_prio_no_advert = in.flag(flags, 6);
  p.owner_ignores_adverts = in.flag(flags, 7);
  p.timer_expired_backup = in.flag(more, 0);
  if (in.flag(more, 1)) p.expired_priority = Priority{1};
  p.garp_lower_repeat = in.flag(more, 2) ? 0 : 2;
  p.skip_check_adv_addr = in.flag(more, 3);
  p.unicast = in.flag(more, 4);
  p.check_unicast_source = in.flag(more, 5);
  if (p.unicast) p.peers = {{ip(2), 0, 255}, {ip(3), 200, 250}};
  p.addresses = {ip(100)};
  if (in.flag(more, 6)) p.addresses.push_back(ip(101));
  p.in_group = grouped;
  return p;
}

vrrp::AdvertReceived packet(Octets& in, const vrrp::Parameters& ours) {
  vrrp::AdvertReceived out;
  const std::uint8_t flags = in.next();
  out.source = ip(in.next() % 4);
  out.unicast = ours.unicast;
  out.advert = {ours.version, ours.vrid, Priority{in.next()}, ours.advert_interval, {}, {},
                ours.addresses};
  if (in.flag(flags, 0)) out.advert.interval = Duration(10ms) * in.next();
  if (in.flag(flags, 1)) out.ttl = in.next();
  if (in.flag(flags, 2)) out.unicast = !out.unicast;
  if (in.flag(flags, 3)) out.advert.addresses.clear();
  if (!in.flag(flags, 4)) return out;
  const auto decoded = wire::decode_vrrp(in.take(40), out.source, wire::vrrp_group(ours.family));
  if (decoded.defect == wire::VrrpDefect::None) out.advert = decoded.advertisement;
  return out;
}

vrrp::Input command(Octets& in, const vrrp::Parameters& ours) {
  using enum vrrp::ReasonCode;
  switch (in.next() % 12) {
    case 0: return vrrp::Start{};
    case 1: return vrrp::Stop{};
    case 2:
      return vrrp::PriorityChanged{Priority{std::clamp<std::uint8_t>(in.next(), 1, 254)}, "x"};
    case 3: return vrrp::FaultRaised{LinkDown, "link"};
    case 4: return vrrp::FaultRaised{TrackFailed, "script"};
    case 5: return vrrp::FaultCleared{LinkDown};
    case 6: return vrrp::FaultCleared{};
    case 7: return vrrp::SourceAddress{ip(in.next() % 4)};
    case 8: return vrrp::SourceAddress{};
    case 9: return vrrp::AddressLost{ip(100)};
    case 10: return vrrp::TimerExpired{};
    default: return packet(in, ours);
  }
}

/// What an instance must have done, by its outputs.
struct Books {
  bool holds = false;

  void take(const vrrp::Output& output) {
    if (std::holds_alternative<vrrp::AddAddresses>(output)) {
      CHECK(!holds);
      holds = true;
    }
    if (std::holds_alternative<vrrp::RemoveAddresses>(output)) {
      CHECK(holds);
      holds = false;
    }
    if (const auto* t = std::get_if<vrrp::Transition>(&output)) {
      CHECK(t->from != t->to && !t->reason.detail.empty());
      CHECK(holds == (t->to == vrrp::State::Master));
    }
    if (const auto* garp = std::get_if<vrrp::SendGratuitous>(&output)) {
      CHECK(garp->repeat > 0 && holds);
    }
    const auto parsed = vrrp::parse_output(print(output));
    CHECK(parsed && print(*parsed) == print(output));
  }

  void look(const vrrp::Instance& i, Instant now) const {
    const bool running = i.state() == vrrp::State::Backup || i.state() == vrrp::State::Master;
    CHECK(holds == (i.state() == vrrp::State::Master));
    CHECK((i.next_timer() != kNever) == running);
    // The longest wait there is: 40.95 s of the master's interval in v3, 100 adverts are not drawn.
    CHECK(!running || i.next_timer() < now + 300s);
    CHECK(i.effective_priority().value >= 1);
    CHECK(i.state() == vrrp::State::Fault || i.state() == vrrp::State::Init || !i.at_fault());
  }
};

class World {
 public:
  explicit World(Octets& in) : in_(in) {
    make(0, 51, false);
    for (std::size_t n = 0; n < kMembers; ++n) {
      make(n + 1, static_cast<std::uint8_t>(60 - n), true);
    }
    make_group();
  }

  void step() {
    const std::uint8_t what = in_.next();
    const std::size_t who = what % (kMembers + 1);
    now_ = now_ + Duration(10ms) * in_.next();
    switch ((what >> 2U) % 4) {
      case 0: fire(); break;
      case 1: restore(who, (what & 0x80U) != 0); break;
      default: feed(who, command(in_, instances_[who]->parameters())); break;
    }
    for (std::size_t n = 0; n <= kMembers; ++n) books_[n].look(*instances_[n], now_);
    look_at_group();
  }

 private:
  void make(std::size_t n, std::uint8_t vrid, bool grouped) {
    instances_[n] = std::make_unique<vrrp::Instance>(parameters(in_, vrid, grouped));
  }

  void make_group() {
    std::vector<vrrp::Instance*> members;
    for (std::size_t n = 1; n <= kMembers; ++n) members.push_back(instances_[n].get());
    group_ = std::make_unique<vrrp::SyncGroup>("VG", std::move(members));
  }

  void feed(std::size_t who, const vrrp::Input& input) {
    if (who == 0) {
      vrrp::Outbox out;
      instances_[0]->handle(input, now_, out);
      CHECK(out.size() <= kMostOutputs);
      for (const auto& output : out) books_[0].take(output);
      return;
    }
    vrrp::GroupOutbox out;
    group_->handle(who - 1, input, now_, out);
    CHECK(out.outputs.size() <= kMostOutputs * kMembers);
    for (const auto& [member, output] : out.outputs) books_[member + 1].take(output);
  }

  /// Every timer that is due, each a bounded number of times.
  void fire() {
    for (std::size_t n = 0; n <= kMembers; ++n) {
      int turns = 0;
      for (; turns < 8 && instances_[n]->next_timer() <= now_; ++turns) {
        feed(n, vrrp::TimerExpired{});
      }
      CHECK(turns < 8);
    }
  }

  void restore(std::size_t who, bool changed) {
    const vrrp::InstanceSnapshot before = instances_[who]->snapshot();
    const auto read = vrrp::parse_snapshot(print(before));
    CHECK(read && *read == before);
    vrrp::Parameters p = instances_[who]->parameters();
    if (changed) {
      p = parameters(in_, p.vrid.value, who != 0);
      p.version = before.advert.version;
      if (p.version == 2) p.advert_interval = 1s;
    }
    vrrp::Outbox out;
    *instances_[who] = vrrp::Instance::restored(p, *read, now_, out);
    CHECK(out.size() <= kMostOutputs);
    for (const auto& output : out) books_[who].take(output);
    CHECK(changed || (out.empty() && instances_[who]->snapshot() == before));
    if (who != 0) make_group();
  }

  /// Members that have begun are in one state.
  void look_at_group() const {
    std::vector<vrrp::State> states;
    for (std::size_t n = 1; n <= kMembers; ++n) {
      if (instances_[n]->state() != vrrp::State::Init) states.push_back(instances_[n]->state());
    }
    CHECK(std::adjacent_find(states.begin(), states.end(), std::not_equal_to<>()) == states.end());
  }

  Octets& in_;
  Instant now_{1'000'000'000'000};
  std::unique_ptr<vrrp::Instance> instances_[kMembers + 1];
  Books books_[kMembers + 1];
  std::unique_ptr<vrrp::SyncGroup> group_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Octets in(data, size);
  World world(in);
  for (int steps = 0; steps < 2000 && !in.empty(); ++steps) world.step();
  return 0;
}
