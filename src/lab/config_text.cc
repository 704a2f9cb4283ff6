// SPDX-License-Identifier: Apache-2.0
// Configuration files as text.
#include "lab/config_text.h"

#include <fmt/format.h>

#include "lab/topology.h"

namespace alibi::lab {

// With twelve repeats a refresh logs more lines at once than a datagram queue whose reader has
// stopped takes (net.unix.max_dgram_qlen is 10).
std::string keepalived_conf(int number) {
  return fmt::format(R"(global_defs {{
    notification_email {{
        ops@example.org
    }}
    notification_email_from loadbalancer0{0}@example.org
    smtp_server {1}
    smtp_connect_timeout 30
    router_id loadbalancer0{0}
    vrrp_garp_master_refresh 1
    vrrp_garp_master_refresh_repeat 12
}}
vrrp_script chk_haproxy {{
    script "killall -0 haproxy"
    interval 2
    weight 2
}}
vrrp_instance loadbalancer {{
    state {2}
    interface eth0
    virtual_router_id 205
    priority {3}
    smtp_alert
    advert_int 1
    authentication {{
        auth_type PASS
        auth_pass totally_secret
    }}
    virtual_ipaddress {{
        {4}
    }}
    track_script {{
        chk_haproxy
    }}
}}
)",
                     number, kMailAddress, number == 1 ? "MASTER" : "BACKUP",
                     number == 1 ? 101 : 100, kVirtualAddress);
}

std::string haproxy_cfg() {
  return R"(global
    maxconn 200
defaults
    mode http
    timeout connect 1s
    timeout client 5s
    timeout server 5s
frontend www
    bind *:80
    default_backend webs
backend webs
    balance roundrobin
    server web01 192.168.205.11:80 check inter 2s
    server web02 192.168.205.12:80 check inter 2s
)";
}

}  // namespace alibi::lab
