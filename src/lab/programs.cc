// SPDX-License-Identifier: Apache-2.0
// Programs and their health.
#include "lab/programs.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include "lab/client_probe.h"
#include "lab/command.h"
#include "lab/config_text.h"
#include "lab/topology.h"

namespace alibi::lab {
namespace {

Result<void> put_configuration(const Lab& lab) {
  for (int number = 1; number <= 2; ++number) {
    const std::string dir = lab.host_dir("loadbalancer0" + std::to_string(number));
    if (auto put = put_file(dir + "/keepalived.conf", keepalived_conf(number)); !put) return put;
    if (auto put = put_file(dir + "/haproxy.cfg", haproxy_cfg()); !put) return put;
  }
  for (const char* web : {"web01", "web02"}) {
    std::error_code error;
    const std::string www = lab.host_dir(web) + "/www";
    std::filesystem::create_directories(www, error);
    if (auto put = put_file(www + "/index.html", std::string(web) + "\n"); !put) return put;
  }
  return {};
}

Start keeper_start(const Lab& lab, const std::string& host) {
  Start start{host, "keeper", {}, "/srv/keeper.out", {}, {}};
  if (lab.keeper == Keeper::Alibi) {
    start.argv = {"alibi", "run", "-f", "/srv/keepalived.conf"};
  } else {
    start.argv = {"keepalived", "-n", "-D", "-f", "/srv/keepalived.conf"};
  }
  if (lab.log == LogMode::Syslog) return start;
  if (lab.keeper == Keeper::Keepalived) {
    start.argv.emplace_back("-l");  // to the console ...
    start.argv.emplace_back("-G");  // ... and not to syslog
  }
  if (lab.log == LogMode::File) {
    start.output = "/var/log/keepalived.log";
  } else {
    start.reader = {"busybox", "cat"};
    start.reader_output = "/var/log/keepalived.log";
  }
  return start;
}

Result<void> ensure(Lab& lab, const Start& start) {
  const ProgramState* running = lab.program(start.host, start.name);
  if (running != nullptr && running->process.alive()) return {};
  return start_program(lab, start);
}

Result<void> start_load_balancer(Lab& lab, const std::string& host) {
  auto syslogd = ensure(lab, {host, "syslogd",
                              {"busybox", "syslogd", "-n", "-O", "/var/log/messages"},
                              "/srv/syslogd.out", {}, {}});
  if (!syslogd) return syslogd;
  auto haproxy = ensure(lab, {host, "haproxy", {"haproxy", "-db", "-f", "/srv/haproxy.cfg"},
                              "/srv/haproxy.out", {}, {}});
  if (!haproxy) return haproxy;
  const HostState* state = lab.host(host);
  if (!await(3s, [&] { return std::filesystem::exists(inside(*state, "/dev/log")); })) {
    return fail("syslogd of " + host + " does not open /dev/log: see " + lab.host_dir(host));
  }
  return ensure(lab, keeper_start(lab, host));
}

std::string own_executable_comm(pid_t pid) {
  std::string comm = read_small_file("/proc/" + std::to_string(pid) + "/comm");
  if (!comm.empty() && comm.back() == '\n') comm.pop_back();
  return comm;
}

std::vector<pid_t> children(pid_t pid) {
  std::vector<pid_t> found;
  const std::string base = "/proc/" + std::to_string(pid);
  std::istringstream in(read_small_file(base + "/task/" + std::to_string(pid) + "/children"));
  for (pid_t child = 0; in >> child;) found.push_back(child);
  return found;
}

bool page_comes(const Lab& lab) {
  auto page = enter(lab, "client", [] {
    return fetch(std::string(kVirtualAddress), 80, 1s) ? 0 : 1;
  });
  return page && *page == 0;
}

}  // namespace

Result<void> start_programs(Lab& lab) {
  if (auto put = put_configuration(lab); !put) return put;
  for (const char* web : {"web01", "web02"}) {
    auto started = ensure(lab, {web, "httpd",
                                {"busybox", "httpd", "-f", "-p", "80", "-h", "/srv/www"},
                                "/srv/httpd.out", {}, {}});
    if (!started) return started;
  }
  auto first = start_load_balancer(lab, "loadbalancer01");
  if (!first) return first;
  auto mail = ensure(lab, {"mail", "smtpd",
                           {"/usr/bin/python3", "-m", "aiosmtpd", "-n", "-l",
                            std::string(kMailAddress) + ":25", "-c", "aiosmtpd.handlers.Mailbox",
                            "/srv/maildir"},
                           "/srv/smtpd.out", {}, {}});
  if (!mail) return mail;
  if (!has_virtual_address(lab, "loadbalancer01") && !has_virtual_address(lab, "loadbalancer02") &&
      !await(10s, [&] { return has_virtual_address(lab, "loadbalancer01"); })) {
    return fail("loadbalancer01 did not become master: see /var/log/messages there "
                "('alibi lab exec loadbalancer01 -- tail /var/log/messages')");
  }
  if (auto second = start_load_balancer(lab, "loadbalancer02"); !second) return second;
  // Not before there is a page to fetch: the start of the lab is no interruption.
  (void)await(5s, [&] { return page_comes(lab); });
  return ensure(lab, {"client", "probe",
                      {"alibi", "lab", "client-probe", "--address", std::string(kVirtualAddress),
                       "--log", "/srv/interruptions.jsonl"},
                      "/srv/probe.out", {}, {}});
}

bool has_virtual_address(const Lab& lab, const std::string& host) {
  auto shown = run_command({"ip", "-n", lab.netns(host), "-o", "-4", "address", "show", "dev",
                            "eth0"});
  return shown && shown->find(std::string(kVirtualAddress) + "/") != std::string::npos;
}

Health health(const Lab& lab) {
  Health h;
  h.address_on_01 = has_virtual_address(lab, "loadbalancer01");
  h.address_on_02 = has_virtual_address(lab, "loadbalancer02");
  h.page = page_comes(lab);
  return h;
}

Result<void> await_healthy(const Lab& lab, Duration limit) {
  const auto healthy = [&] { return health(lab).healthy(); };
  if (await(limit, healthy)) return {};
  if (interrupted()) return fail("interrupted");
  const Health h = health(lab);
  return fail(std::string("the lab is not healthy: the virtual address is ") +
              (h.address_on_01 ? "" : "not ") + "on loadbalancer01, " +
              (h.address_on_02 ? "" : "not ") + "on loadbalancer02, and a page through it does " +
              (h.page ? "" : "not ") + "come: look at the logs in " + lab.dir + "/hosts");
}

Result<ProcessRef> vrrp_process(Lab& lab, const std::string& host) {
  const ProgramState* keeper = lab.program(host, "keeper");
  if (keeper == nullptr || !keeper->process.alive()) {
    return fail("no keeper runs on " + host + ": 'alibi lab up' again");
  }
  for (const pid_t child : children(keeper->process.pid)) {
    const std::string comm = own_executable_comm(child);
    if (lab.keeper == Keeper::Keepalived ? comm == "keepalived"
                                         : comm.find("keeper") != std::string::npos) {
      return process_ref(child);
    }
  }
  return fail("the keeper on " + host + " has no VRRP process");
}

}  // namespace alibi::lab
