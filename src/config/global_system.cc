// SPDX-License-Identifier: Apache-2.0
// global_defs: what concerns the process and its host: scheduling, firewall, buffers, FIFOs, umask,
// reload.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <climits>

#include "config/fields.h"
#include "config/handlers.h"

namespace alibi::config {
namespace {

Global& global_of(Context& context) { return context.draft.settings.global; }

Fifo& fifo_of(Context& context, bool vrrp_only) {
  auto& fifos = global_of(context).fifos;
  const auto found = std::find_if(fifos.begin(), fifos.end(),
                                  [&](const Fifo& f) { return f.vrrp_only == vrrp_only; });
  if (found != fifos.end()) return *found;
  // notify_fifo first, whichever was written first.
  Fifo& fifo = *fifos.emplace(vrrp_only ? fifos.end() : fifos.begin());
  fifo.vrrp_only = vrrp_only;
  return fifo;
}

// IRUSR, IWGRP and so on, or an octal number.
std::optional<unsigned> permission(std::string_view text) {
  if (text.size() == 5 && text.front() == 'I') {
    const auto kind = std::string_view("XWR").find(text[1]);
    const auto who = text.substr(2);
    if (kind == std::string_view::npos) return std::nullopt;
    const unsigned shift = who == "USR" ? 6 : who == "GRP" ? 3 : who == "OTH" ? 0 : 99;
    if (shift == 99) return std::nullopt;
    return 1U << (static_cast<unsigned>(kind) + shift);
  }
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 8);
  if (error != std::errc() || end != text.data() + text.size() || value > 0777) return std::nullopt;
  return value;
}

std::optional<unsigned> umask_of(std::string_view text) {
  if (text == "IRWXU") return 0700;
  if (text == "IRWXG") return 0070;
  if (text == "IRWXO") return 0007;
  return permission(text);
}

}  // namespace

bool set_umask(Context& context, const Statement& statement) {
  unsigned all = 0;
  std::string joined;  // 'IRUSR|IWUSR' and 'IRUSR | IWUSR' alike
  for (std::size_t i = 1; i < statement.size(); ++i) joined += statement.word(i).text;
  std::string_view rest = joined;
  while (true) {
    const auto bar = std::min(rest.find('|'), rest.size());
    const auto value = umask_of(rest.substr(0, bar));
    if (!value) {
      context.warn(statement.at(1),
                   fmt::format("'{}' is not a umask (octal, or names like IRUSR joined by '|'); {}",
                               joined, kIgnored));
      return true;
    }
    all |= *value;
    if (bar == rest.size()) break;
    rest.remove_prefix(bar + 1);
  }
  global_of(context).umask = all;
  return true;
}

void write_umask(const Subject& subject, std::string_view keyword, Text& out) {
  const auto& value = subject.settings.global.umask;
  if (value) out.line(keyword, {fmt::format("0{:o}", *value)});
}

bool set_realtime(Context& context, const Statement& statement) {
  auto value = whole(context, statement, 1, 1, INT_MAX, kIgnored);
  if (!value) return true;
  if (*value > 99) {
    context.warn(statement.at(1), "the highest real-time priority is 99; 99 is used");
    value = 99;
  }
  global_of(context).scheduling.realtime = *value;
  no_more_words(context, statement, 2);
  return true;
}

bool set_no_swap(Context& context, const Statement& statement) {
  no_more_words(context, statement, 1);
  global_of(context).scheduling.no_swap = true;
  return true;
}

void write_no_swap(const Subject& subject, std::string_view keyword, Text& out) {
  if (subject.settings.global.scheduling.no_swap.value_or(false)) out.line(keyword);
}

bool set_cpus(Context& context, const Statement& statement) {
  std::vector<int> cpus;
  for (std::size_t i = 1; i < statement.size(); ++i) {
    const auto cpu = whole(context, statement, i, 0, 4095, kIgnored, "a CPU");
    if (!cpu) return true;
    cpus.push_back(*cpu);
  }
  if (cpus.empty()) {
    context.warn(statement.at(0), "vrrp_cpu_affinity needs the number of a CPU; it is ignored");
  }
  global_of(context).scheduling.cpus = std::move(cpus);
  return true;
}

void write_cpus(const Subject& subject, std::string_view keyword, Text& out) {
  std::string line(keyword);
  for (const int cpu : subject.settings.global.scheduling.cpus) line += fmt::format(" {}", cpu);
  if (line != keyword) out.raw(line);
}

bool set_auto_priority(Context& context, const Statement& statement) {
  auto& most = global_of(context).scheduling.most_automatic;
  if (statement.size() < 2) {
    most = 99;
  } else if (const auto value = whole(context, statement, 1, -1, 99, kIgnored)) {
    most = *value;
  }
  no_more_words(context, statement, 2);
  return true;
}

bool set_firewall_chains(Context& context, const Statement& statement) {
  auto& firewall = global_of(context).firewall;
  firewall.iptables = true;
  if (statement.size() > 1) firewall.chain_in = statement.word(1).text;
  if (statement.size() > 2) firewall.chain_out = statement.word(2).text;
  no_more_words(context, statement, 3);
  return true;
}

void write_firewall_chains(const Subject& subject, std::string_view keyword, Text& out) {
  const auto& firewall = subject.settings.global.firewall;
  if (!firewall.iptables) return;
  out.line(keyword,
           {firewall.chain_in.empty() && firewall.chain_out.empty() ? "" : quote(firewall.chain_in),
            firewall.chain_out.empty() ? "" : quote(firewall.chain_out)});
}

