// SPDX-License-Identifier: Apache-2.0
// Reads rtnetlink messages with libmnl's bounds-checked attribute walk.
#include "os/netlink_parse.h"

#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include <algorithm>
#include <cstring>

namespace alibi::os {
namespace {

int read_link_info(const nlattr* attribute, void* data) {
  if (mnl_attr_get_type(attribute) == IFLA_INFO_KIND) {
    const auto* payload = static_cast<const char*>(mnl_attr_get_payload(attribute));
    static_cast<Interface*>(data)->kind.assign(
        payload, ::strnlen(payload, mnl_attr_get_payload_len(attribute)));
  }
  return MNL_CB_OK;
}

int read_link_attribute(const nlattr* attribute, void* data) {
  auto& link = *static_cast<Interface*>(data);
  const auto size = mnl_attr_get_payload_len(attribute);
  const auto* payload = static_cast<const char*>(mnl_attr_get_payload(attribute));
  if (mnl_attr_get_type(attribute) == IFLA_IFNAME) {
    link.name.assign(payload, ::strnlen(payload, size));
  } else if (mnl_attr_get_type(attribute) == IFLA_ADDRESS && size == link.mac.bytes.size()) {
    std::memcpy(link.mac.bytes.data(), payload, size);
  } else if (mnl_attr_get_type(attribute) == IFLA_LINK && size == sizeof(std::uint32_t)) {
    link.base = IfIndex(static_cast<int>(mnl_attr_get_u32(attribute)));
  } else if (mnl_attr_get_type(attribute) == IFLA_MTU && size == sizeof(std::uint32_t)) {
    link.mtu = mnl_attr_get_u32(attribute);
  } else if (mnl_attr_get_type(attribute) == IFLA_LINKINFO) {
    mnl_attr_parse_nested(attribute, read_link_info, &link);
  }
  return MNL_CB_OK;
}

struct AddressAttributes {
  wire::Family family;
  std::optional<wire::IpAddress> local;
  std::optional<wire::IpAddress> address;
  std::optional<std::uint32_t> flags;
};

int read_address_attribute(const nlattr* attribute, void* data) {
  auto& found = *static_cast<AddressAttributes*>(data);
  if (mnl_attr_get_type(attribute) == IFA_FLAGS &&
      mnl_attr_get_payload_len(attribute) == sizeof(std::uint32_t)) {
    found.flags = mnl_attr_get_u32(attribute);
  }
  wire::IpAddress value;
  value.family = found.family;
  if (mnl_attr_get_payload_len(attribute) != value.size()) return MNL_CB_OK;
  std::memcpy(value.bytes.data(), mnl_attr_get_payload(attribute), value.size());
  if (mnl_attr_get_type(attribute) == IFA_LOCAL) found.local = value;
  if (mnl_attr_get_type(attribute) == IFA_ADDRESS) found.address = value;
  return MNL_CB_OK;
}

}  // namespace

std::optional<Interface> parse_link(const nlmsghdr* header) {
  if (header->nlmsg_type != RTM_NEWLINK && header->nlmsg_type != RTM_DELLINK) return std::nullopt;
  if (mnl_nlmsg_get_payload_len(header) < sizeof(ifinfomsg)) return std::nullopt;
  const auto* info = static_cast<const ifinfomsg*>(mnl_nlmsg_get_payload(header));
  if (info->ifi_family != AF_UNSPEC) return std::nullopt;  // a bridge's port news, not the link's
  Interface link;
  link.index = IfIndex(info->ifi_index);
  link.up = (info->ifi_flags & IFF_UP) != 0 && (info->ifi_flags & IFF_RUNNING) != 0;
  link.deleted = header->nlmsg_type == RTM_DELLINK;
  mnl_attr_parse(header, sizeof(ifinfomsg), read_link_attribute, &link);
  return link;
}

std::optional<InterfaceAddress> parse_address(const nlmsghdr* header) {
  if (header->nlmsg_type != RTM_NEWADDR && header->nlmsg_type != RTM_DELADDR) return std::nullopt;
  if (mnl_nlmsg_get_payload_len(header) < sizeof(ifaddrmsg)) return std::nullopt;
  const auto* info = static_cast<const ifaddrmsg*>(mnl_nlmsg_get_payload(header));
  if (info->ifa_family != AF_INET && info->ifa_family != AF_INET6) return std::nullopt;
  AddressAttributes found{
      info->ifa_family == AF_INET ? wire::Family::V4 : wire::Family::V6, {}, {}, {}};
  mnl_attr_parse(header, sizeof(ifaddrmsg), read_address_attribute, &found);
  if (!found.local && !found.address) return std::nullopt;
  InterfaceAddress result;
  result.index = IfIndex(static_cast<int>(info->ifa_index));
  // On point-to-point links IFA_ADDRESS is the other end; IFA_LOCAL, where there is one, is ours.
  result.address = found.local ? *found.local : *found.address;
  result.prefix_length = info->ifa_prefixlen;
  result.scope = info->ifa_scope;
  result.usable =
      (found.flags.value_or(info->ifa_flags) & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) == 0;
  result.deleted = header->nlmsg_type == RTM_DELADDR;
  return result;
}

}  // namespace alibi::os
