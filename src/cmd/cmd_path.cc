// SPDX-License-Identifier: Apache-2.0
// alibi path: the points between two interfaces where packets can be captured, in order.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cmd/command.h"
#include "hops/facts_json.h"
#include "hops/find.h"
#include "os/link_facts.h"
#include "os/ovsdb.h"

namespace alibi::cmd {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  std::vector<std::string> ends;
  std::vector<std::string> facts;
  std::string ovsdb = os::kOvsdbSocket;
  bool write_facts = false;
  bool json = false;
  bool taps = false;
};

std::string host_name() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

Result<hops::Host> read_facts(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return fail_errno("cannot read " + file);
  return hops::facts_from_json(std::string(std::istreambuf_iterator<char>(in), {}), file);
}

Result<std::vector<hops::Host>> gather(const Options& options) {
  std::vector<hops::Host> hosts;
  if (options.facts.empty()) {
    auto here = os::link_facts(host_name(), options.ovsdb);
    if (!here) return tl::unexpected(here.error());
    hosts.push_back(std::move(*here));
  }
  for (const std::string& file : options.facts) {
    auto host = read_facts(file);
    if (!host) return tl::unexpected(host.error());
    const bool twice = std::any_of(hosts.begin(), hosts.end(),
                                   [&](const hops::Host& h) { return h.name == host->name; });
    if (twice) return fail(file + ": a second file of host " + host->name);
    hosts.push_back(std::move(*host));
  }
  return hosts;
}

/// A to Z, then AA: the labels of taps.
std::string label(std::size_t number) {
  const char last = static_cast<char>('A' + number % 26);
  return number < 26 ? std::string(1, last) : label(number / 26 - 1) + last;
}

const hops::Link& link_of(const std::vector<hops::Host>& hosts, const hops::Hop& hop) {
  return hosts[hop.place.host].links[hop.place.link];
}

void print_text(const std::vector<hops::Host>& hosts, const hops::Path& path) {
  const bool many = hosts.size() > 1;
  std::vector<std::array<std::string, 6>> rows = {
      {"", "INTERFACE", "KIND", "NETNS", many ? "HOST" : "", "REACHED BY"}};
  for (std::size_t i = 0; i < path.hops.size(); ++i) {
    const hops::Hop& hop = path.hops[i];
    const hops::Host& host = hosts[hop.place.host];
    const hops::Link& link = link_of(hosts, hop);
    rows.push_back({label(i), link.name, link.kind.empty() ? "-" : link.kind,
                    hops::namespace_text(host, link.id.netns), many ? host.name : "",
                    hop.by + (hop.inside ? " (inside the tunnel)" : "")});
    if (!link.holder.empty()) rows.back()[5] += "; held by " + link.holder;
  }
  std::array<std::size_t, 6> width{};
  for (const auto& row : rows) {
    for (std::size_t c = 0; c < row.size(); ++c) width[c] = std::max(width[c], row[c].size());
  }
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t c = 0; c < row.size(); ++c) {
      if (width[c] != 0) line += fmt::format("{:<{}}  ", row[c], width[c]);
    }
    fmt::print("{}\n", line.substr(0, line.find_last_not_of(' ') + 1));
  }
  for (const std::string& doubt : path.doubts) fmt::print("note: {}\n", doubt);
}

void print_json(const std::vector<hops::Host>& hosts, const hops::Path& path) {
  Json out = {{"hops", Json::array()}, {"notes", path.doubts}};
  for (std::size_t i = 0; i < path.hops.size(); ++i) {
    const hops::Hop& hop = path.hops[i];
    const hops::Host& host = hosts[hop.place.host];
    const hops::Link& link = link_of(hosts, hop);
    out["hops"].push_back({{"label", label(i)},
                           {"host", host.name},
                           {"netns", hops::namespace_text(host, link.id.netns)},
                           {"netns_inode", link.id.netns},
                           {"interface", link.name},
                           {"index", link.id.index},
                           {"kind", link.kind},
                           {"capturable", link.id.index > 0},
                           {"by", hop.by},
                           {"inside_tunnel", hop.inside}});
  }
  fmt::print("{}\n", out.dump(2, ' ', false, Json::error_handler_t::replace));
}

