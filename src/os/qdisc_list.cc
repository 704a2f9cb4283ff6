// SPDX-License-Identifier: Apache-2.0
#include "os/qdisc_list.h"

#include <fmt/format.h>
#include <libmnl/libmnl.h>
#include <linux/gen_stats.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#include <cstring>

#include "os/netlink_message.h"

namespace alibi::os {
namespace {

int read_stats(const nlattr* a, void* data) {
  gnet_stats_queue queue{};
  if (mnl_attr_get_type(a) != TCA_STATS_QUEUE || mnl_attr_get_payload_len(a) < sizeof queue)
    return MNL_CB_OK;
  std::memcpy(&queue, mnl_attr_get_payload(a), sizeof queue);
  auto& qdisc = *static_cast<Qdisc*>(data);
  qdisc.dropped = queue.drops;
  qdisc.overlimits = queue.overlimits;
  qdisc.queued_packets = queue.qlen;
  qdisc.queued_bytes = queue.backlog;
  return MNL_CB_OK;
}

int read_attribute(const nlattr* a, void* data) {
  auto& qdisc = *static_cast<Qdisc*>(data);
  if (mnl_attr_get_type(a) == TCA_KIND) {
    const auto* kind = static_cast<const char*>(mnl_attr_get_payload(a));
    qdisc.kind.assign(kind, ::strnlen(kind, mnl_attr_get_payload_len(a)));
  }
  if (mnl_attr_get_type(a) == TCA_STATS2) mnl_attr_parse_nested(a, read_stats, data);
  return MNL_CB_OK;
}

}  // namespace

Result<std::vector<Qdisc>> list_qdiscs(Netlink& netlink) {
  NetlinkMessage request(RTM_GETQDISC, NLM_F_REQUEST | NLM_F_DUMP);
  request.body<tcmsg>();
  std::vector<Qdisc> found;
  const auto each = [&](const nlmsghdr* header) {
    tcmsg tc{};
    if (header->nlmsg_type != RTM_NEWQDISC || mnl_nlmsg_get_payload_len(header) < sizeof tc) return;
    std::memcpy(&tc, mnl_nlmsg_get_payload(header), sizeof tc);
    Qdisc qdisc;
    qdisc.index = tc.tcm_ifindex;
    qdisc.handle = fmt::format("{:x}:", TC_H_MAJ(tc.tcm_handle) >> 16);
    mnl_attr_parse(header, sizeof tc, read_attribute, &qdisc);
    if (qdisc.kind != "noqueue") found.push_back(std::move(qdisc));
  };
  return netlink.each(request, each).map([&] { return std::move(found); });
}

}  // namespace alibi::os
