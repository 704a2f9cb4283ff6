// SPDX-License-Identifier: Apache-2.0
// What the kernel tells of the networks of the taps: links, addresses, ports, neighbours, rules.
#include <linux/if_bridge.h>

#include <array>
#include <cstring>

#include "bpf/abi_host.h"
#include "daemon/recorder_state.h"

namespace alibi::daemon {
namespace {

/// BR_STATE_* in the words of bridge(8).
std::string port_state(const os::PortState& port) {
  static constexpr std::array<const char*, 5> kWords = {"disabled", "listening", "learning",
                                                        "forwarding", "blocking"};
  static_assert(BR_STATE_BLOCKING == 4);
  if (port.removed) return "removed";
  return port.state < kWords.size() ? kWords[port.state] : std::to_string(port.state);
}

evidence::Fact fact_of(std::uint64_t netns, const os::LinkState& link) {
  return evidence::LinkChange{netns,        link.index,   link.name,       link.admin_up,
                              link.carrier, link.deleted, link.was_usable, link.mac};
}
evidence::Fact fact_of(std::uint64_t netns, const os::AddressState& address) {
  return evidence::AddressChange{netns, address.index, address.interface, address.address,
                                 address.added};
}
evidence::Fact fact_of(std::uint64_t netns, const os::PortState& port) {
  return evidence::BridgePortChange{netns, port.index, port.interface, port.bridge,
                                    port_state(port)};
}
evidence::Fact fact_of(std::uint64_t netns, const os::NeighbourState& neighbour) {
  return evidence::NeighbourChange{
      netns,         neighbour.index, neighbour.interface, neighbour.address,
      neighbour.mac, neighbour.failed};
}

}  // namespace

void Recorder::State::hear_links(Links& from) {
  from.monitor.drain([&](const os::LinkEvent& news) {
    log.add_fact(now,
                 std::visit([&](const auto& each) { return fact_of(from.netns, each); }, news));
  });
  if (!from.rules) return;
  from.rules->drain([&](const os::RulesetCommit& commit) {
    log.add_fact(
        now, evidence::RulesetChange{from.netns, commit.generation, commit.pid, commit.process});
    if (samplers) samplers->path.ruleset_changed(from.netns);
  });
}

std::vector<evidence::SourceLoss> Recorder::State::Links::losses() const {
  constexpr const char* kNoRoom = "the kernel had no room for messages";
  std::vector<evidence::SourceLoss> losses;
  if (monitor.overruns() > 0) losses.push_back({"links", monitor.overruns(), kNoRoom});
  if (monitor.unfollowed() > 0)
    losses.push_back({"links", monitor.unfollowed(), "too many neighbours to follow all"});
  if (rules && rules->overruns() > 0) losses.push_back({"rules", rules->overruns(), kNoRoom});
  return losses;
}

void Recorder::State::suspect(std::span<const std::uint8_t> record) {
  alibi_drop drop{};
  if (!samplers || record.size() < sizeof drop) return;
  std::memcpy(&drop, record.data(), sizeof drop);
  if (drop.reason >= drop_reasons.size()) return;
  const std::string& reason = drop_reasons[drop.reason];
  if (reason == "NETFILTER_DROP") samplers->path.filter_dropped(drop.netns);
  if (reason.starts_with("QDISC_")) samplers->path.queue_dropped();
}

}  // namespace alibi::daemon