/// One tap an interface, also where the path passes it twice, as inside two tunnels; none where
/// there is nothing to capture from.
void print_taps(const std::vector<hops::Host>& hosts, const hops::Path& path) {
  std::vector<hops::Place> seen;
  for (const hops::Hop& hop : path.hops) {
    if (std::find(seen.begin(), seen.end(), hop.place) != seen.end()) continue;
    const hops::Host& host = hosts[hop.place.host];
    const hops::Link& link = link_of(hosts, hop);
    if (link.id.index < 0) continue;
    const std::string netns = hops::namespace_text(host, link.id.netns);
    std::string where = netns.empty() ? "" : "@" + netns;
    if (!netns.empty()) where += ":" + (hosts.size() > 1 ? host.name : netns);
    fmt::print("--tap {}={}{}\n", label(seen.size()), link.name, where);
    seen.push_back(hop.place);
  }
}

int path(const Options& options) {
  if (!options.write_facts && options.ends.size() != 2) {
    fmt::print(stderr, "alibi path: name the two ends of the path; see --help\n");
    return 2;
  }
  const auto hosts = gather(options);
  if (!hosts) {
    fmt::print(stderr, "alibi path: {}\n", hosts.error().message);
    return 1;
  }
  if (options.write_facts) {
    fmt::print("{}", hops::facts_json(hosts->front()));
    return 0;
  }
  for (const hops::Host& host : *hosts) {
    for (const std::string& what : host.unseen) {
      fmt::print(stderr, "alibi path: not seen on {}: {}\n", host.name, what);
    }
  }
  const auto from = hops::find_place(*hosts, options.ends[0]);
  const auto to = from ? hops::find_place(*hosts, options.ends[1]) : from;
  if (!from || !to) {
    fmt::print(stderr, "alibi path: {}\n", (from ? to : from).error().message);
    return 2;
  }
  const auto found = hops::find_path(*hosts, *from, *to);
  if (!found) {
    fmt::print(stderr, "alibi path: {}\n", found.error().message);
    return 3;
  }
  if (options.json) {
    print_json(*hosts, *found);
  } else if (options.taps) {
    print_taps(*hosts, *found);
  } else {
    print_text(*hosts, *found);
  }
  return 0;
}

}  // namespace

void add_path(CLI::App& app, Run& run) {
  auto* sub = app.add_subcommand("path", "the taps between two interfaces, in order");
  auto options = std::make_shared<Options>();
  sub->add_option("END", options->ends,
                  "the two ends: INTERFACE, NETNS/INTERFACE or an address, each after HOST: if "
                  "there are several hosts")
      ->expected(0, 2)
      ->option_text("FROM TO");
  sub->add_option("--facts-of", options->facts,
                  "what --facts wrote on each host, instead of looking at this one")
      ->expected(1, -1);
  sub->add_flag("--facts", options->write_facts, "write what this host knows, for --facts-of");
  sub->add_option("--ovsdb", options->ovsdb, "socket of Open vSwitch's database")
      ->capture_default_str();
  sub->add_flag("--json", options->json, "as JSON (docs/formats/path.md)");
  sub->add_flag("--taps", options->taps, "as options of `alibi record`");
  sub->footer(
      "Looks through every network namespace of this host (as root) at veth pairs, bridges, "
      "bonds,\n"
      "VLANs, macvlans, taps, VXLAN, Geneve, GRE and Open vSwitch; changes nothing.\n"
      "Example: alibi path lb1/eth0 192.168.205.6\n"
      "         alibi record $(alibi path --taps lb1/eth0 lb2/eth0)\n"
      "         alibi path --facts > node01.json     # on each host, then, on any:\n"
      "         alibi path --facts-of node0*.json -- node01:tap01 node02:tap02\n"
      "Exit codes: 0 found, 1 cannot look, 2 usage or no such end, 3 no path was seen.");
  sub->callback([options, &run] { run = [options] { return path(*options); }; });
}

}  // namespace alibi::cmd
