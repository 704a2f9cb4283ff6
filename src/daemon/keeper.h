// SPDX-License-Identifier: Apache-2.0
// The keeper: VRRP on the wire and the virtual addresses on the interfaces. One thread, one loop
// that waits for nobody: what there is to log or mail it tells, what scripts found it hears.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "config/settings.h"
#include "daemon/channels.h"
#include "daemon/handover.h"
#include "daemon/keeper_fence.h"
#include "daemon/keeper_slot.h"
#include "daemon/pacer.h"
#include "daemon/timer_queue.h"
#include "daemon/tracking.h"
#include "daemon/up_down_delays.h"
#include "os/event_loop.h"
#include "os/netlink_monitor.h"
#include "os/signals.h"
#include "wire/vrrp.h"

namespace alibi::daemon {

class Keeper {
 public:
  /// Opens every socket. An interface that is `needed` and not dynamic must be there, or it is an
  /// error like a right we do not have; otherwise its instances are in fault until it comes.
  static Result<std::unique_ptr<Keeper>> create(const config::Settings& settings,
                                                const Channels& channels, bool needed);

  /// Begins with every instance anew.
  void start();
  /// Begins where the keeper before it stops. An error: that one goes on, and this must end.
  Result<void> succeed(const Predecessor& old);
  /// Puts the fence around every instance. Returns why not around all; empty: around all.
  std::string guard_all();

  /// Until SIGTERM: then resigns, gives the addresses back, and returns the exit code. Or until it
  /// has handed over.
  int run();

 private:
  using Port = keeping::Port;
  using Slot = keeping::Slot;
  using Group = keeping::Group;
  using Membership = keeping::Membership;

  Keeper(const config::Settings& settings, const Channels& channels, os::EventLoop loop,
         os::Netlink netlink, os::NetlinkMonitor monitor, os::FrameSocket frames,
         os::SignalQueue signals);

  // keeper.cc: loop and inputs
  Result<void> watch();
  void begin(Slot& slot);
  void apply_surroundings(Slot& slot);
  void stop();
  void feed(Slot& slot, const vrrp::Input& input);
  bool receive_all();
  bool receive(Port& port);
  bool receive(Slot& slot);
  void take(Port& port, const os::ReceivedMessage& packet);
  void expire_timers();
  Instant next_timer() const;
  void note_late_wake_up();
  void note_unknown(Port& port, Vrid vrid, const wire::IpAddress& source);
  void delay_start();

  // keeper_setup.cc
  Result<void> open_ports();
  Result<void> open_slot(Slot& slot);
  Result<std::size_t> port_for(const config::Instance& instance);
  Result<void> resolve(Slot& slot);
  Result<void> resolve_virtual_mac(Slot& slot);
  void queue_announcements();
  Result<void> open_socket(Port& port);
  void remove_leftovers(Slot& slot);

  // keeper_groups.cc
  void make_groups();
  void feed_group(Slot& slot, const vrrp::Input& input);
  void perform_group(Group& group);
  bool waits_for_group(Slot& slot);

  // keeper_track.cc
  void await_first_look();
  void begin_tracking();
  void hear_tracker();
  void hear_interface(const std::string& name, bool up);
  void settle_interfaces();
  void apply_tracked(std::size_t object);
  void apply_tracking(Slot& slot, const std::string& because);
  void start_when_ready(Slot& slot);

  // keeper_links.cc
  void hear_links();
  void hear(const os::Interface& news);
  void hear(const os::InterfaceAddress& news);
  void look_anew();
  void set_up(Port& port, bool up);
  void refresh_sources(Port& port);
  void bring_back(Port& port, const os::Interface& news);
  void remake_virtual_macs(const os::Interface& news);
  void meet(const std::string& interface, bool appeared);
  void judge_links(Slot& slot);

  // keeper_losses.cc
  void hear(const os::RouteKey& news);
  void hear(const os::RuleKey& news);
  void watch_source(Slot& slot);
  void address_removed(const os::InterfaceAddress& news);
  void look_for_losses();
  void look_for_routes();

