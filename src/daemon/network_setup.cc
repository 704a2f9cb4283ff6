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

Result<NetworkSetup> NetworkSetup::prepare(const config::Settings& settings) {
  auto netlink = os::Netlink::open();
  if (!netlink) return tl::unexpected(netlink.error());
  NetworkSetup setup(settings, std::move(*netlink));
  if (auto made = setup.make_all(settings); !made) {
    setup.undo();
    return tl::unexpected(made.error());
  }
  return setup;
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

Result<void> NetworkSetup::make_virtual_macs(const config::Settings& settings) {
  bool v4 = false;
  for (const auto& plan : resolver_.macs()) {
    if (settings.global.dynamic_interfaces && links_.find(plan.base) == nullptr) {
      macs_.push_back(plan);  // the keeper may make it, and we take it away
      continue;
    }
    macs_.push_back(plan);
    if (auto made = make_virtual_mac(netlink_, links_, plan); !made) return made;
    // No address from router advertisements: a backup must not announce the virtual MAC. Where IPv6
    // is off there is nothing to write to.
    for (const char* name : {"/accept_ra", "/autoconf"}) {
      static_cast<void>(os::write_text(std::string(kIpv6) + "conf/" + plan.name + name, "0"));
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

Result<void> NetworkSetup::add_statics(const config::Settings& settings) {
  auto statics = resolver_.statics(links_);
  if (!statics) {
    return settings.global.dynamic_interfaces ? Result<void>() : tl::unexpected(statics.error());
  }
  statics_ = std::move(*statics);
  Result<void> done;
  take(statics_, netlink_, nullptr, [&](const Error& error) {
    if (done) done = tl::unexpected(error);
  });
  return done;
}

Result<void> NetworkSetup::make_firewall(const config::Settings& settings) {
  if (!any_silent(settings)) return {};
  auto firewall = os::Firewall::open(firewall_options(settings));
  if (!firewall) return tl::unexpected(firewall.error());
  firewall_ = std::move(*firewall);
  return firewall_->make_table();
}

Result<void> NetworkSetup::change(const std::string& interface, Ipv4Setting setting,
                                  std::uint32_t value) {
  const auto* link = links_.find(interface);
  if (link == nullptr) return {};  // said elsewhere, where it matters
  const auto before = os::get_ipv4(netlink_, link->index, setting);
  if (!before || *before == value) return {};
  return os::set_ipv4(netlink_, link->index, {{setting, value}}).map([&] {
    changed_.push_back({interface, setting, *before});
  });
}

Result<void> NetworkSetup::write(const std::string& path, const std::string& value) {
  const auto before = os::read_text(path);
  if (!before) return tl::unexpected(before.error());
  if (*before == value) return {};
  return os::write_text(path, value).map([&] { files_.push_back({path, *before}); });
}

/// The kernel takes the larger of conf/all and the interface's own: what all asks for is given to
/// every interface by itself, so that the virtual MAC's may go without.
Result<void> NetworkSetup::no_reverse_path_filter() {
  const std::string conf = std::string(kIpv4) + "conf/";
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
    if (auto written = write(path, *all); !written) return written;
  }
  return write(conf + "all/rp_filter", "0");
}

std::vector<std::string> NetworkSetup::undo() {
  std::vector<std::string> failures;
  const auto note = [&](const Result<void>& result) {
    if (!result) failures.push_back(result.error().message);
  };
  if (firewall_) note(firewall_->delete_table());
  firewall_.reset();
  give_back(statics_, netlink_, nullptr,
            [&](const Error& error) { failures.push_back(error.message); });
  statics_ = {};
  note(read_again(netlink_, links_));
  for (const auto& plan : macs_) {
    const auto* link = links_.find(plan.name);
    if (link != nullptr && link->kind == "macvlan" && link->mac == plan.mac) {
      note(os::delete_link(netlink_, link->index));
    }
  }
  std::reverse(files_.begin(), files_.end());
  for (const auto& file : files_) note(os::write_text(file.path, file.before));
  for (const auto& changed : changed_) {
    const auto* link = links_.find(changed.interface);
    if (link != nullptr) {
      note(os::set_ipv4(netlink_, link->index, {{changed.setting, changed.before}}));
    }
  }
  macs_.clear();
  files_.clear();
  changed_.clear();
  return failures;
}

}  // namespace alibi::daemon
