// SPDX-License-Identifier: Apache-2.0
// Any octets as a keepalived.conf. Whatever it says, the settings must be fit to run or be refused,
// every diagnostic must point into the text and render, what is dumped must parse to the same
// settings, and every finding of the lint must be whole.
#include <algorithm>
#include <cstdio>
#include <set>
#include <string>
#include <string_view>

#include "base/check.h"
#include "config/dump.h"
#include "config/lint.h"
#include "config/settings.h"

using namespace alibi;

namespace {

void check_diagnostic(const config::Diagnostic& d, int lines) {
  CHECK(!d.message.empty() && d.place.file == "fuzz");
  CHECK(d.place.line >= 0 && d.place.line <= lines);
  CHECK(d.place.line == 0 || d.place.column >= 1);
  CHECK(!d.fatal || d.severity == config::Severity::Error);
  const std::string text = config::render(d);
  CHECK(std::none_of(text.begin(), text.end(), [](char c) {
    const auto u = static_cast<unsigned char>(c);
    return u < 0x20 && c != '\n' && c != '\t';
  }));
}

void check_instance(const config::Instance& instance, const config::Settings& settings) {
  const auto& vrrp = instance.vrrp;
  CHECK(vrrp.vrid.value >= 1 && vrrp.base_priority.value >= 1);
  CHECK(vrrp.version == 2 || vrrp.version == 3);
  CHECK(vrrp.advert_interval >= 10ms && vrrp.advert_interval <= 255s);
  CHECK(vrrp.version == 3 || vrrp.advert_interval % 1s == Duration(0));
  CHECK(vrrp.version == 2 || vrrp.auth_type == wire::AuthType::None);
  CHECK(instance.interface.size() <= 15);
  const bool needs_none = vrrp.unicast && instance.source && !instance.vmac;
  CHECK(!instance.interface.empty() || needs_none);
  CHECK(vrrp.addresses.size() == instance.addresses.size() && vrrp.addresses.size() <= 255);
  for (const auto& address : instance.addresses) {
    CHECK(address.address.family == vrrp.family);
    CHECK(address.prefix_length >= 0 && address.prefix_length <= 128);
  }
  for (const auto& peer : instance.unicast_peers) CHECK(peer.address.family == vrrp.family);
  CHECK(vrrp.garp_master_repeat >= 1 && vrrp.down_timer_adverts >= 1);
  std::set<std::string_view> scripts;
  for (const auto& script : settings.scripts) scripts.insert(script.name);
  for (const auto& track : instance.tracks->scripts) CHECK(scripts.count(track.name) == 1);
  for (const auto& peer : instance.unicast_peers) CHECK(peer.min_ttl <= peer.max_ttl);
  for (const auto& route : instance.routes) {
    CHECK(route.family == route.destination.address.family && !route.words.empty());
    CHECK(!route.source || route.source->family == route.family);
  }
  for (const auto& rule : instance.rules) {
    CHECK(!rule.from || rule.from->address.family == rule.family);
    CHECK(!rule.table.empty() || rule.action != "lookup" || rule.l3mdev);
  }
}

void check_surroundings(const config::Settings& settings) {
  std::set<std::size_t> members;
  for (const auto& group : settings.groups) {
    CHECK(!group.members.empty());
    for (const std::size_t member : group.members) {
      CHECK(member < settings.instances.size() && members.insert(member).second);
    }
  }
  for (const auto& process : settings.processes) {
    CHECK(!process.process.empty() && process.quorum >= 1);
    CHECK(process.quorum_max == 0 || process.quorum_max >= process.quorum);
  }
  for (const auto& file : settings.files) CHECK(!file.path.empty());
  for (const auto& bfd : settings.bfds) {
    CHECK(!bfd.neighbor.is_unspecified() && bfd.min_rx > Duration(0) && bfd.multiplier >= 1);
  }
}

void check_dump(const config::Settings& settings) {
  const std::string text = config::dump(settings);
  const auto again = config::parse(text, "fuzz");
  if (again.settings == settings) return;
  std::fputs(text.c_str(), stderr);
  std::fputs("---- read again ----\n", stderr);
  std::fputs(config::dump(again.settings).c_str(), stderr);
  CHECK(again.settings == settings);
}

void check_lint(std::string_view text, const config::Settings& settings) {
  for (const auto& finding : config::lint_text(text, "fuzz", &settings).findings) {
    CHECK(!finding.id.empty() && !finding.reason.empty() && !finding.remedy.empty());
    CHECK(finding.place.file == "fuzz" && !config::render(finding).empty());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed = config::parse(text, "fuzz");
  const auto lines = static_cast<int>(std::count(text.begin(), text.end(), '\n')) + 1;
  for (const auto& d : parsed.diagnostics) check_diagnostic(d, lines);
  CHECK(parsed.diagnostics.size() <= 101);
  CHECK(parsed.runnable() == (parsed.exit_code() != 4));
  for (const auto& script : parsed.settings.scripts) {
    CHECK(!script.command.empty() && script.interval > Duration(0));
    CHECK(script.timeout > Duration(0) && script.rise >= 1 && script.fall >= 1);
  }
  check_surroundings(parsed.settings);
  check_lint(text, parsed.settings);
  if (!parsed.runnable()) return 0;
  check_dump(parsed.settings);
  for (const auto& instance : parsed.settings.instances) {
    check_instance(instance, parsed.settings);
  }
  return 0;
}