  // keeper_publish.cc
  void publish(Slot& slot);
  void publish_keeper();
  void count_defect(const Port& port, const wire::VrrpDecoded& decoded);
  void count(Slot& slot, const vrrp::Input& input, vrrp::State before);
  void count(Slot& slot, const vrrp::Output& output);
  void tell_priority(const Slot& slot, Priority before);

  // keeper_outputs.cc
  void perform(Slot& slot, const vrrp::Output& output);
  void send_advert(Slot& slot, Priority priority);
  void add_addresses(Slot& slot);
  void remove_addresses(Slot& slot);
  void say_network(const Slot& slot, std::string_view verb);
  const os::VrrpSocket* sender_of(const Slot& slot) const;
  void send_to(Slot& slot, const wire::IpAddress& destination, std::uint8_t ttl);
  void say(const Slot& slot, const vrrp::Output& output);
  void report(const Slot& slot, const Error& error);
  void report_fence(const Slot& slot);
  wire::IpAddress source_of(const Slot& slot) const;

  // keeper_gratuitous.cc
  void send_gratuitous(Slot& slot, int repeat);
  void send_queued_gratuitous();
  void send_extra_gratuitous();
  void announce(Slot& slot, const os::AddressSpec& spec, int repeat, bool queued);

  // keeper_handover.cc
  void hear_control();
  bool may_hand_over() const;
  Instant next_handover() const;
  bool hand_over();
  KeeperState state_to_hand_over() const;

  // keeper_succeed.cc
  void restore(keeping::Inheritance& from, const Predecessor& old);
  void remember(const Slot& slot) const;
  void carry_record(Slot& slot, const SlotState& before, const vrrp::InstanceSnapshot& snapshot,
                    const Predecessor& old);
  void carry_fence(const keeping::Inheritance& from, const Predecessor& old);
  void take_sockets(keeping::Inheritance& from);
  void settle(keeping::Inheritance& from, const Predecessor& old);
  InstanceNetwork not_held(InstanceNetwork network) const;
  void change_network(Slot& slot, const InstanceNetwork& before, InstanceNetwork& leaving);
  void continue_slot(Slot& slot);

  const config::Settings& settings_;
  const Channels& channels_;
  Voice voice_;
  Resolver resolver_;
  std::optional<os::Firewall> firewall_;
  Pacer pacer_;
  os::EventLoop loop_;
  os::Netlink netlink_;
  os::NetlinkMonitor monitor_;
  os::FrameSocket frames_;
  os::SignalQueue signals_;
  KeeperFence fence_;
  Links links_;
  Tracking tracking_;
  UpDownDelays delays_;
  std::vector<wire::IpAddress> virtual_addresses_;
  std::vector<Port> ports_;
  std::vector<Slot> slots_;
  TimerQueue timers_, extras_;  ///< by slot; next announcement on other interfaces (garp_extra_if)
  std::vector<Group> groups_;
  vrrp::Outbox outbox_;
  vrrp::GroupOutbox group_outbox_;
  os::VrrpSocket::Buffer buffer_{};
  KeeperRecord record_;
  bool needed_ = false;        ///< every interface
  Instant start_at_ = kNever;  ///< end of vrrp_startup_delay, vrrp_delay_after_boot
  bool running_ = false, stopping_ = false;  ///< running: what is opened is watched at once
  std::optional<std::uint32_t> asked_by_;  ///< a successor is ready; hands over at the latest at:
  Instant hand_over_at_ = kNever;
};

/// The keeper process: takes what privileges of scheduling it gets, runs, and says why if it
/// cannot. Exit code 0 after SIGTERM. `predecessor`: takes over from it, or ends; null: all anew
int keeper_main(const config::Settings& settings, const Channels& channels,
                const Predecessor* predecessor);

}  // namespace alibi::daemon
