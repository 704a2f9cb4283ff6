// SPDX-License-Identifier: Apache-2.0
// One vrrp_instance: defaults and what keepalived changes, in the order of its own checks.
#include <fmt/format.h>

#include <algorithm>

#include "config/complete.h"

namespace alibi::config {
namespace {

// The count field of an advertisement holds 255; IPv6 fills an Ethernet frame earlier.
constexpr std::size_t kMostAddressesV4 = 255;
constexpr std::size_t kMostAddressesV6 = 89;
constexpr Duration kLongestV3 = 40950ms;  // 12 bits of centiseconds
constexpr int kOwner = 255;

template <typename T>
T pick(const MaybeGiven<T>& own, const MaybeGiven<T>& global, T fallback) {
  return own ? own->value : global ? global->value : fallback;
}

bool pick(const std::optional<bool>& own, const std::optional<bool>& global) {
  return own.value_or(global.value_or(false));
}

class InstanceCheck {
 public:
  InstanceCheck(Context& context, InstanceDraft& draft)
      : context_(context), draft_(draft), vrrp_(draft.instance.vrrp) {}

  void run() {
    identity();
    addresses();
    version();
    interval();
    priority();
    preemption();
    authentication();
    strict();
    unicast();
    numbers();
    network();
    time_to_live();
    late_timer();
  }

 private:
  const std::string& name() const { return vrrp_.name; }

  void identity() {
    if (draft_.vrid) {
      vrrp_.vrid = Vrid(static_cast<std::uint8_t>(draft_.vrid->value));
    } else {
      context_.fatal(draft_.at, fmt::format("vrrp_instance {} needs a virtual_router_id from 1 to "
                                            "255, the same on all its routers",
                                            name()));
    }
    // Unicast from a given address needs none.
    auto& instance = draft_.instance;
    const bool anywhere = !instance.unicast_peers.empty() && instance.source;
    if (instance.interface.empty() && !anywhere) {
      context_.fatal(draft_.at, fmt::format("vrrp_instance {} needs an interface, as in 'interface "
                                            "eth0'",
                                            name()));
    }
    if (!instance.interface.empty()) return;
    const auto& fallback = context_.draft.settings.global.default_interface;
    const auto place = [&](std::vector<VirtualAddress> list) {
      for (auto& address : list) {
        if (address.interface.empty()) address.interface = fallback;
      }
      return list;
    };
    instance.addresses = place(std::move(instance.addresses));
    instance.excluded_addresses = place(instance.excluded_addresses);
  }

  void addresses() {
    vrrp_.family = draft_.family.value_or(wire::Family::V4);
    auto& list = draft_.instance.addresses;
    if (list.empty()) {
      if (vrrp_.family == wire::Family::V6) {
        context_.fatal(draft_.at, fmt::format("vrrp_instance {} is IPv6 and has no "
                                              "virtual_ipaddress; it needs at least one",
                                              name()));
      } else if (!draft_.no_address) {
        context_.warn(draft_.at, fmt::format("vrrp_instance {} has no virtual_ipaddress: there is "
                                             "nothing to keep",
                                             name()));
      }
    }
    const auto most = vrrp_.family == wire::Family::V4 ? kMostAddressesV4 : kMostAddressesV6;
    if (list.size() > most) {
      context_.warn(draft_.address_places[most],
                    fmt::format("an advertisement holds {} addresses; this and the {} after it are "
                                "kept without being advertised (virtual_ipaddress_excluded)",
                                most, list.size() - most - 1));
      const auto first = list.begin() + static_cast<std::ptrdiff_t>(most);
      auto& excluded = draft_.instance.excluded_addresses.edit();
      excluded.insert(excluded.begin(), first, list.end());
      list.erase(first, list.end());
    }
    for (const auto& address : list) vrrp_.addresses.push_back(address.address);
  }

  void version() {
    const auto& global = context_.draft.global.version;
    const auto& given = draft_.own.version ? draft_.own.version : global;
    const bool v6 = vrrp_.family == wire::Family::V6;
    vrrp_.version = static_cast<std::uint8_t>(v6 ? 3 : given ? given->value : 2);
    if (v6 && draft_.own.version && draft_.own.version->value == 2) {
      context_.warn(draft_.own.version->at,
                    "VRRP version 2 has no IPv6; version 3 is used (keepalived with this line "
                    "speaks version 2 all the same and would not be heard)");
    }
  }

  void interval() {
    if (!draft_.advert_interval) return;
    const auto [given, at] = *draft_.advert_interval;
    Duration used = given;
    if (vrrp_.version == 2) {
      used =
          std::max<Duration>(std::chrono::duration_cast<std::chrono::seconds>(given + 500ms), 1s);
      if (used != given) {
        context_.warn(at, fmt::format("VRRP version 2 counts advert_int in whole seconds; {} is "
                                      "used",
                                      used / 1s));
      }
    } else if (given > kLongestV3) {
      used = kLongestV3;
      context_.warn(at, "VRRP version 3 allows advert_int up to 40.95 seconds; 40.95 is used");
    } else if (given % 10ms != Duration(0)) {
      used = std::max<Duration>((given + 5ms) / 10ms * 10ms, 10ms);
      context_.warn(at, fmt::format("VRRP version 3 counts advert_int in hundredths of a second; "
                                    "{} is used",
                                    seconds_text(used, 2)));
    }
    vrrp_.advert_interval = used;
  }

