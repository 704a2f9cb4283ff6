// SPDX-License-Identifier: Apache-2.0
// Order: settings of the host, then interfaces; undone in reverse.
#include "daemon/network_setup.h"

#include <algorithm>
#include <cerrno>

#include "os/text_file.h"

namespace alibi::daemon {
namespace {

using os::Ipv4Setting;

constexpr const char* kIpv4 = "/proc/sys/net/ipv4/";
constexpr const char* kIpv6 = "/proc/sys/net/ipv6/";

/// /proc/sys is read-only in many containers; keepalived goes on, too.
constexpr const char* kWithout = ": going on without it";

/// ARP for the address is answered by this interface and no other; what comes for it from ourselves
/// or by another way is taken.
const os::Ipv4Settings kVirtualMacSettings = {{Ipv4Setting::ArpIgnore, 1},
                                              {Ipv4Setting::AcceptLocal, 1},
                                              {Ipv4Setting::RpFilter, 0},
                                              {Ipv4Setting::PromoteSecondaries, 1}};

Result<void> read_again(os::Netlink& netlink, Links& links) {
  return Links::read(netlink).map([&](Links read) { links = std::move(read); });
}

}  // namespace

Result<void> make_virtual_mac(os::Netlink& netlink, Links& links, const VirtualMacPlan& plan) {
  const auto* base = links.find(plan.base);
  if (base == nullptr) {
    return fail("interface " + plan.base + " does not exist, needed for " + plan.name);
  }
  const IfIndex below = base->index;
  if (const auto* there = links.find(plan.name)) {
    if (there->kind != "macvlan") {
      return fail("interface " + plan.name +
                  " exists and is no macvlan: name another after "
                  "use_vmac, or take it away");
    }
    if (there->base == below && there->mac == plan.mac) {
      return there->up ? Result<void>() : os::set_link_up(netlink, there->index);
    }
    if (auto deleted = os::delete_link(netlink, there->index); !deleted) return deleted;
  }
  return os::make_macvlan(netlink, {plan.name, below, plan.mac})
      .and_then([&] { return read_again(netlink, links); })
      .and_then([&]() -> Result<void> {
        const auto* made = links.find(plan.name);
        if (made == nullptr) return fail("interface " + plan.name + " vanished while being made");
        return os::set_ipv4(netlink, made->index, kVirtualMacSettings).and_then([&] {
          return os::set_link_up(netlink, made->index);
        });
      })
      .and_then([&] { return read_again(netlink, links); });
}

Result<NetworkSetup> NetworkSetup::prepare(const config::Settings& settings,
                                           const NetworkSetup* before) {
  auto netlink = os::Netlink::open();
  if (!netlink) return tl::unexpected(netlink.error());
  NetworkSetup setup(settings, std::move(*netlink));
  setup.before_ = before;
  if (auto made = setup.make_all(settings); !made) {
    setup.undo(before);
    return tl::unexpected(made.error());
  }
  setup.before_ = nullptr;
  return setup;
}

Result<NetworkSetup> NetworkSetup::resume(const config::Settings& settings, Memory memory) {
  auto netlink = os::Netlink::open();
  if (!netlink) return tl::unexpected(netlink.error());
  NetworkSetup setup(settings, std::move(*netlink));
  setup.memory_ = std::move(memory);
  setup.macs_ = setup.resolver_.macs();
  const auto read = read_again(setup.netlink_, setup.links_);
  if (!read) return tl::unexpected(read.error());
  setup.statics_ = setup.resolver_.rest_of_statics(setup.links_);
  if (!any_silent(settings)) return setup;
  return os::Firewall::open(firewall_options(settings)).map([&](os::Firewall firewall) {
    setup.firewall_ = std::move(firewall);
    return std::move(setup);
  });
}

/// The same interface on the same one below.
bool NetworkSetup::keeps(const VirtualMacPlan& plan) const {
  return std::any_of(macs_.begin(), macs_.end(), [&](const auto& own) {
    return own.name == plan.name && own.base == plan.base && own.mac == plan.mac;
  });
}

Result<void> NetworkSetup::make_all(const config::Settings& settings) {
  auto done = read_again(netlink_, links_);
  if (done && settings.global.disable_local_igmp) {
    done = write(std::string(kIpv4) + "igmp_link_local_mcast_reports", "0");
  }
  for (const auto& instance : settings.instances) {
    if (!done) return done;
    if (instance.promote_secondaries) {
      done = change(instance.interface, Ipv4Setting::PromoteSecondaries, 1);
    }
  }
  return done.and_then([&] { return make_virtual_macs(settings); })
      .and_then([&] { return add_statics(settings); })
      .and_then([&] { return make_firewall(settings); });
}

/// What the configuration in force has on it stays as it is until that has ended.
Result<void> NetworkSetup::may_become(const VirtualMacPlan& plan) const {
  if (before_ == nullptr || before_->keeps(plan)) return {};
  for (const auto& other : before_->macs_) {
    if (other.name == plan.name) {
      return fail("interface " + plan.name +
                  " is in use with another MAC or on another interface: a restart changes that, "
                  "or another name after use_vmac");
    }
    if (other.base == plan.base && other.mac == plan.mac) {
      return fail("the virtual MAC of " + plan.name + " is there as " + other.name +
                  ": a restart changes the name, or keep it with 'use_vmac " + other.name + "'");
    }
  }
  return {};
}

Result<void> NetworkSetup::make_virtual_macs(const config::Settings& settings) {
  bool v4 = false;
  for (const auto& plan : resolver_.macs()) {
    if (auto free = may_become(plan); !free) return free;
    if (settings.global.dynamic_interfaces && links_.find(plan.base) == nullptr) {
      macs_.push_back(plan);  // the keeper may make it, and we take it away
      continue;
    }
    macs_.push_back(plan);
    if (auto made = make_virtual_mac(netlink_, links_, plan); !made) return made;
    // No address from router advertisements: a backup must not announce the virtual MAC. Where IPv6
    // is off there is nothing to write to.
    for (const char* name : {"/accept_ra", "/autoconf"}) {
      const auto written = os::write_text(std::string(kIpv6) + "conf/" + plan.name + name, "0");
      if (!written && written.error().os_errno != ENOENT) {
        warnings_.push_back(written.error().message + kWithout);
      }
    }
    if (settings.instances[plan.instance].vrrp.family != wire::Family::V4) continue;
    v4 = true;
    // The interface below neither answers for the address nor asks in its name: whoever hears the
    // question would learn the wrong MAC.
    static const os::Ipv4Settings kBelow = {
        {Ipv4Setting::ArpIgnore, 1}, {Ipv4Setting::ArpFilter, 1}, {Ipv4Setting::ArpAnnounce, 2}};
    for (const auto& [setting, value] : kBelow) {
      if (auto changed = change(plan.base, setting, value); !changed) return changed;
    }
  }
  return v4 ? no_reverse_path_filter() : Result<void>();
}

Result<void> NetworkSetup::make_firewall(const config::Settings& settings) {
  if (!any_silent(settings)) return {};
  auto firewall = os::Firewall::open(firewall_options(settings));
  if (!firewall) return tl::unexpected(firewall.error());
  firewall_ = std::move(*firewall);
  // Made anew while addresses are to be silent it would let them speak: the keeper does that, when
  // it can close them again at once.
  const bool there = before_ != nullptr && before_->firewall_ &&
                     before_->firewall_->options().table == firewall_->options().table;
  return there ? Result<void>() : firewall_->make_table();
}

Result<void> NetworkSetup::change(const std::string& interface, Ipv4Setting setting,
                                  std::uint32_t value) {
  const auto* link = links_.find(interface);
  if (link == nullptr) return {};  // said elsewhere, where it matters
  const auto now = os::get_ipv4(netlink_, link->index, setting);
  if (!now) return {};
  if (before_ != nullptr) {
    for (const auto& known : before_->memory_.settings) {
      if (known.interface == interface && known.setting == setting) {
        memory_.settings.push_back(known);
        return {};
      }
    }
  }
  if (*now == value) return {};
  return os::set_ipv4(netlink_, link->index, {{setting, value}}).map([&] {
    memory_.settings.push_back({interface, setting, *now});
  });
}

Result<void> NetworkSetup::write(const std::string& path, const std::string& value) {
  const auto now = os::read_text(path);
  if (!now) {
    warnings_.push_back(now.error().message + kWithout);
    return {};
  }
  if (before_ != nullptr) {
    for (const auto& known : before_->memory_.files) {
      if (known.path == path) {
        memory_.files.push_back(known);
        return {};
      }
    }
  }
  if (*now == value) return {};
  const auto written = os::write_text(path, value);
  if (written) {
    memory_.files.push_back({path, *now});
  } else {
    warnings_.push_back(written.error().message + kWithout);
  }
  return {};
}

/// The kernel takes the larger of conf/all and the interface's own: what all asks for is given to
/// every interface by itself, so that the virtual MAC's may go without.
Result<void> NetworkSetup::no_reverse_path_filter() {
  const std::string conf = std::string(kIpv4) + "conf/";
  if (before_ != nullptr) {  // what is done already goes on, and stays ours to restore
    for (const auto& known : before_->memory_.files) {
      if (known.path.ends_with("/rp_filter")) memory_.files.push_back(known);
    }
  }
  const auto all = os::read_text(conf + "all/rp_filter");
  if (!all || *all == "0") return {};
  std::vector<std::string> names{"default"};
  for (const auto& interface : links_.interfaces()) {
    const bool ours = std::any_of(macs_.begin(), macs_.end(),
                                  [&](const auto& mac) { return mac.name == interface.name; });
    if (!ours) names.push_back(interface.name);
  }
  for (const auto& name : names) {
    const std::string path = conf + name + "/rp_filter";
    const auto own = os::read_text(path);
    if (!own || *own >= *all) continue;  // one digit each
    const auto refused = warnings_.size();
    if (auto written = write(path, *all); !written) return written;
    if (warnings_.size() > refused) return {};  // so are the others
  }
  return write(conf + "all/rp_filter", "0");
}

std::vector<std::string> NetworkSetup::undo(const NetworkSetup* staying) {
  std::vector<std::string> failures;
  const auto note = [&](const Result<void>& result) {
    if (!result) failures.push_back(result.error().message);
  };
  const bool table_stays = staying != nullptr && staying->firewall_ && firewall_ &&
                           staying->firewall_->options().table == firewall_->options().table;
  if (firewall_ && !table_stays) note(firewall_->delete_table());
  firewall_.reset();
  undo_statics(staying, failures);
  note(read_again(netlink_, links_));
  for (const auto& plan : macs_) {
    const auto* link = links_.find(plan.name);
    if (staying != nullptr && staying->keeps(plan)) continue;
    if (link != nullptr && link->kind == "macvlan" && link->mac == plan.mac) {
      note(os::delete_link(netlink_, link->index));
    }
  }
  macs_.clear();
  restore_settings(staying, failures);
  return failures;
}

void NetworkSetup::restore_settings(const NetworkSetup* staying,
                                    std::vector<std::string>& failures) {
  const auto note = [&](const Result<void>& result) {
    if (!result) failures.push_back(result.error().message);
  };
  static const Memory kNone;
  const Memory& kept = staying == nullptr ? kNone : staying->memory_;
  std::reverse(memory_.files.begin(), memory_.files.end());
  for (const auto& file : memory_.files) {
    const bool stays = std::any_of(kept.files.begin(), kept.files.end(),
                                   [&](const auto& other) { return other.path == file.path; });
    if (!stays) note(os::write_text(file.path, file.before));
  }
  for (const auto& changed : memory_.settings) {
    const bool stays =
        std::any_of(kept.settings.begin(), kept.settings.end(), [&](const auto& other) {
          return other.interface == changed.interface && other.setting == changed.setting;
        });
    const auto* link = links_.find(changed.interface);
    if (stays || link == nullptr) continue;
    note(os::set_ipv4(netlink_, link->index, {{changed.setting, changed.before}}));
  }
  memory_ = {};
}

}  // namespace alibi::daemon