bool set_nftables(Context& context, const Statement& statement) {
  auto& firewall = global_of(context).firewall;
  firewall.nftables = true;
  if (statement.size() > 1 && !statement.word(1).text.empty()) {
    firewall.table = statement.word(1).text;
  }
  no_more_words(context, statement, 2);
  return true;
}

void write_nftables(const Subject& subject, std::string_view keyword, Text& out) {
  const auto& firewall = subject.settings.global.firewall;
  if (firewall.nftables) out.line(keyword, {quote(firewall.table)});
}

bool set_fifo(Context& context, const Statement& statement) {
  const std::string& path = statement.word(1).text;
  if (path.empty()) {
    context.warn(statement.at(1), fmt::format("the path is empty; {}", kIgnored));
    return true;
  }
  Fifo& fifo = fifo_of(context, statement.keyword() == "vrrp_notify_fifo");
  if (!fifo.path.empty()) {
    context.warn(statement.at(0),
                 fmt::format("{} was set before; {}", statement.keyword(), kIgnored));
    return true;
  }
  fifo.path = path;
  if (statement.size() > 2) fifo.user = statement.word(2).text;
  if (statement.size() > 3) fifo.group = statement.word(3).text;
  no_more_words(context, statement, 4);
  return true;
}

bool set_fifo_script(Context& context, const Statement& statement) {
  const bool vrrp_only = statement.keyword() == "vrrp_notify_fifo_script";
  const auto& fifos = global_of(context).fifos;
  const auto found = std::find_if(fifos.begin(), fifos.end(),
                                  [&](const Fifo& f) { return f.vrrp_only == vrrp_only; });
  Command script = found == fifos.end() ? Command{} : found->script;
  read_command(context, statement, script);
  if (!script.empty()) fifo_of(context, vrrp_only).script = std::move(script);
  return true;
}

void write_fifo(const Subject& subject, std::string_view keyword, Text& out) {
  for (const Fifo& fifo : subject.settings.global.fifos) {
    if (fifo.vrrp_only != (keyword == "vrrp_notify_fifo") || fifo.path.empty()) continue;
    const bool user = !fifo.user.empty() || !fifo.group.empty();
    out.line(keyword, {quote(fifo.path), user ? quote(fifo.user) : "",
                       fifo.group.empty() ? "" : quote(fifo.group)});
  }
}

void write_fifo_script(const Subject& subject, std::string_view keyword, Text& out) {
  for (const Fifo& fifo : subject.settings.global.fifos) {
    if (fifo.vrrp_only == (keyword == "vrrp_notify_fifo_script")) {
      write_command(keyword, fifo.script, out);
    }
  }
}

bool set_receive_policy(Context& context, const Statement& statement) {
  auto& buffers = global_of(context).buffers;
  const std::string& text = statement.word(1).text;
  no_more_words(context, statement, 2);
  if (text == "MTU" || text == "ADVERT") {
    buffers.receive_policy = text;
    buffers.receive.reset();
    return true;
  }
  const auto value = whole(context, statement, 1, 1, INT_MAX, kIgnored,
                           "vrrp_rx_bufs_policy is MTU, ADVERT or a number of octets; it");
  if (value) {
    buffers.receive = static_cast<unsigned>(*value);
    buffers.receive_policy.clear();
  }
  return true;
}

void write_receive_policy(const Subject& subject, std::string_view keyword, Text& out) {
  const auto& buffers = subject.settings.global.buffers;
  if (buffers.receive) out.line(keyword, {std::to_string(*buffers.receive)});
  if (!buffers.receive_policy.empty()) out.line(keyword, {buffers.receive_policy});
}

bool set_reload_check(Context& context, const Statement& statement) {
  auto& reload = global_of(context).reload;
  reload.check_config = true;
  if (statement.size() > 1) reload.check_log = statement.word(1).text;
  no_more_words(context, statement, 2);
  return true;
}

void write_reload_check(const Subject& subject, std::string_view keyword, Text& out) {
  const auto& reload = subject.settings.global.reload;
  if (!reload.check_config) return;
  out.line(keyword, {reload.check_log.empty() ? "" : quote(reload.check_log)});
}

bool set_reload_file(Context& context, const Statement& statement) {
  // Without a path keepalived uses one beside its pid file.
  auto& file = global_of(context).reload.file;
  file = statement.size() > 1 ? statement.word(1).text : "/run/keepalived/keepalived.reload";
  no_more_words(context, statement, 2);
  return true;
}

bool set_dynamic_interfaces(Context& context, const Statement& statement) {
  Global& global = global_of(context);
  global.dynamic_interfaces = true;
  no_more_words(context, statement, 2);
  if (statement.size() < 2) return true;
  const std::string& text = statement.word(1).text;
  if (text == "allow_if_changes") {
    global.dynamic_allow_changes = true;
  } else {
    context.say(Severity::Warning, statement.at(1),
                fmt::format("after dynamic_interfaces only allow_if_changes may stand, not '{}'; "
                            "it is ignored",
                            text),
                "allow_if_changes");
  }
  return true;
}

void write_dynamic_interfaces(const Subject& subject, std::string_view keyword, Text& out) {
  const Global& global = subject.settings.global;
  if (!global.dynamic_interfaces) return;
  out.line(keyword, {global.dynamic_allow_changes ? "allow_if_changes" : ""});
}

}  // namespace alibi::config