  void priority() {
    vrrp_.start_as_master = draft_.master.value_or(false);
    const int fallback = vrrp_.start_as_master ? kOwner : 100;
    const int value = draft_.priority ? draft_.priority->value : fallback;
    vrrp_.base_priority = Priority(static_cast<std::uint8_t>(value));
    if (!draft_.priority && vrrp_.start_as_master) {
      context_.say(Severity::Notice, draft_.at,
                   fmt::format("vrrp_instance {} has state MASTER and no priority: that means 255, "
                               "which no tracked script can lower",
                               name()));
    }
  }

  void preemption() {
    bool nopreempt = draft_.nopreempt && draft_.nopreempt->value;
    const auto clear = [&](std::string_view why) {
      nopreempt = false;
      context_.warn(draft_.nopreempt->at, fmt::format("nopreempt {}; it is ignored", why));
    };
    if (nopreempt && vrrp_.base_priority.value == kOwner) {
      clear("does not go with priority 255");
    } else if (nopreempt && vrrp_.start_as_master) {
      clear("does not work with state MASTER (write BACKUP on all routers)");
    }
    vrrp_.preempt = !nopreempt;
    if (!draft_.preempt_delay || draft_.preempt_delay->value == Duration(0)) return;
    const auto [delay, at] = *draft_.preempt_delay;
    if (nopreempt) {
      context_.warn(at, "preempt_delay does not go with nopreempt; it is ignored");
    } else if (vrrp_.start_as_master) {
      context_.warn(at, "preempt_delay does not work with state MASTER; it is ignored");
    } else {
      vrrp_.preempt_delay = delay;
    }
  }

  void authentication() {
    if (!draft_.auth_type) {
      if (draft_.auth_pass) {
        context_.say(Severity::Notice, draft_.auth_pass->at,
                     "without auth_type PASS the auth_pass is not used");
      }
      return;
    }
    const Position at = draft_.auth_type->at;
    if (vrrp_.version != 2) {
      context_.warn(at, "VRRP version 3 has no authentication; it is ignored");
    } else if (!draft_.auth_pass || draft_.auth_pass->value.empty()) {
      context_.warn(at, "authentication needs an auth_pass; without it none is used");
    } else {
      vrrp_.auth_type = draft_.auth_type->value;
      const std::string& pass = draft_.auth_pass->value;
      std::copy_n(pass.begin(), std::min(pass.size(), vrrp_.auth_data.size()),
                  vrrp_.auth_data.begin());
    }
  }

  void unicast() {
    vrrp_.unicast = !draft_.instance.unicast_peers.empty();
    if (draft_.unicast && !vrrp_.unicast) {
      context_.warn(draft_.unicast->at,
                    "without a usable address in unicast_peer the instance speaks multicast");
    }
  }

  // What keepalived's strict mode takes away; it is also the default of what RFC 9568 wants.
  void strict() {
    auto& instance = draft_.instance;
    instance.strict = pick(draft_.own.strict, context_.draft.global.strict);
    instance.accept = draft_.accept ? draft_.accept->value : true;
    if (!instance.strict) return;
    const bool owner = vrrp_.base_priority.value == kOwner;
    if (vrrp_.auth_type != wire::AuthType::None) {
      context_.warn(draft_.auth_type->at, "strict mode has no authentication; it is ignored");
      vrrp_.auth_type = wire::AuthType::None;
      vrrp_.auth_data = {};
    }
    if (vrrp_.addresses.empty()) {
      context_.fatal(draft_.at, fmt::format("vrrp_instance {} has no virtual_ipaddress; strict "
                                            "mode needs at least one",
                                            name()));
    }
    if (vrrp_.preempt_delay != Duration(0)) {
      context_.warn(draft_.preempt_delay->at, "strict mode has no preempt_delay; it is ignored");
      vrrp_.preempt_delay = Duration(0);
    }
    if (draft_.accept && draft_.accept->value && vrrp_.version == 2) {
      context_.warn(draft_.accept->at,
                    "in strict mode VRRP version 2 accepts nothing for the addresses (RFC 3768); "
                    "accept is ignored");
      draft_.accept.reset();
    }
    instance.accept = owner || (draft_.accept && draft_.accept->value);
    if (draft_.own.lower_prio_no_advert && !*draft_.own.lower_prio_no_advert) {
      context_.warn(draft_.at,
                    "strict mode does not answer a lower priority: lower_prio_no_advert "
                    "is on");
    }
    draft_.own.lower_prio_no_advert = true;
    if (!draft_.own.owner_ignore_adverts) draft_.own.owner_ignore_adverts = true;
  }

