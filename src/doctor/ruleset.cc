// SPDX-License-Identifier: Apache-2.0
// libnftables-json(5): an array of objects, of which "chain" and "rule" matter here.
#include "doctor/ruleset.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

namespace alibi::doctor {
namespace {

using Json = nlohmann::json;

struct Chain {
  std::string name;  ///< "inet filter input"
  std::string hook;  ///< empty: reached by jumps only
  bool drops_by_policy = false;
  bool accepts = false;  ///< a rule accepts VRRP, or anything without a condition
};

std::string chain_name(const Json& in, const char* field) {
  return in.value("family", "") + " " + in.value("table", "") + " " + in.value(field, "");
}

bool is_vrrp(const Json& right) {
  if (right.is_object() && right.contains("set")) {
    const Json& set = right["set"];
    return std::any_of(set.begin(), set.end(), is_vrrp);
  }
  return right == Json(112) || right == Json("vrrp") || right == Json("112") ||
         right == Json("224.0.0.18") || right == Json("ff02::12");
}

/// A match of the protocol or the destination, by equality.
bool matches_vrrp(const Json& expression) {
  if (!expression.contains("match")) return false;
  const Json& match = expression["match"];
  const std::string op = match.value("op", "");
  return (op == "==" || op == "in") && match.contains("right") && is_vrrp(match["right"]);
}

bool drops(const Json& expression) {
  return expression.contains("drop") || expression.contains("reject");
}

/// Counters, logs and comments are no condition.
bool unconditional(const Json& expressions) {
  return std::none_of(expressions.begin(), expressions.end(), [](const Json& e) {
    return e.contains("match") || e.contains("limit") || e.contains("lookup") ||
           e.contains("vmap") || e.contains("xt") || e.contains("ct count");
  });
}

/// Of a rule with a counter of its own; -1: it has none.
std::int64_t counted(const Json& expressions) {
  for (const Json& e : expressions) {
    if (!e.contains("counter") || !e["counter"].is_object()) continue;
    return e["counter"].value("packets", std::int64_t{-1});
  }
  return -1;
}

struct Rules {
  std::map<std::string, Chain> chains;
  std::vector<DropVerdict> dropping;  ///< without their hooks
  std::map<std::string, std::set<std::string>> jumps;

  void read(const Json& object);
  void read_rule(const Json& rule);
  bool accepts(const std::string& chain, int depth = 0) const;
  /// The base chain by which packets get to `chain`; empty: none.
  std::string base_of(const std::string& chain) const;
};

void Rules::read(const Json& object) {
  if (object.contains("chain")) {
    const Json& in = object["chain"];
    Chain chain;
    chain.name = chain_name(in, "name");
    chain.hook = in.value("hook", "");
    chain.drops_by_policy = in.value("policy", "") == "drop" && in.value("type", "") == "filter";
    chains[chain.name] = chain;
  }
  if (object.contains("rule")) read_rule(object["rule"]);
}

void Rules::read_rule(const Json& rule) {
  const std::string chain = chain_name(rule, "chain");
  const Json expressions = rule.value("expr", Json::array());
  const bool vrrp = std::any_of(expressions.begin(), expressions.end(), matches_vrrp);
  if (std::any_of(expressions.begin(), expressions.end(), drops)) {
    dropping.push_back(
        {chain, "", rule.value("handle", std::int64_t{0}), vrrp, counted(expressions)});
  }
  for (const Json& e : expressions) {
    for (const char* way : {"jump", "goto"}) {
      if (!e.contains(way)) continue;
      jumps[chain].insert(rule.value("family", "") + " " + rule.value("table", "") + " " +
                          e[way].value("target", ""));
    }
    if (e.contains("accept") && (vrrp || unconditional(expressions))) chains[chain].accepts = true;
    // iptables matches that nft cannot put into words may be anything.
    if (e.contains("xt")) chains[chain].accepts = true;
  }
}

bool Rules::accepts(const std::string& chain, int depth) const {
  const auto it = chains.find(chain);
  if (it == chains.end()) return false;
  if (it->second.accepts || depth > 16) return true;
  const auto to = jumps.find(chain);
  if (to == jumps.end()) return false;
  return std::any_of(to->second.begin(), to->second.end(),
                     [&](const std::string& next) { return accepts(next, depth + 1); });
}

std::string Rules::base_of(const std::string& chain) const {
  std::set<std::string> seen;
  std::vector<std::string> open = {chain};
  while (!open.empty()) {
    const std::string here = open.back();
    open.pop_back();
    if (!seen.insert(here).second) continue;
    const auto it = chains.find(here);
    if (it != chains.end() && !it->second.hook.empty()) return here;
    for (const auto& [from, to] : jumps) {
      if (to.count(here) != 0) open.push_back(from);
    }
  }
  return "";
}

std::vector<DropVerdict> verdicts(const Rules& all) {
  std::vector<DropVerdict> found;
  for (DropVerdict rule : all.dropping) {
    const std::string base = all.base_of(rule.chain);
    if (base.empty()) continue;
    rule.hook = all.chains.at(base).hook;
    found.push_back(std::move(rule));
  }
  for (const auto& [name, chain] : all.chains) {
    if (chain.hook.empty() || !chain.drops_by_policy || all.accepts(name)) continue;
    found.push_back({name, chain.hook, 0, false, -1});
  }
  return found;
}

}  // namespace

Result<std::vector<DropVerdict>> drop_verdicts(std::string_view json) {
  try {
    const Json in = Json::parse(json);
    Rules all;
    for (const Json& object : in.at("nftables")) all.read(object);
    return verdicts(all);
  } catch (const Json::exception& error) {
    return fail(std::string("nft -j list ruleset: ") + error.what());
  }
}

Result<std::vector<FirewallRule>> dropping_rules(std::string_view json) {
  return drop_verdicts(json).map([](const std::vector<DropVerdict>& all) {
    std::vector<FirewallRule> found;
    for (const DropVerdict& each : all) {
      const bool policy = each.handle == 0;
      if (!policy && !each.names_vrrp) continue;
      found.push_back({each.chain, each.hook,
                       policy ? "policy drop, and no rule accepts protocol 112"
                              : "rule " + std::to_string(each.handle) +
                                    " drops protocol 112 or its group",
                       !policy});
    }
    return found;
  });
}

}  // namespace alibi::doctor
