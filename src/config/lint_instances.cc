// SPDX-License-Identifier: Apache-2.0
// Pitfalls of vrrp_instance and of global_defs.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

#include "config/lint_rules.h"

namespace alibi::config {
namespace {

constexpr std::size_t kMaxPass = 8;
constexpr std::array<std::string_view, 10> kSamplePasswords = {
    "1111",   "1234", "12345",    "12345678", "password",
    "secret", "pass", "changeme", "0000",     "k@l!ve1"};

Position second_word(const Piece& piece) {
  const std::size_t i = piece.words.size() > 1 ? 1 : 0;
  return {piece.at.line, piece.words[i].column};
}

std::string_view value_of(const Piece* piece) {
  return piece == nullptr || piece->words.size() < 2 ? std::string_view()
                                                     : std::string_view(piece->words[1].text);
}

// One instance: its text, and what became of it.
class InstanceLint {
 public:
  InstanceLint(const TextBlock& block, const Instance& instance, Findings& findings)
      : block_(block), instance_(instance), findings_(findings) {}

  void run() {
    password();
    state();
    strict();
    interval();
    unicast();
    addresses();
  }

 private:
  void password() {
    const Piece* pass = block_.find("auth_pass");
    const std::string_view text = value_of(pass);
    if (pass == nullptr || text.empty()) return;
    if (text.size() > kMaxPass) {
      findings_.add("auth-pass-cut", second_word(*pass),
                    fmt::format("of the {} characters of auth_pass only the first {} are sent and "
                                "compared",
                                text.size(), kMaxPass));
    }
    const bool sample =
        std::find(kSamplePasswords.begin(), kSamplePasswords.end(), text) != kSamplePasswords.end();
    if (sample && instance_.vrrp.vrid.value == 51) {
      findings_.add("sample-password", second_word(*pass),
                    "virtual_router_id 51 and this password are those of every sample file: "
                    "somebody else's router in this network would be taken for a peer");
    }
  }

  void state() {
    const Piece* state = block_.find("state");
    const bool master = value_of(state) == "MASTER";
    const Piece* nopreempt = block_.find("nopreempt");
    if (master && nopreempt != nullptr) {
      findings_.add("state-master-nopreempt", nopreempt->at,
                    "nopreempt does not work with state MASTER: it is ignored, and the address "
                    "comes back when this router does");
    }
    const Piece* delay = block_.find("preempt_delay");
    if (delay != nullptr && (master || nopreempt != nullptr)) {
      findings_.add("preempt-delay-ignored", delay->at,
                    fmt::format("preempt_delay has no effect with {}",
                                master ? "state MASTER" : "nopreempt"));
    }
    if (master && block_.find("priority") == nullptr) {
      findings_.add("owner-by-default", state->at,
                    "state MASTER without a priority means 255, the owner of the address: nothing "
                    "can lower it, and no peer can take over while this router runs");
    }
  }

  void strict() {
    if (!instance_.strict || instance_.accept) return;
    findings_.add("strict-without-accept", second_word(*block_.head),
                  "strict mode drops packets to the addresses on a router that does not own them: "
                  "neither ping nor a service on this host answers there");
  }

  void interval() {
    const Piece* given = block_.find("advert_int");
    if (given == nullptr || instance_.vrrp.version != 2) return;
    const std::string_view text = value_of(given);
    const auto dot = text.find('.');
    if (dot == std::string_view::npos ||
        text.find_first_not_of('0', dot + 1) == std::string_view::npos) {
      return;
    }
    findings_.add("v2-subsecond", second_word(*given),
                  fmt::format("VRRP version 2 counts in whole seconds: {} becomes {} s", text,
                              instance_.vrrp.advert_interval / 1s));
  }

  void unicast() {
    if (!instance_.unicast_peers.empty()) return;
    const Piece* source = block_.find("unicast_src_ip");
    const Piece* peers = block_.find("unicast_peer");
    if (source == nullptr && peers == nullptr) return;
    const Piece& at = peers != nullptr ? *peers : *source;
    findings_.add(
        "unicast-without-peer", at.at,
        "without a usable address in unicast_peer the instance silently speaks multicast, "
        "which many clouds drop: both routers become master");
  }

  void addresses() {
    for (const char* keyword : {"virtual_ipaddress", "virtual_ipaddress_excluded"}) {
      const auto [begin, end] = block_.values.equal_range(keyword);
      for (auto it = begin; it != end; ++it) {
        const Piece& line = *it->second;
        for (std::size_t i = 1; i < line.words.size(); ++i) {
          if (line.words[i - 1].text == "peer" || line.words[i - 1].text == "brd" ||
              line.words[i - 1].text == "broadcast") {
            continue;
          }
          const std::string_view word = line.words[i].text;
          if (!wire::IpAddress::parse(word.substr(0, word.find('/')))) continue;
          findings_.add("two-addresses-a-line", {line.at.line, line.words[i].column},
                        fmt::format("a line holds one address: {} is lost", word));
        }
      }
    }
    if (instance_.addresses.empty() && block_.find("no_virtual_ipaddress") == nullptr) {
      findings_.add("no-address", second_word(*block_.head),
                    fmt::format("vrrp_instance {} keeps no address", instance_.vrrp.name));
    }
  }

  const TextBlock& block_;
  const Instance& instance_;
  Findings& findings_;
};

}  // namespace

void lint_instances(const LintInput& input, Findings& findings) {
  std::map<std::string_view, const TextBlock*> blocks;
  for (const TextBlock& block : input.blocks) {
    if (block.keyword == "vrrp_instance") blocks.emplace(block.name, &block);
  }
  std::map<std::tuple<std::string_view, wire::Family, int>, const Instance*> seen;
  for (const Instance& instance : input.settings.instances) {
    const auto block = blocks.find(instance.vrrp.name);
    if (block == blocks.end()) continue;
    InstanceLint(*block->second, instance, findings).run();
    const auto [other, first] =
        seen.emplace(std::tuple(std::string_view(instance.interface), instance.vrrp.family,
                                int{instance.vrrp.vrid.value}),
                     &instance);
    if (!first) {
      findings.add(
          "duplicate-vrid", second_word(*block->second->head),
          fmt::format("{} has virtual_router_id {} on {} as well", other->second->vrrp.name,
                      instance.vrrp.vrid.value, instance.interface));
    }
  }
}

void lint_globals(const LintInput& input, Findings& findings) {
  const TextBlock* global = nullptr;
  for (const TextBlock& block : input.blocks) {
    if (block.keyword == "global_defs") global = &block;
  }
  const auto& all = input.settings.instances;
  const auto wants =
      std::find_if(all.begin(), all.end(), [](const Instance& i) { return i.smtp_alert; });
  const Mail& mail = input.settings.global.mail;
  if (wants != all.end() && (mail.to.empty() || mail.server_host.empty())) {
    findings.add_at("smtp-alert-nowhere", wants->place,
                    fmt::format("smtp_alert is on, but there is no {}: no mail is ever sent",
                                mail.to.empty() ? "notification_email" : "smtp_server"));
  }
  if (!all.empty() && !input.settings.global.scheduling.most_automatic) {
    const Place at = global == nullptr ? all.front().place : Place{};
    const std::string why =
        "without max_auto_priority keepalived is never scheduled ahead of a busy host's other work "
        "and says so at every start";
    if (global == nullptr) {
      findings.add_at("max-auto-priority", at, why);
    } else {
      findings.add("max-auto-priority", global->head->at, why);
    }
  }
}

}  // namespace alibi::config
