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

struct DroppingRule {
  std::string chain;
  std::int64_t handle = 0;  ///< as `nft -a list ruleset` shows it
};

struct Rules {
  std::map<std::string, Chain> chains;
  std::vector<DroppingRule> dropping;
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
  if (vrrp && std::any_of(expressions.begin(), expressions.end(), drops)) {
    dropping.push_back({chain, rule.value("handle", std::int64_t{0})});
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

std::vector<FirewallRule> judge(const Rules& all) {
  std::vector<FirewallRule> found;
  for (const DroppingRule& rule : all.dropping) {
    const std::string& chain = rule.chain;
    const std::string base = all.base_of(chain);
    if (base.empty()) continue;
    found.push_back({chain, all.chains.at(base).hook,
                     "rule " + std::to_string(rule.handle) + " drops protocol 112 or its group",
                     true});
  }
  for (const auto& [name, chain] : all.chains) {
    if (chain.hook.empty() || !chain.drops_by_policy || all.accepts(name)) continue;
    found.push_back({name, chain.hook, "policy drop, and no rule accepts protocol 112", false});
  }
  return found;
}

}  // namespace

Result<std::vector<FirewallRule>> dropping_rules(std::string_view json) {
  try {
    const Json in = Json::parse(json);
    Rules all;
    for (const Json& object : in.at("nftables")) all.read(object);
    return judge(all);
  } catch (const Json::exception& error) {
    return fail(std::string("nft -j list ruleset: ") + error.what());
  }
}

}  // namespace alibi::doctor
