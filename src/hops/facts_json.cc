// SPDX-License-Identifier: Apache-2.0
#include "hops/facts_json.h"

#include <nlohmann/json.hpp>

namespace alibi::hops {
namespace {

using Json = nlohmann::ordered_json;

template <typename Values>
Json texts(const Values& values) {
  Json out = Json::array();
  for (const auto& value : values) out.push_back(value.text());
  return out;
}

Json id_json(const LinkId& id) { return {{"netns", id.netns}, {"index", id.index}}; }

Json link_json(const Link& link) {
  Json out = {{"netns", link.id.netns}, {"index", link.id.index},       {"name", link.name},
              {"kind", link.kind},      {"mac", link.mac.text()},       {"mtu", link.mtu},
              {"up", link.up},          {"forwarding", link.forwarding}};
  if (link.vlan != 0) out["vlan"] = link.vlan;
  if (link.master != 0) out["master"] = link.master;
  if (link.other.index != 0) out["other"] = id_json(link.other);
  if (link.tunnel) {
    Json tunnel = {{"id", link.tunnel->id},
                   {"remotes", texts(link.tunnel->remotes)},
                   {"under", id_json(link.tunnel->under)}};
    if (link.tunnel->any_id) tunnel["any_id"] = true;
    if (link.tunnel->local) tunnel["local"] = link.tunnel->local->text();
    out["tunnel"] = tunnel;
  }
  out["addresses"] = texts(link.addresses);
  if (!link.holder.empty()) out["holder"] = link.holder;
  if (!link.behind.empty()) out["behind"] = texts(link.behind);
  return out;
}

LinkId id_from(const Json& in) {
  return {in.at("netns").get<std::uint64_t>(), in.at("index").get<int>()};
}

/// What is no address is left out: nothing can be joined by it.
template <typename Value>
std::vector<Value> values_from(const Json& in) {
  std::vector<Value> out;
  for (const auto& text : in) {
    if (const auto value = Value::parse(text.template get<std::string>())) out.push_back(*value);
  }
  return out;
}

Link link_from(const Json& in) {
  Link link;
  link.id = id_from(in);
  link.name = in.at("name");
  link.kind = in.at("kind");
  link.mac = wire::MacAddress::parse(in.at("mac").get<std::string>()).value_or(wire::MacAddress{});
  link.mtu = in.at("mtu");
  link.up = in.at("up");
  link.forwarding = in.at("forwarding");
  link.vlan = in.value("vlan", 0);
  link.master = in.value("master", 0);
  if (in.contains("other")) link.other = id_from(in["other"]);
  if (in.contains("tunnel")) {
    const Json& t = in["tunnel"];
    Tunnel tunnel;
    tunnel.id = t.at("id");
    tunnel.any_id = t.value("any_id", false);
    tunnel.remotes = values_from<wire::IpAddress>(t.at("remotes"));
    tunnel.under = id_from(t.at("under"));
    if (t.contains("local")) tunnel.local = wire::IpAddress::parse(t["local"].get<std::string>());
    link.tunnel = tunnel;
  }
  link.addresses = values_from<wire::IpAddress>(in.at("addresses"));
  link.holder = in.value("holder", "");
  if (in.contains("behind")) link.behind = values_from<wire::MacAddress>(in["behind"]);
  return link;
}

}  // namespace

std::string facts_json(const Host& host) {
  Json out = {{"alibi_links", kFactsVersion}, {"host", host.name}};
  out["namespaces"] = Json::array();
  for (const Namespace& n : host.namespaces) {
    out["namespaces"].push_back({{"inode", n.inode}, {"name", n.name}});
  }
  out["links"] = Json::array();
  for (const Link& link : host.links) out["links"].push_back(link_json(link));
  out["unseen"] = host.unseen;
  return out.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<Host> facts_from_json(std::string_view text, const std::string& source) {
  try {
    const Json in = Json::parse(text);
    if (!in.is_object() || in.value("alibi_links", 0) != kFactsVersion) {
      return fail(source + ": not written by `alibi path --facts` of this version");
    }
    Host host;
    host.name = in.at("host");
    for (const auto& n : in.at("namespaces")) {
      host.namespaces.push_back({n.at("inode").get<std::uint64_t>(), n.at("name")});
    }
    for (const auto& link : in.at("links")) host.links.push_back(link_from(link));
    for (const auto& what : in.at("unseen")) host.unseen.push_back(what);
    return host;
  } catch (const Json::exception& error) {
    return fail(source + ": " + error.what());
  }
}

}  // namespace alibi::hops
