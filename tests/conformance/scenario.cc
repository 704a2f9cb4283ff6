// SPDX-License-Identifier: Apache-2.0
// Reading scenario files.
#include "conformance/scenario.h"

#include <functional>
#include <map>
#include <sstream>

#include "vrrp/text.h"

namespace alibi::conformance {
namespace {

std::string trimmed(const std::string& text) {
  const auto begin = text.find_first_not_of(" \t\r");
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

Line line_of(const std::string& file, int number, const std::string& text) {
  const auto space = std::min(text.find(' '), text.size());
  return {file, number, text.substr(0, space), trimmed(text.substr(space))};
}

/// An advert with the wanted authentication, addresses and source: the text form of the core
/// already knows how to read those.
Result<vrrp::AdvertReceived> advert_with(const std::string& options) {
  const vrrp::Parameters none;
  auto input = vrrp::parse_input("advert from none prio 1 " + options, none);
  if (!input) return tl::unexpected(input.error());
  return std::get<vrrp::AdvertReceived>(*input);
}

Result<void> set_number(Ours& ours, const std::string& key, const std::string& value) {
  vrrp::Parameters& p = ours.parameters;
  char* end = nullptr;
  const long number = std::strtol(value.c_str(), &end, 10);
  if (value.empty() || *end != '\0' || number < 0 || number > 255) {
    return fail(key + "='" + value + "' is no number from 0 to 255");
  }
  const auto octet = static_cast<std::uint8_t>(number);
  if (key == "priority") p.base_priority = Priority{octet};
  if (key == "vrid") p.vrid = Vrid{octet};
  if (key == "version") p.version = octet;
  if (key == "adverts") p.down_timer_adverts = octet;
  if (key == "expired_priority") p.expired_priority = Priority{octet};
  if (key == "garp_lower_repeat") p.garp_lower_repeat = octet;
  if (key == "garp_repeat") p.garp_master_repeat = octet;
  return {};
}

Result<void> set_duration(Ours& ours, const std::string& key, const std::string& value) {
  vrrp::Parameters& p = ours.parameters;
  const auto duration = vrrp::parse_duration(value);
  if (!duration) return tl::unexpected(duration.error());
  if (key == "interval") p.advert_interval = *duration;
  if (key == "garp_delay") p.garp_master_delay = *duration;
  if (key == "garp_lower_delay") p.garp_lower_delay = *duration;
  if (key == "garp_refresh") p.garp_master_refresh = *duration;
  if (key == "preempt_delay") p.preempt_delay = *duration;
  return {};
}

Result<void> set_advertised(Ours& ours, const std::string& key, const std::string& value) {
  const auto advert = advert_with(key + " " + value);
  if (!advert) return tl::unexpected(advert.error());
  if (key == "vips") {
    ours.parameters.addresses = advert->advert.addresses;
  } else {
    ours.parameters.auth_type = advert->advert.auth_type;
    ours.parameters.auth_data = advert->advert.auth_data;
  }
  return {};
}

Result<void> set_address(Ours& ours, const std::string&, const std::string& value) {
  const auto address = wire::IpAddress::parse(value);
  if (!address && value != "none") return fail("address='" + value + "' is no IP address");
  ours.source = address.value_or(wire::IpAddress{});
  if (address) ours.parameters.family = address->family;
  return {};
}

/// peer=ADDR or peer=ADDR,MIN_TTL,MAX_TTL; may be given several times.
Result<void> set_peer(Ours& ours, const std::string&, const std::string& value) {
  vrrp::UnicastPeer peer;
  std::istringstream in(value);
  std::string word;
  std::getline(in, word, ',');
  const auto address = wire::IpAddress::parse(word);
  if (!address) return fail("peer='" + value + "' is no IP address");
  peer.address = *address;
  char comma = ',';
  in >> peer.min_ttl >> comma >> peer.max_ttl;
  if (in.fail() && value.find(',') != std::string::npos) {
    return fail("peer='" + value + "' is no ADDR,MIN_TTL,MAX_TTL");
  }
  if (value.find(',') == std::string::npos) peer = {*address, 0, 255};
  ours.parameters.unicast = true;
  ours.parameters.peers.push_back(peer);
  return {};
}

Result<void> set_flag(Ours& ours, const std::string& flag) {
  vrrp::Parameters& p = ours.parameters;
  if (flag == "nopreempt") {
    p.preempt = false;
  } else if (flag == "unicast") {
    p.unicast = true;
  } else if (flag == "skip_check_adv_addr") {
    p.skip_check_adv_addr = true;
  } else if (flag == "owner_ignore_adverts") {
    p.owner_ignores_adverts = true;
  } else if (flag == "timer_expired_backup") {
    p.timer_expired_backup = true;
  } else if (flag == "check_unicast_src") {
    p.check_unicast_source = true;
  } else if (flag == "group") {
    p.in_group = true;
  } else if (flag == "state_master") {
    p.start_as_master = true;
  } else if (flag == "lower_prio_no_advert") {
    p.lower_prio_no_advert = true;
  } else if (flag == "higher_prio_send_advert") {
    p.higher_prio_send_advert = true;
  } else {
    return fail("'" + flag + "' is no parameter");
  }
  return {};
}

}  // namespace

Result<Ours> parse_ours(const std::string& words) {
  using Setter = Result<void> (*)(Ours&, const std::string&, const std::string&);
  static const std::map<std::string, Setter> kSetters = {
      {"priority", set_number},       {"vrid", set_number},
      {"version", set_number},        {"adverts", set_number},
      {"garp_repeat", set_number},    {"interval", set_duration},
      {"garp_delay", set_duration},   {"garp_refresh", set_duration},
      {"preempt_delay", set_duration}, {"vips", set_advertised},
      {"garp_lower_repeat", set_number}, {"garp_lower_delay", set_duration},
      {"expired_priority", set_number}, {"peer", set_peer},
      {"auth", set_advertised},       {"address", set_address}};
  Ours ours;
  ours.parameters.name = "VI_1";
  ours.parameters.vrid = Vrid{51};
  ours.source = wire::IpAddress::v4(0x0A000001U);
  ours.parameters.addresses = {wire::IpAddress::v4(0x0A000064U)};
  std::istringstream in(words);
  for (std::string word; in >> word;) {
    const auto equals = word.find('=');
    const auto setter = kSetters.find(word.substr(0, equals));
    if (equals != std::string::npos && setter == kSetters.end()) {
      return fail("'" + word + "' is no parameter");
    }
    const Result<void> done =
        equals == std::string::npos
            ? set_flag(ours, word)
            : setter->second(ours, word.substr(0, equals), word.substr(equals + 1));
    if (!done) return tl::unexpected(done.error());
  }
  return ours;
}

Result<std::vector<Scenario>> read_scenarios(const std::string& file, const std::string& text) {
  std::vector<Scenario> out;
  std::istringstream in(text);
  int number = 0;
  for (std::string raw; std::getline(in, raw);) {
    ++number;
    const std::string content = trimmed(raw.substr(0, raw.find('#')));
    if (content.empty()) continue;
    const Line line = line_of(file, number, content);
    if (line.verb == "scenario") {
      out.push_back({line.rest, "", line, {}});
    } else if (out.empty()) {
      return fail(line.place() + ": '" + line.verb + "' before the first 'scenario'");
    } else if (line.verb == "clause") {
      out.back().clause = line.rest;
    } else {
      out.back().steps.push_back(line);
    }
  }
  for (const Scenario& scenario : out) {
    if (scenario.clause.empty()) return fail(scenario.head.place() + ": no clause");
    if (scenario.steps.empty()) return fail(scenario.head.place() + ": no steps");
  }
  return out;
}

}  // namespace alibi::conformance
