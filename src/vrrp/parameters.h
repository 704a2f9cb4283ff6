// SPDX-License-Identifier: Apache-2.0
// What an instance is configured to be: filled from keepalived.conf by config/, or by hand.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/instant.h"
#include "base/strong.h"
#include "wire/vrrp.h"

namespace alibi::vrrp {

struct UnicastPeer {
  wire::IpAddress address;
  int min_ttl = 0;  ///< of its adverts
  int max_ttl = 255;
  bool operator==(const UnicastPeer&) const = default;
};

/// What does not change while the instance runs.
struct Parameters {
  std::string name;
  Vrid vrid{1};
  std::uint8_t version = 2;
  wire::Family family = wire::Family::V4;
  Priority base_priority{100};
  Duration advert_interval = 1s;
  bool start_as_master = false;  ///< `state MASTER`: matters only with priority 255
  bool preempt = true;
  Duration preempt_delay{0};
  int down_timer_adverts = 3;
  wire::AuthType auth_type = wire::AuthType::None;
  std::array<std::uint8_t, 8> auth_data{};
  std::vector<wire::IpAddress> addresses;  ///< those advertised, in configuration order
  int garp_master_repeat = 5;
  Duration garp_master_delay = 5s;  ///< second block; 0 = none
  int garp_master_refresh_repeat = 1;
  Duration garp_master_refresh{0};  ///< 0 = off
  bool skip_check_adv_addr = false;
  int garp_lower_repeat = 5;       ///< after a lower advert was answered
  Duration garp_lower_delay = 5s;  ///< second block of those; 0 = none
  bool lower_prio_no_advert = false;
  bool higher_prio_send_advert = false;
  bool owner_ignores_adverts = false;  ///< owner_ignore_adverts: only with priority 255
  /// timer_expired_backup: with nopreempt, a master that woke up late steps down, and does so with
  /// this priority until it is heard again.
  bool timer_expired_backup = false;
  std::optional<Priority> expired_priority{};
  bool unicast = false;  ///< unicast_peer is given: expect unicast
  std::vector<UnicastPeer> peers;
  bool check_unicast_source = false;  ///< check_unicast_src: only peers are heard
  bool in_group = false;              ///< member of a vrrp_sync_group
  wire::V3Checksum v3_checksum = wire::V3Checksum::PseudoHeader;
  bool operator==(const Parameters&) const = default;
};

}  // namespace alibi::vrrp