  void network() {
    auto& instance = draft_.instance;
    const Global& global = context_.draft.settings.global;
    const bool v6 = vrrp_.family == wire::Family::V6;
    if (draft_.group && draft_.group->value.family == vrrp_.family) {
      instance.group = draft_.group->value;
    } else {
      instance.group = v6 ? global.group6 : global.group4;
    }
    instance.check_unicast_source =
        vrrp_.unicast &&
        pick(draft_.own.check_unicast_source, context_.draft.global.check_unicast_source);
    vrrp_.check_unicast_source = instance.check_unicast_source;
    vrrp_.peers = instance.unicast_peers;
    instance.notify_priority_changes =
        pick(draft_.own.notify_priority_changes, context_.draft.global.notify_priority_changes);
    instance.garp_extra_if =
        pick(draft_.own.garp_extra_if, context_.draft.global.garp_extra_if, Duration(0));
    instance.garp_extra_all =
        draft_.own.garp_extra_if ? draft_.own.garp_extra_all : context_.draft.global.garp_extra_all;
    if (draft_.vmac && instance.interface.empty()) {
      context_.warn(draft_.vmac->at, "use_vmac needs an interface; it is ignored");
    } else if (draft_.vmac) {
      instance.vmac = draft_.vmac->value;
      instance.vmac->transmit_base = draft_.transmit_base;
      if (vrrp_.unicast && !draft_.transmit_base) {
        context_.warn(draft_.vmac->at,
                      "unicast with use_vmac needs vmac_xmit_base; it is taken as given");
        instance.vmac->transmit_base = true;
      }
      if (instance.ipvlan->has_value()) {
        context_.warn(draft_.vmac->at,
                      "use_vmac and use_ipvlan exclude each other; use_ipvlan is "
                      "ignored");
        instance.ipvlan = {};
      }
    }
    if (!instance.vrf.empty() && !instance.interface.empty()) {
      context_.warn(draft_.at,
                    fmt::format("vrrp_instance {} has an interface, so vrf is ignored", name()));
      instance.vrf = {};
    }
  }

  void time_to_live() {
    auto& instance = draft_.instance;
    if (vrrp_.unicast || instance.unicast_ttl == 255) return;
    context_.warn(draft_.at, fmt::format("vrrp_instance {} has no unicast_peer, so unicast_ttl is "
                                         "ignored",
                                         name()));
    instance.unicast_ttl = 255;
  }

  void late_timer() {
    if (!draft_.expired_priority) return;
    if (vrrp_.preempt) {
      context_.warn(draft_.expired_priority->at,
                    "timer_expired_backup works with nopreempt only; it is ignored");
      return;
    }
    vrrp_.timer_expired_backup = true;
    if (draft_.expired_priority->value > 0) {
      vrrp_.expired_priority = Priority(static_cast<std::uint8_t>(draft_.expired_priority->value));
    }
  }

  void numbers() {
    const auto& own = draft_.own;
    const auto& global = context_.draft.global;
    const bool minimal = context_.draft.minimal_garp;
    const Duration block = minimal ? Duration(0) : Duration(5s);
    const int repeat = minimal ? 1 : 5;
    vrrp_.garp_master_delay = pick(own.garp_master_delay, global.garp_master_delay, block);
    vrrp_.garp_master_repeat = pick(own.garp_master_repeat, global.garp_master_repeat, repeat);
    vrrp_.garp_lower_delay =
        pick(own.garp_lower_delay, global.garp_lower_delay, vrrp_.garp_master_delay);
    vrrp_.garp_lower_repeat =
        pick(own.garp_lower_repeat, global.garp_lower_repeat, vrrp_.garp_master_repeat);
    vrrp_.owner_ignores_adverts = pick(own.owner_ignore_adverts, global.owner_ignore_adverts);
    vrrp_.garp_master_refresh =
        pick(own.garp_master_refresh, global.garp_master_refresh, Duration(0));
    vrrp_.garp_master_refresh_repeat =
        pick(own.garp_master_refresh_repeat, global.garp_master_refresh_repeat, 1);
    vrrp_.down_timer_adverts = pick(own.down_timer_adverts, global.down_timer_adverts, 3);
    vrrp_.skip_check_adv_addr = pick(own.skip_check_adv_addr, global.skip_check_adv_addr);
    vrrp_.lower_prio_no_advert = pick(own.lower_prio_no_advert, global.lower_prio_no_advert);
    vrrp_.higher_prio_send_advert =
        pick(own.higher_prio_send_advert, global.higher_prio_send_advert);
    if (context_.draft.v3_checksum_as_v2.value_or(false)) {
      vrrp_.v3_checksum = wire::V3Checksum::MessageOnly;
    }
    const auto& alert = global.smtp_alert ? global.smtp_alert : context_.draft.smtp_alert_all;
    draft_.instance.smtp_alert = own.smtp_alert.value_or(alert.value_or(false));
  }

  Context& context_;
  InstanceDraft& draft_;
  vrrp::Parameters& vrrp_;
};

}  // namespace

void complete_instance(Context& context, InstanceDraft& draft) {
  InstanceCheck(context, draft).run();
}

}  // namespace alibi::config
