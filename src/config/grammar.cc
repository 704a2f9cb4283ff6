// SPDX-License-Identifier: Apache-2.0
// Looking up keywords, and the table of the root level.
#include "config/grammar.h"

#include <algorithm>
#include <array>

#include "config/fields.h"
#include "config/handlers.h"
#include "config/lvs_checks.h"

namespace alibi::config {
namespace {

using enum Form;
using enum Status;

constexpr std::string_view kLinks = "link state comes from netlink, which needs no polling";

constexpr Keyword kRoot[] = {
    {"global_defs", Section, Served, "", "", begin_global_defs, Block::GlobalDefs},
    {"vrrp_script", Named, Served, "", "", begin_script, Block::VrrpScript},
    {"vrrp_instance", Named, Served, "", "", begin_instance, Block::VrrpInstance},
    {"vrrp_sync_group", Named, Served, "", "", begin_group, Block::SyncGroup},
    {"track_file", Named, Served, "", "", begin_file, Block::TrackFile},
    {"vrrp_track_file", Named, Served, "", "", begin_file, Block::TrackFile},
    {"vrrp_track_process", Named, Served, "", "", begin_process, Block::TrackProcess},
    {"track_group", Named, Served, "", "", begin_track_group, Block::TrackGroup},
    {"static_ipaddress",
     Lines,
     Served,
     "",
     "",
     {add_static_addresses, write_static_addresses}},
    {"static_routes",
     Lines,
     Served,
     "",
     "",
     {add_static_routes, write_static_routes}},
    {"static_rules",
     Lines,
     Served,
     "",
     "",
     {add_static_rules, write_static_rules}},
    {"garp_group", Section, Served, "", "", begin_garp_group,
     Block::GarpGroup},
    {"linkbeat_interfaces", Lines, Parsed, "", kLinks, check_linkbeat_interfaces},
    {"interface_up_down_delays", Lines, Served, "", "", {add_up_down_delays, write_up_down_delays}},
    {"bfd_instance", Named, Served, "", "", begin_bfd, Block::Bfd},
    {"net_namespace", Text, Served, "", "", first_name<&Global::net_namespace>},
    {"net_namespace_ipvs", Any, Later, "", kNoLvs},
    {"namespace_with_ipsets", Flag, Served, "", "", take},
    {"instance", Text, Served, "", "", first_name<&Global::instance_name>},
    {"use_pid_dir", Flag, Parsed, "off", "pid files are in alibi's run folder anyway",
     flag<&Global::use_pid_dir>},
    {"linkbeat_use_polling", Flag, Parsed, "off", kLinks, take},
    {"child_wait_time", One, Served, "5", "",
     count_of<std::chrono::seconds, 0, 4294, &Global::child_wait>},
    {"virtual_server", Named, Later, "", kNoLvs, check_virtual_server, Block::VirtualServer},
    {"virtual_server_group", NamedLines, Later, "", kNoLvs, check_server_group},
    {"SSL", Section, Later, "", kNoLvs, take, Block::Ssl},
    {"include_check", Any, Served, "", "", take},
};

constexpr std::array<std::string_view, static_cast<std::size_t>(Block::None)> kBlockNames = {
    "",
    "global_defs",
    "vrrp_script",
    "vrrp_instance",
    "authentication",
    "auth_hmac",
    "vrrp_sync_group",
    "track_file",
    "vrrp_track_process",
    "track_group",
    "garp_group",
    "bfd_instance",
    "virtual_server",
    "real_server",
    "a checker (TCP_CHECK, HTTP_GET, ...)",
    "url",
    "host",
    "SSL"};

}  // namespace

std::span<const Keyword> root_keywords() { return kRoot; }

std::span<const Keyword> keywords_of(Block block) {
  switch (block) {
    case Block::Root:
      return root_keywords();
    case Block::GlobalDefs:
      return global_keywords();
    case Block::VirtualServer:
    case Block::RealServer:
    case Block::Checker:
    case Block::Url:
    case Block::Host:
    case Block::Ssl:
      return lvs_keywords(block);
    case Block::VrrpInstance:
    case Block::Authentication:
    case Block::AuthHmac:
      return instance_keywords(block);
    case Block::None:
      return {};
    default:
      return vrrp_keywords(block);
  }
}

std::string_view block_name(Block block) {
  return block == Block::None ? "" : kBlockNames[static_cast<std::size_t>(block)];
}

const Keyword* find_keyword(Block block, std::string_view name) {
  const auto all = keywords_of(block);
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Keyword& k) { return k.name == name; });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace alibi::config
