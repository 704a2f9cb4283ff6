// SPDX-License-Identifier: Apache-2.0
// Columns are those of ovs-vswitchd.conf.db(5); sets, maps and UUIDs as in RFC 7047 section 5.1.
#include "hops/open_vswitch.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <nlohmann/json.hpp>

namespace alibi::hops {
namespace {

using Json = nlohmann::json;

struct Interface {
  std::string name, type;
  std::map<std::string, std::string> options;
};

struct Port {
  std::vector<std::string> interfaces;  // UUIDs
  int tag = 0;
};

struct Bridge {
  std::string name;
  std::vector<std::string> ports;  // UUIDs
};

struct Database {
  std::vector<Bridge> bridges;
  std::map<std::string, Port> ports;
  std::map<std::string, Interface> interfaces;
};

/// The atoms of a value that may be a set: one alone stands without it.
std::vector<Json> atoms(const Json& value) {
  if (value.is_array() && value.size() == 2 && value[0] == "set") {
    return value[1].get<std::vector<Json>>();
  }
  return {value};
}

std::vector<std::string> uuids(const Json& value) {
  std::vector<std::string> out;
  for (const Json& atom : atoms(value)) out.push_back(atom.at(1).get<std::string>());
  return out;
}

Database read(const Json& answer) {
  Database db;
  const Json& tables = answer.at("result");
  for (const Json& row : tables.at(0).at("rows")) {
    db.bridges.push_back({row.at("name"), uuids(row.at("ports"))});
  }
  for (const Json& row : tables.at(1).at("rows")) {
    Port port{uuids(row.at("interfaces")), 0};
    for (const Json& tag : atoms(row.at("tag"))) port.tag = tag.get<int>();
    db.ports[row.at("_uuid").at(1)] = port;
  }
  for (const Json& row : tables.at(2).at("rows")) {
    Interface interface {
      row.at("name"), row.at("type"), {}
    };
    for (const Json& pair : row.at("options").at(1)) {
      interface.options[pair.at(0)] = pair.at(1).get<std::string>();
    }
    db.interfaces[row.at("_uuid").at(1)] = interface;
  }
  return db;
}

class Adder {
 public:
  Adder(Host& host, std::uint64_t netns) : host_(host), netns_(netns) {}

  void add(const Database& db) {
    for (const Bridge& bridge : db.bridges) {
      const int index = find_or_make(bridge.name, "ovs-bridge");
      at(index).kind = "ovs-bridge";
      for (const std::string& uuid : bridge.ports) {
        const auto port = db.ports.find(uuid);
        if (port == db.ports.end()) continue;
        for (const std::string& id : port->second.interfaces) {
          const auto interface = db.interfaces.find(id);
          if (interface == db.interfaces.end() || interface->second.name == bridge.name) continue;
          plug(interface->second, port->second.tag, index);
        }
      }
    }
    for (const auto& [index, peer] : peers_) {
      for (const auto& [other, its_peer] : peers_) {
        if (at(other).name == peer) at(index).other = {netns_, other};
      }
    }
  }

 private:
  Link& at(int index) {
    return *std::find_if(host_.links.begin(), host_.links.end(), [&](const Link& link) {
      return link.id == LinkId{netns_, index};
    });
  }

  int make(const std::string& name, const std::string& kind) {
    Link link;
    link.id = {netns_, --last_};
    link.name = name;
    link.kind = kind;
    link.up = true;
    host_.links.push_back(std::move(link));
    return last_;
  }

  int find_or_make(const std::string& name, const std::string& kind) {
    for (const Link& link : host_.links) {
      if (link.id.netns == netns_ && link.name == name && link.id.index > 0) return link.id.index;
    }
    return make(name, kind);
  }

  void plug(const Interface& interface, int tag, int bridge) {
    const bool tunnel =
        interface.type == "vxlan" || interface.type == "geneve" || interface.type == "gre";
    int index = 0;
    if (interface.type == "patch") {
      index = make(interface.name, "ovs-patch");
      const auto peer = interface.options.find("peer");
      if (peer != interface.options.end()) peers_[index] = peer->second;
    } else if (tunnel) {
      index = make(interface.name, interface.type == "gre" ? "gretap" : interface.type);
      at(index).tunnel = tunnel_of(interface);
    } else {
      index = find_or_make(interface.name, "");
    }
    at(index).master = bridge;
    at(index).vlan = tag;
  }

  Tunnel tunnel_of(const Interface& interface) const {
    const auto option = [&](const char* name) {
      const auto it = interface.options.find(name);
      return it == interface.options.end() ? std::string() : it->second;
    };
    Tunnel tunnel;
    tunnel.under.netns = netns_;
    tunnel.local = wire::IpAddress::parse(option("local_ip"));
    if (const auto remote = wire::IpAddress::parse(option("remote_ip"))) {
      tunnel.remotes.push_back(*remote);
    }
    const std::string key = option("key").empty() ? option("out_key") : option("key");
    tunnel.any_id = key == "flow";
    std::from_chars(key.data(), key.data() + key.size(), tunnel.id);
    return tunnel;
  }

  Host& host_;
  std::uint64_t netns_;
  int last_ = 0;
  std::map<int, std::string> peers_;  // of patch ports
};

Json select(const char* table, std::vector<std::string> columns) {
  return {{"op", "select"}, {"table", table}, {"where", Json::array()}, {"columns", columns}};
}

}  // namespace

std::string open_vswitch_question() {
  const Json question = {{"id", 0},
                         {"method", "transact"},
                         {"params",
                          {"Open_vSwitch", select("Bridge", {"name", "ports"}),
                           select("Port", {"_uuid", "interfaces", "tag"}),
                           select("Interface", {"_uuid", "name", "type", "options"})}}};
  return question.dump();
}

Result<void> add_open_vswitch(Host& host, std::uint64_t netns, std::string_view answer) {
  Database db;
  try {
    db = read(Json::parse(answer));
  } catch (const Json::exception& error) {
    return fail(std::string("Open vSwitch's database does not answer as expected: ") +
                error.what());
  }
  Adder(host, netns).add(db);
  return {};
}

}  // namespace alibi::hops
