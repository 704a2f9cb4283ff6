// SPDX-License-Identifier: Apache-2.0
// The story's configuration as settings, and what the keeper says when it takes over. For tests.
#pragma once

#include "config/settings.h"
#include "daemon/messages.h"

namespace alibi::daemon {

inline config::Settings story_settings() {
  config::Settings settings;
  settings.global.router_id = "loadbalancer01";
  settings.global.mail.to = {"ops@example.org"};
  settings.global.mail.from = "loadbalancer01@example.org";
  settings.global.mail.server_host = "10.10.9.8";
  config::Script script;
  script.name = "chk_haproxy";
  script.command = {"killall", "-0", "haproxy"};
  script.interval = 2s;
  script.timeout = 2s;
  script.weight = 2;
  settings.scripts = {script};
  config::Instance instance;
  instance.vrrp.name = "loadbalancer";
  instance.vrrp.vrid = Vrid(205);
  instance.vrrp.base_priority = Priority(101);
  instance.vrrp.addresses = {*wire::IpAddress::parse("192.168.205.7")};
  instance.interface = "eth0";
  config::VirtualAddress address;
  address.address = instance.vrrp.addresses[0];
  instance.addresses = {address};
  instance.smtp_alert = true;
  settings.instances = {instance};
  return settings;
}

inline Tell master_tell() {
  Tell tell;
  tell.kind = Tell::Kind::Transition;
  tell.instance = 0;
  tell.from = vrrp::State::Backup;
  tell.to = vrrp::State::Master;
  tell.reason = vrrp::ReasonCode::MasterSilent;
  tell.priority = 103;
  tell.pid = 77;
  tell.unix_ns = 1'795'474'948'000'000'000;  // 2026-11-23 23:02:28 UTC
  tell.text = std::string("no advert from 192.168.205.3 for 3.612 s");
  return tell;
}

}  // namespace alibi::daemon
